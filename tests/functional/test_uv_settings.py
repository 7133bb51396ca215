"""uv.toml and `[tool.uv]` choose what is locked as they do in uv, which is asked too."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.index_server import Index
from support.project import Project
from support.sources import SourceProject
from support.uv_answers import locked, locked_by_uv
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    """alpha → beta, both in several versions; 3.0 is a pre-release, 2.0 was uploaded in 2026."""
    for version in ("1.0", "2.0", "3.0rc1"):
        index.add(Wheel("alpha", version, requires=["beta"]))
        index.add(Wheel("beta", version))
        for name in ("alpha", "beta"):
            filename = Wheel(name, version).filename
            index.upload_times[filename] = f"202{5 if version == '1.0' else 6}-03-01T00:00:00Z"
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


OLD = {"alpha": "1.0", "beta": "1.0"}
NEW = {"alpha": "2.0", "beta": "2.0"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('resolution = "lowest"', OLD),
        ('resolution = "lowest-direct"', {"alpha": "1.0", "beta": "2.0"}),
        ('prerelease = "allow"', {"alpha": "3.0rc1", "beta": "3.0rc1"}),
        ('prerelease-package = { alpha = "allow" }', {**NEW, "alpha": "3.0rc1"}),
        (
            'prerelease = "allow"\nprerelease-package = { alpha = "disallow" }',
            {**NEW, "beta": "3.0rc1"},
        ),
        ('exclude-newer = "2026-01-01T00:00:00Z"', OLD),
        ('exclude-newer-package = { beta = "2026-01-01T00:00:00Z" }', {**NEW, "beta": "1.0"}),
        ('constraint-dependencies = ["beta<2"]', {**NEW, "beta": "1.0"}),
        ('override-dependencies = ["beta==1.0"]', {**NEW, "beta": "1.0"}),
        ('exclude-dependencies = ["beta"]', {"alpha": "2.0"}),
        ('resolution = "lowest"\n[pip]\nresolution = "highest"', NEW),
        ('[pip]\nprerelease = "allow"', {"alpha": "3.0rc1", "beta": "3.0rc1"}),
        ('[pip]\nexclude-newer = "2026-01-01T00:00:00Z"', OLD),
    ],
    ids=lambda value: value.replace("\n", " ").split(" =")[0] if isinstance(value, str) else "",
)
@pytest.mark.parametrize("place", ["uv.toml", "pyproject.toml"])
def test_what_is_no_project_is_locked_as_the_settings_say(
    project: Project, stocked: Index, settings: str, expected: dict[str, str], place: str
) -> None:
    if place == "pyproject.toml":
        settings = "[tool.uv]\n" + settings.replace("[pip]", "[tool.uv.pip]")
    project.write(place, settings + "\n")
    project.write("requirements.in", "alpha\n")
    assert locked(project, "-r", "requirements.in") == expected
    assert locked_by_uv(project, stocked, "requirements.in") == expected


def test_prereleases_of_single_packages(project: Project, stocked: Index) -> None:
    user = project.home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)
    user.write_text('prerelease-package = { alpha = "disallow", beta = "allow" }\n')
    project.write("uv.toml", 'prerelease-package = { alpha = "allow" }\n')
    both = {"alpha": "3.0rc1", "beta": "3.0rc1"}
    project.write("requirements.in", "alpha\n")
    assert locked(project, "-r", "requirements.in") == both
    assert locked_by_uv(project, stocked, "requirements.in") == both
    options = ("--prerelease", "disallow", "--prerelease-package", "alpha=explicit")
    assert locked(project, "-r", "requirements.in", *options) == {**NEW, "beta": "3.0rc1"}
    assert locked_by_uv(project, stocked, "requirements.in", *options) == {**NEW, "beta": "3.0rc1"}
    done = project.engine("lock", "alpha", "--prerelease-package", "alpha")
    assert done.status == 2, done
    assert "--prerelease-package is 'alpha', not NAME=MODE" in done.errors
    project.write("uv.toml", 'prerelease-package = { alpha = "alow" }\n')
    done = project.engine("lock", "alpha")
    assert done.status == 2, done
    assert "uv.toml: prerelease-package is 'alow', which is none of" in done.errors
    assert "did you mean 'allow'?" in done.errors


def test_a_requirements_file_admits_prereleases_of_single_packages(
    project: Project, stocked: Index
) -> None:
    project.write(
        "requirements.in", "--all-releases alpha\n--only-final beta\nalpha\nbeta>=3.0a0\n"
    )
    done = project.engine("lock", "-r", "requirements.in")
    assert done.status == 1, done
    assert "pre-releases are not allowed" in done.errors
    project.write("requirements.in", "--all-releases alpha\nalpha\n")
    assert locked(project, "-r", "requirements.in") == {**NEW, "alpha": "3.0rc1"}


def test_the_nearest_file_counts_before_that_of_the_user(project: Project, stocked: Index) -> None:
    user = project.home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)
    user.write_text('resolution = "lowest"\nprerelease = "allow"\n')
    assert locked(project, "alpha") == OLD
    project.write("uv.toml", 'resolution = "highest"\n')
    assert locked(project, "alpha") == {"alpha": "3.0rc1", "beta": "3.0rc1"}
    assert locked(project, "alpha", "--resolution", "lowest") == OLD
    assert locked(project, "alpha", "--prerelease", "disallow", UV_RESOLUTION="lowest") == OLD
    assert locked(project, "alpha", UV_NO_CONFIG="1") == NEW


PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["alpha"]\n'


def test_a_project_brings_what_it_depends_on_itself(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("uv.toml", 'constraint-dependencies = ["alpha<2"]\nresolution = "highest"\n')
    assert locked(project) == NEW
    project.write("uv.toml", 'resolution = "lowest"\n[pip]\nresolution = "highest"\n')
    assert locked(project) == OLD


def test_a_uv_toml_speaks_instead_of_the_project_beside_it(
    project: Project, stocked: Index
) -> None:
    rules = '[tool.uv]\nresolution = "lowest"\nconstraint-dependencies = ["beta<2"]\n'
    project.write("pyproject.toml", PROJECT + rules)
    assert locked(project) == OLD
    project.write("uv.toml", 'prerelease = "disallow"\n')
    assert locked(project) == {"alpha": "2.0", "beta": "1.0"}


def test_flows_obey_what_chooses_versions(project: Project, stocked: Index) -> None:
    project.write(
        "flow.py",
        """
        from flowstone import FlowSpec, pypi, step

        class ChosenFlow(FlowSpec):
            @pypi(packages={"alpha": ""})
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            ChosenFlow()
        """,
    )
    project.write("uv.toml", 'resolution = "lowest"\nconstraint-dependencies = ["alpha>=2"]\n')
    done = project.flow("environment", "lock")
    assert done.status == 0, done
    assert "alpha 1.0" in done.output


def test_what_is_not_obeyed_is_named_once(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", PROJECT + '[tool.uv]\ntorch-backend = "cpu"\nmanaged = true\n')
    done = project.engine("lock")
    assert done.status == 0, done
    note = "settings of uv that are not obeyed here: pyproject.toml:6: tool.uv.torch-backend\n"
    assert done.errors.count("not obeyed") == 1, done
    assert note in done.errors
    project.write("uv.toml", 'cache-dir = "cache"\nnew-thing = "x"\n[pip]\nno-deps = true\n')
    done = project.engine("lock", "alpha", "-o", "pylock.alpha.toml")
    assert "not obeyed here: uv.toml:4: pip.no-deps, uv.toml:2: new-thing\n" in done.errors, done


def test_variables_of_uv_choose_packages(project: Project, stocked: Index) -> None:
    project.write("unwanted.txt", "# nobody needs it\nbeta\n")
    assert locked(project, "alpha", UV_EXCLUDE="unwanted.txt") == {"alpha": "2.0"}
    assert locked(project, "alpha", "--excludes", "unwanted.txt") == {"alpha": "2.0"}
    project.write("requirements.in", "alpha\n")
    assert locked_by_uv(project, stocked, "requirements.in", UV_EXCLUDE="unwanted.txt") == {
        "alpha": "2.0"
    }
    done = project.engine("lock", "alpha", UV_TORCH_BACKEND="cpu", UV_NO_SOURCES="0")
    assert done.status == 0, done
    assert "settings of uv that are not obeyed here: UV_TORCH_BACKEND\n" in done.errors


def test_a_value_that_cannot_be_is_an_error_with_its_place(
    project: Project, stocked: Index
) -> None:
    project.write("uv.toml", '\nresolution = "lowset"\n')
    done = project.engine("lock", "alpha")
    assert done.status == 2, done
    assert "uv.toml: resolution is 'lowset', which is none of" in done.errors
    project.write("uv.toml", "cache-dir = 'cache'\nexclude-newer-package = 3\n")
    done = project.engine("lock", "alpha")
    assert (done.status, "uv.toml:2: exclude-newer-package" in done.errors) == (2, True), done
    (project.path / "uv.toml").unlink()
    project.write("pyproject.toml", "[tool.uv]\nresolution = 3\n")
    done = project.engine("lock", "alpha")
    assert done.status == 0, done
    assert "ignored the settings of uv: pyproject.toml:2: tool.uv.resolution" in done.errors


def test_members_of_a_workspace_have_the_settings_of_its_root(
    project: Project, stocked: Index
) -> None:
    project.environment.pop("FLOWSTONE_INDEX_URL")
    project.write(
        "pyproject.toml",
        f"""
        [tool.uv]
        resolution = "lowest-direct"
        constraint-dependencies = ["beta<2"]
        [tool.uv.workspace]
        members = ["packages/*"]
        [[tool.uv.index]]
        url = "{stocked.url}"
        default = true
        """,
    )
    project.write(
        "packages/app/pyproject.toml", PROJECT + "[tool.uv.sources]\ngone = { path = 'gone' }\n"
    )
    member = Project(project.path / "packages" / "app", project.home)
    member.environment = project.environment
    assert locked(member) == OLD
    assert member.engine("lock").status == 0
    text = (member.path / "pylock.toml").read_text()
    assert '"../../pyproject.toml:3"' in text  # who asked, the same on every machine
    assert str(project.path) not in text
    done = project.engine("lock")
    assert "hint: it is the root of a workspace: lock a member with -r MEMBER" in done.errors


def test_a_group_can_ask_for_a_python_of_its_own(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        PROJECT
        + '[dependency-groups]\nnew = ["beta"]\n'
        + '[tool.uv.dependency-groups]\nnew = { requires-python = ">=3.99" }\n',
    )
    assert locked(project) == NEW
    done = project.engine("lock", "--group", "new")
    assert done.status == 1, done
    assert 'no installed Python matches ">=3.99"' in done.errors


def test_sources_can_be_switched_off(project: Project, stocked: Index, tmp_path: Path) -> None:
    SourceProject("alpha", "9.0", static=True).write(project.path / "alpha")
    source = "[tool.uv.sources]\nalpha = { path = 'alpha' }\n"
    project.write("pyproject.toml", PROJECT + source)
    assert "alpha" not in locked(project)  # a directory has no version
    project.write("pyproject.toml", PROJECT + "[tool.uv]\nno-sources = true\n" + source)
    assert locked(project) == NEW
    only = '[tool.uv]\nno-sources-package = ["alpha"]\n'
    project.write("pyproject.toml", PROJECT + only + source)
    assert locked(project) == NEW


def test_variables_of_a_build_are_locked_with_it(project: Project, stocked: Index) -> None:
    record = "import os; open('needy.py', 'w').write('JOBS = %r' % os.environ.get('MAX_JOBS'))"
    source = SourceProject("needy", code={"build": record}, static=True)
    stocked.add_file(source.name, source.filename, source.sdist())
    variables = '[tool.uv.extra-build-variables]\nneedy = { MAX_JOBS = "4" }\n'
    project.write("pyproject.toml", PROJECT.replace("alpha", "needy") + variables)
    assert project.engine("lock", "--build", "needy").status == 0
    text = (project.path / "pylock.toml").read_text()
    assert '[tool.flowstone.build-variables]\nneedy = ["MAX_JOBS=4"]\n' in text
    use = ("pylock.toml", "python", "-c", "import needy; print(needy.JOBS)")
    assert project.engine("exec", "--build", "needy", *use).output == "4\n"
    project.write("pyproject.toml", PROJECT.replace("alpha", "needy"))
    check = project.engine("lock", "--build", "needy", "--check")
    assert check.status == 1, check
    assert "builds of its sources have other variables" in check.output + check.errors
