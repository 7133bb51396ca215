"""Lock files beside a flow: written, used, refused when they are stale, compared."""

from __future__ import annotations

import json
import re

import pytest
from support.index_server import Index
from support.lock_checker import Asked, SimpleIndex, Target, check
from support.project import BUILD_PYTHON, Done, Project
from support.wheels import Wheel

FLOW = """
    from flowstone import FlowSpec, step, pypi, pypi_base

    {base}
    class TrainFlow(FlowSpec):
        @step
        def start(self):
            {start}
            self.next(self.train)

        {train}
        @step
        def train(self):
            import alpha, beta
            print("train", alpha.__version__, beta.__version__)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        TrainFlow()
"""
BASE = '@pypi_base(packages={"beta": ""})'
ALPHA = '@pypi(packages={"alpha": "%s"})'


def write_flow(project: Project, train: str, base: str = BASE, start: str = "import beta") -> None:
    project.write("flow.py", FLOW.format(base=base, train=train, start=start))


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    index.add(Wheel("alpha", "1.0", requires=["beta>=1"]))
    index.add(Wheel("alpha", "2.0", requires=["beta>=1"]))
    index.add(Wheel("beta", "1.0"))
    index.add(Wheel("gamma", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str) -> Done:
    done = project.flow("environment", "lock", *arguments)
    assert done.status == 0, done
    return done


def lock_files(project: Project) -> list[str]:
    return sorted(path.name for path in project.path.glob("pylock*.toml"))


def test_each_distinct_environment_has_its_file(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    assert lock_files(project) == ["pylock.start.toml", "pylock.train.toml"]
    target = Target.of(BUILD_PYTHON)
    index = SimpleIndex(stocked.url)
    start = (project.path / "pylock.start.toml").read_text()
    train = (project.path / "pylock.train.toml").read_text()
    check(start, index, Asked(["beta"]), [target])
    check(train, index, Asked(["alpha==1.0", "beta"]), [target])
    assert 'flow = "TrainFlow"' in start
    assert re.search(r'steps = \[\n    "end",\n    "start",\n\]', start)
    assert '{ text = "alpha==1.0", from = ["step train"] }' in train
    assert '{ text = "beta", from = ["@pypi_base"] }' in train


def test_one_environment_is_one_file_and_old_ones_go(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    write_flow(project, "")
    done = lock(project)
    assert lock_files(project) == ["pylock.toml"]
    assert "pylock.train.toml is for no step any more and was removed" in done.errors


def test_a_run_takes_what_the_files_say(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % ">=1")
    lock(project)
    stocked.add(Wheel("alpha", "3.0", requires=["beta>=1"]))
    (project.path / ".flowstone").rename(project.path / "elsewhere")
    stocked.requests.clear()
    done = project.flow("-v", "run", "--locked", "--refresh")
    assert done.status == 0, done
    assert "train 2.0 1.0" in done.output
    assert "of pylock.train.toml" in done.errors
    assert stocked.requests
    assert all("/files/" in request for request in stocked.requests)


def test_a_stale_file_is_refused_with_what_differs(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    write_flow(project, ALPHA % "2.0")
    done = project.flow("run")
    assert done.status == 1, done
    assert "the lock file pylock.train.toml does not answer step train" in done.errors
    assert "it was not made for the requirement alpha==2.0 (step train)" in done.errors
    assert "`python flow.py environment lock` updates it" in done.errors
    lock(project)
    assert "train 2.0" in project.flow("run").output


def test_check_tells_and_writes_nothing(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    missing = project.flow("environment", "lock", "--check")
    assert missing.status == 1, missing
    assert "there is no pylock.train.toml for step train" in missing.output
    assert lock_files(project) == []
    assert not (project.path / ".flowstone").exists()
    lock(project)
    stocked.requests.clear()
    assert project.flow("environment", "lock", "--check").status == 0
    write_flow(project, ALPHA % "2.0")
    stale = project.flow("environment", "lock", "--check", "--json")
    assert stale.status == 1, stale
    assert json.loads(stale.output)["current"] is False
    assert stocked.requests == []


def test_locking_again_keeps_versions_until_told_otherwise(
    project: Project, stocked: Index
) -> None:
    write_flow(project, ALPHA % ">=1")
    lock(project)
    before = (project.path / "pylock.train.toml").read_text()
    stocked.add(Wheel("beta", "1.5"))
    stocked.add(Wheel("alpha", "3.0", requires=["beta>=1"]))
    lock(project, "--refresh")
    assert (project.path / "pylock.train.toml").read_text() == before
    lock(project, "--refresh", "--upgrade-package", "beta")
    for name in ("pylock.start.toml", "pylock.train.toml"):
        assert 'name = "beta"\nversion = "1.5"' in (project.path / name).read_text()
    assert 'version = "2.0"' in (project.path / "pylock.train.toml").read_text()
    lock(project, "--refresh", "--upgrade")
    assert 'version = "3.0"' in (project.path / "pylock.train.toml").read_text()


def test_check_with_upgrade_says_what_would_move(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    before = (project.path / "pylock.train.toml").read_text()
    stocked.add(Wheel("beta", "1.5"))
    assert project.flow("environment", "lock", "--check", "--refresh").status == 0
    for option in (["--upgrade"], ["--upgrade-package", "beta"]):
        done = project.flow("environment", "lock", "--check", "--refresh", *option)
        assert done.status == 1, done
        assert "pylock.train.toml: changed beta 1.0 -> 1.5" in done.output
    assert project.flow("environment", "lock", "--check", "--upgrade-package", "alpha").status == 0
    assert (project.path / "pylock.train.toml").read_text() == before
    lock(project)  # nothing of it was remembered
    assert (project.path / "pylock.train.toml").read_text() == before


def test_steps_agree_on_versions_where_they_can(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("beta", "2.0"))
    stocked.add(Wheel("picky", "1.0", requires=["beta<2"]))
    write_flow(
        project,
        '@pypi(packages={"alpha": "1.0"})',
        base='@pypi_base(packages={"picky": "", "beta": ""})',
    )
    lock(project)
    assert lock_files(project) == ["pylock.start.toml", "pylock.train.toml"]
    for name in lock_files(project):
        assert 'name = "beta"\nversion = "1.0"' in (project.path / name).read_text(), name


def test_the_lock_of_another_flow_does_not_matter(project: Project, stocked: Index) -> None:
    write_flow(project, "", base='@pypi_base(packages={"gamma": ""})', start="import gamma")
    source = (project.path / "flow.py").read_text().replace("import alpha, beta\n", "pass\n")
    source = re.sub(r"print\(.train.*\n", "pass\n", source)
    project.write("other.py", source.replace("TrainFlow", "OtherFlow").replace("gamma", "beta"))
    project.write("flow.py", source)
    lock(project)
    assert project.flow("run", file="other.py").status == 0
    refused = project.flow("environment", "lock", file="other.py")
    assert refused.status == 1, refused
    assert "pylock.toml is in the way: it is the lock of TrainFlow" in refused.errors


def test_a_lock_of_flowstone_lock_serves_a_flow(project: Project, stocked: Index) -> None:
    write_flow(project, '@pypi(packages={"alpha": "1.0"})', base="", start="pass")
    made = project.engine("lock", "alpha==1.0", "-o", "pylock.toml")
    assert made.status == 0, made
    assert project.flow("run", "--locked").status == 0
    made = project.engine("lock", "alpha==2.0", "-o", "pylock.toml")
    assert made.status == 0, made
    refused = project.flow("run", "--locked")
    assert refused.status == 1, refused
    assert "pylock.toml does not answer step train" in refused.errors


def test_locked_without_a_lock_resolves_nothing(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    done = project.flow("run", "--locked")
    assert done.status == 1, done
    assert "there is no lock for the packages of steps end, start" in done.errors
    assert stocked.requests == []


def test_show_says_what_each_step_gets_and_why(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    stocked.requests.clear()
    shown = project.flow("environment", "show")
    assert shown.status == 0, shown
    assert "asks for alpha==1.0  (@pypi of the step)" in shown.output
    assert "asks for beta  (@pypi_base)" in shown.output
    assert "lock file pylock.train.toml" in shown.output
    write_flow(project, ALPHA % "2.0")
    stale = project.flow("environment", "show")
    assert "the lock file pylock.train.toml does not answer that" in stale.output
    assert stocked.requests == []


def test_diff_compares_with_the_latest_run(project: Project, stocked: Index) -> None:
    write_flow(project, ALPHA % "1.0")
    lock(project)
    assert project.flow("run").status == 0
    same = project.flow("environment", "diff")
    assert (same.status, same.output) == (0, ""), same
    write_flow(project, ALPHA % "2.0")
    lock(project)
    differs = project.flow("environment", "diff")
    assert differs.status == 1, differs
    assert differs.output.startswith("train\n"), differs
    assert "changed  alpha 1.0 -> 2.0" in differs.output
    assert "requirement alpha==1.0 -> alpha==2.0 (step train)" in differs.output
    run = re.search(r"TrainFlow/(\d+)", (project.flow("run")).errors)
    assert run is not None
    by_path = project.engine("diff", f"TrainFlow/{run.group(1)}/train", "pylock.train.toml")
    assert (by_path.status, by_path.output) == (0, ""), by_path


def test_requirements_come_from_a_file_beside_the_flow(project: Project, stocked: Index) -> None:
    project.write("requirements.txt", "alpha<2  # the old one\n-c constraints.txt\n")
    project.write("constraints.txt", "beta==1.0\n")
    stocked.add(Wheel("beta", "1.5"))
    write_flow(project, '@pypi(requirements="requirements.txt")', base="", start="pass")
    done = project.flow("run")
    assert done.status == 0, done
    assert "train 1.0 1.0" in done.output
    shown = project.flow("environment", "show").output
    assert "asks for alpha<2  (requirements.txt:1)" in shown
    assert "constrains beta==1.0  (constraints.txt:1)" in shown


def test_groups_and_extras_of_a_pyproject(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "models"
        version = "1.0"
        dependencies = ["beta"]

        [project.optional-dependencies]
        old = ["alpha<2"]

        [dependency-groups]
        train = ["gamma"]
        """,
    )
    decorator = '@pypi(requirements="pyproject.toml", group="train", extra="old")'
    write_flow(project, decorator, base="", start="pass")
    locked = json.loads(lock(project, "--json").output)
    assert locked[0]["packages"] == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    write_flow(project, decorator.replace("train", "nope"), base="", start="pass")
    wrong = project.flow("run")
    assert wrong.status != 0
    assert "nope" in wrong.errors
    assert "step train (@pypi, flow.py:10)" in wrong.errors


def test_sources_and_conflicts_of_a_pyproject(project: Project, stocked: Index) -> None:
    with Index() as other:
        other.add(Wheel("alpha", "9.0", requires=["beta"]))
        project.write(
            "pyproject.toml",
            f"""
            [project]
            name = "models"
            version = "1.0"
            dependencies = ["alpha"]

            [project.optional-dependencies]
            old = ["gamma"]
            new = ["gamma"]

            [[tool.uv.index]]
            name = "other"
            url = "{other.url}"
            explicit = true

            [tool.uv]
            conflicts = [[{{ extra = "old" }}, {{ extra = "new" }}]]

            [tool.uv.sources]
            alpha = [
              {{ index = "other", marker = "python_version >= '3'" }},
              {{ path = "nowhere", marker = "python_version < '3'" }},
            ]
            """,
        )
        decorator = '@pypi(requirements="pyproject.toml", extra="old")'
        write_flow(project, decorator, base="", start="pass")
        locked = json.loads(lock(project, "--json").output)
        assert locked[0]["packages"] == {"alpha": "9.0", "beta": "1.0", "gamma": "1.0"}
        write_flow(project, decorator.replace('"old"', '["old", "new"]'), base="", start="pass")
        wrong = project.flow("environment", "lock")
        assert wrong.status == 2, wrong
        assert "extra 'old' and extra 'new' conflict" in wrong.errors
        assert "step train (@pypi, flow.py:10)" in wrong.errors


def test_a_named_lock_is_taken_verbatim(project: Project, stocked: Index) -> None:
    made = project.engine("lock", "alpha<2", "-o", "pylock.models.toml")
    assert made.status == 0, made
    write_flow(project, '@pypi(lock="pylock.models.toml")', base="", start="pass")
    done = project.flow("run", "--locked")
    assert done.status == 0, done
    assert "train 1.0 1.0" in done.output
    write_flow(project, '@pypi(lock="pylock.nowhere.toml")', base="", start="pass")
    missing = project.flow("run")
    assert missing.status != 0
    assert "pylock.nowhere.toml" in missing.errors


def test_a_named_lock_must_answer_the_packages(project: Project, stocked: Index) -> None:
    made = project.engine("lock", "alpha<2", "-o", "pylock.models.toml")
    assert made.status == 0, made
    decorator = '@pypi(lock="pylock.models.toml", packages={"alpha": "2.0"})'
    write_flow(project, decorator, base="", start="pass")
    done = project.flow("run")
    assert done.status == 1, done
    assert "pylock.models.toml does not answer step train" in done.errors


def test_a_cut_off_and_an_index_of_a_step(project: Project, stocked: Index) -> None:
    with Index() as other:
        other.add(Wheel("alpha", "9.0", requires=["beta"]))
        other.add(Wheel("beta", "9.0"))
        write_flow(
            project,
            f'@pypi(packages={{"alpha": ""}}, index_url="{other.url}")',
            base="",
            start="pass",
        )
        done = project.flow("run")
        assert done.status == 0, done
        assert "train 9.0 9.0" in done.output
    decorator = '@pypi(packages={"alpha": ""}, exclude_newer="2020-01-01")'
    write_flow(project, decorator, base="", start="pass")
    nothing = project.flow("run")
    assert nothing.status == 1, nothing
    assert "2020-01-01" in nothing.errors


def test_platforms_are_in_the_lock_of_a_step(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("native", "1.0", tag="cp38-abi3-manylinux_2_17_x86_64"))
    stocked.add(Wheel("native", "1.0", tag="cp38-abi3-manylinux_2_17_aarch64"))
    decorator = '@pypi(packages={"native": ""}, platforms=["linux-x86_64", "linux-aarch64"])'
    write_flow(project, decorator, base="", start="pass")
    lock(project)
    text = (project.path / "pylock.toml").read_text()
    assert "manylinux_2_17_x86_64.whl" in text
    assert "manylinux_2_17_aarch64.whl" in text
    assert project.flow("environment", "lock", "--check").status == 0
    write_flow(project, decorator.replace("aarch64", "sparc"), base="", start="pass")
    refused = project.flow("environment", "lock")
    assert refused.status != 0
    assert "'linux-sparc' is not a target" in refused.errors


def test_arguments_of_the_wrong_kind_are_told(project: Project, stocked: Index) -> None:
    write_flow(project, "@pypi(lock=3)", base="", start="pass")
    done = project.flow("run")
    assert done.status != 0
    assert "lock must be text, not int" in done.errors
    write_flow(
        project, '@pypi(exclude_newer="soon", packages={"alpha": ""})', base="", start="pass"
    )
    done = project.flow("run")
    assert done.status == 2, done
    assert "exclude_newer is 'soon', not a date" in done.errors
