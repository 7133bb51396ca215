"""What decides what a build gives: the cut-off, build constraints, settings for backends."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.project import Project
from support.sources import SourceProject
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def publish(index: Index, source: SourceProject) -> None:
    index.add_file(source.name, source.filename, source.sdist())


@pytest.fixture
def helpers(stocked: Index) -> Index:
    for version, uploaded in (("1.0", "2024-01-01"), ("2.0", "2025-06-01")):
        wheel = Wheel("helper", version, files={"helper.py": f"VERSION = {version!r}\n".encode()})
        stocked.add(wheel)
        stocked.upload_times[wheel.filename] = f"{uploaded}T00:00:00Z"
    record = "import helper; open('needy.py', 'w').write('VERSION = %r' % helper.VERSION)"
    publish(stocked, SourceProject("needy", system_requires=["helper"], code={"build": record}))
    return stocked


def built_with(project: Project, *options: str) -> str:
    done = project.engine(
        "exec", "--allow-build", *options, "pylock.toml",
        "python", "-c", "import needy; print(needy.VERSION)",
    )  # fmt: skip
    assert done.status == 0, done
    return done.output.strip()


def test_the_newest_helpers_build(project: Project, helpers: Index) -> None:
    assert project.engine("lock", "needy", "--allow-build").status == 0
    assert built_with(project) == "2.0"


def test_the_cut_off_of_the_lock_holds_for_build_requirements(
    project: Project, helpers: Index
) -> None:
    done = project.engine("lock", "needy", "--allow-build", "--exclude-newer", "2025-01-01")
    assert done.status == 0, done
    assert built_with(project) == "1.0"


def test_build_constraints_hold_and_the_lock_keeps_them(project: Project, helpers: Index) -> None:
    project.write("build.txt", "helper<2\n")
    done = project.engine("lock", "needy", "--allow-build", "--build-constraint", "build.txt")
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert 'text = "helper<2"' in text
    assert built_with(project) == "1.0"
    current = project.engine("lock", "needy", "--allow-build", "--check")
    assert current.status == 1, current
    assert "it was made for the build constraint helper<2" in current.errors + current.output
    for variable in ("PIP_BUILD_CONSTRAINT", "UV_BUILD_CONSTRAINT"):
        current = project.engine(
            "lock", "needy", "--allow-build", "--check", **{variable: "build.txt"}
        )
        assert current.status == 0, current


def uv_project(project: Project, *lines: str) -> None:
    text = '[project]\nname = "app"\nversion = "1"\ndependencies = ["needy", "helper<2"]\n'
    project.write("pyproject.toml", text + "[tool.uv]\n" + "".join(line + "\n" for line in lines))


@pytest.fixture
def forgetful(stocked: Index, helpers: Index) -> Index:
    """needy 2.0, whose build uses a helper that it does not say it requires."""
    record = "import helper; open('needy.py', 'w').write('VERSION = %r' % helper.VERSION)"
    publish(stocked, SourceProject("needy", "2.0", code={"build": record}, static=True))
    return stocked


def test_a_build_gets_what_its_author_forgot(project: Project, forgetful: Index) -> None:
    uv_project(project, 'extra-build-dependencies = { Needy = ["helper>1"] }')
    done = project.engine("lock", "--allow-build")
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert '[tool.flowstone.build-requirements]\nneedy = ["helper>1"]\n' in text
    assert built_with(project) == "2.0"
    uv_project(project, "extra-build-dependencies = {}")
    check = project.engine("lock", "--allow-build", "--check")
    assert check.status == 1, check
    assert "builds of its sources require something else" in check.output + check.errors


def test_a_build_has_the_version_that_it_meets_when_it_runs(
    project: Project, forgetful: Index
) -> None:
    matching = 'needy = [{ requirement = "helper", match-runtime = true }]'
    uv_project(project, f"extra-build-dependencies = {{ {matching} }}")
    done = project.engine("lock", "--allow-build")
    assert done.status == 0, done
    assert built_with(project) == "1.0"  # the project wants helper<2, and the index has 2.0


def test_a_version_to_match_must_be_known(project: Project, forgetful: Index) -> None:
    matching = 'needy = [{ requirement = "absent", match-runtime = true }]'
    uv_project(project, f"extra-build-dependencies = {{ {matching} }}")
    assert project.engine("lock", "--allow-build").status == 0
    done = project.engine("sync", "--allow-build", "pylock.toml")
    assert done.status == 2, done
    assert "needy 2.0 cannot be built: its build is to have the absent of the environment" in (
        done.errors
    )
    dynamic = SourceProject("needy", "3.0")
    publish(forgetful, dynamic)
    uv_project(
        project,
        'extra-build-dependencies = { needy = [{ requirement = "helper", match-runtime = true }] }',
    )
    done = project.engine("lock", "--allow-build", "--upgrade")
    assert done.status == 1, done
    assert "only building needy 3.0 tells what it needs" in done.errors


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ('no-build-isolation-package = ["needy"]', ""),
        ("no-build-isolation = true", ""),
        ("", "UV_NO_BUILD_ISOLATION=1"),
        ("", "PIP_NO_BUILD_ISOLATION=false"),  # so pip has it
        ("", "PIP_CONFIG_FILE=pip.conf"),
    ],
    ids=["package", "all", "uv", "pip", "pip.conf"],
)
def test_no_build_uses_what_happens_to_be_installed(
    project: Project, helpers: Index, setting: str, variable: str
) -> None:
    variable, _, value = variable.partition("=")
    project.write("pip.conf", "[install]\nno-build-isolation = false\n")
    variables = {variable: value} if variable else {}
    uv_project(project, setting)
    done = project.engine("lock", "--allow-build", **variables)
    assert done.status != 0, done
    assert "needy 1.0 cannot be built with what happens to be installed" in done.errors
    said_by = "no-build-isolation of pip.conf" if value == "pip.conf" else variable
    assert (said_by or "pyproject.toml:6: tool.uv.no-build-isolation") in done.errors
    assert "extra-build-dependencies" in done.errors
    uv_project(project, setting, 'extra-build-dependencies = { needy = ["helper"] }')
    assert project.engine("lock", "--allow-build", **variables).status == 0


@pytest.mark.parametrize(
    "asked", ["no-build-isolation = true", 'no-build-isolation-package = ["needy"]']
)
def test_a_project_that_wants_isolation_has_it_whatever_the_user_asks_for(
    project: Project, helpers: Index, asked: str
) -> None:
    user = project.home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)
    user.write_text(asked + "\n")
    uv_project(project)
    done = project.engine("lock", "--allow-build")
    assert "needy 1.0 cannot be built with what happens to be installed" in done.errors, done
    uv_project(project, "no-build-isolation = false")
    assert project.engine("lock", "--allow-build").status == 0
    (project.path / "pyproject.toml").unlink()
    project.write("uv.toml", "no-build-isolation = false\n")
    assert project.engine("lock", "--allow-build", "needy", "-o", "other.toml").status == 0


def test_the_cut_off_of_a_step_holds_for_build_requirements(
    project: Project, helpers: Index
) -> None:
    project.write(
        "flow.py",
        """
        from flowstone import FlowSpec, pypi, step

        class NeedyFlow(FlowSpec):
            @pypi(packages={"needy": "1.0"}, exclude_newer="2025-01-01")
            @step
            def start(self):
                import needy
                print("built with", needy.VERSION)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            NeedyFlow()
        """,
    )
    done = project.flow("--allow-build", "run")
    assert done.status == 0, done
    assert "built with 1.0" in done.output + done.errors


def test_settings_of_one_package(project: Project, stocked: Index) -> None:
    for name in ("tuned", "other"):
        publish(stocked, SourceProject(name))
    project.write(
        "requirements.txt",
        """
        tuned --config-settings=speed=high --config-settings="mode=a b"
        other
        """,
    )
    code = (
        "import json, pathlib, tuned; site = pathlib.Path(tuned.__file__).parent; "
        "print(*((site / (name + '_settings.json')).read_text() for name in ('tuned', 'other')))"
    )
    done = project.engine(
        "lock", "-r", "requirements.txt", "--allow-build", "-C", "speed=low",
        "--config-settings-package", "other:speed=no",
    )  # fmt: skip
    assert done.status == 0, done
    ran = project.engine("exec", "--allow-build", "pylock.toml", "python", "-c", code)
    assert ran.output == '{"mode": "a b", "speed": "high"} {"speed": "no"}\n', ran


def test_settings_of_a_project_for_uv(project: Project, stocked: Index) -> None:
    publish(stocked, SourceProject("tuned"))
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "app"
        version = "1"
        dependencies = ["tuned"]
        [tool.uv]
        config-settings = { speed = "low", list = ["1", "2"] }
        config-settings-package = { tuned = { speed = "high" } }
        build-constraint-dependencies = ["helper<2"]
        """,
    )
    done = project.engine("lock", "--allow-build")
    assert done.status == 0, done
    code = (
        "import tuned, pathlib; "
        "print(pathlib.Path(tuned.__file__).with_name('tuned_settings.json').read_text())"
    )
    ran = project.engine("exec", "--allow-build", "pylock.toml", "python", "-c", code)
    assert ran.output == '{"list": ["1", "2"], "speed": "high"}\n', ran
    assert 'text = "helper<2"' in (project.path / "pylock.toml").read_text()
