"""Projects that are developed together: workspaces and sources of uv, editable directories."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.project import Project
from support.sources import SourceProject
from support.wheels import Wheel


@pytest.fixture
def workspace(project: Project, index: Index) -> Project:
    """app → core, by the workspace; core → base, likewise. The index has another `core`."""
    index.add(Wheel("core", "99.0"))
    index.add(Wheel("base", "99.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "app"
        version = "1.0"
        dependencies = ["core>=1"]
        [project.optional-dependencies]
        all = ["base"]
        [dependency-groups]
        dev = ["base"]
        [tool.uv.sources]
        core = { workspace = true }
        base = { workspace = true }
        [tool.uv.workspace]
        members = ["packages/*"]
        exclude = ["packages/old-*"]
        """,
    )
    for name, requires in (("core", ["base"]), ("base", []), ("old-core", [])):
        source = SourceProject(name, "1.0", requires=requires, static=True)
        directory = source.write(project.path / "packages" / name)
        described = (directory / "pyproject.toml").read_text().replace('"old-core"', '"core"')
        (directory / "pyproject.toml").write_text(
            described + "[tool.uv.sources]\nbase = { workspace = true }\n" * bool(requires)
        )
    project.write("packages/notes/README.md", "no project\n")
    return project


def versions(project: Project, *names: str) -> list[str]:
    code = f"import {', '.join(names)}; print({', '.join(name + '.VERSION' for name in names)})"
    done = project.engine("exec", "pylock.toml", "python", "-c", code)
    assert done.status == 0, done
    return done.output.split()


def test_members_come_from_the_workspace_and_so_do_theirs(workspace: Project) -> None:
    done = workspace.engine("lock")
    assert done.status == 0, done
    text = (workspace.path / "pylock.toml").read_text()
    assert 'directory = { path = "packages/core" }' in text
    assert 'directory = { path = "packages/base" }' in text
    assert "99.0" not in text
    assert versions(workspace, "core", "base") == ["1.0", "1.0"]


def test_a_member_knows_the_workspace_around_it(workspace: Project) -> None:
    done = workspace.engine("lock", "./packages/core")
    assert done.status == 0, done
    assert 'directory = { path = "packages/base" }' in (workspace.path / "pylock.toml").read_text()
    done = workspace.engine("lock", "-r", "packages/core/pyproject.toml", "-o", "-")
    assert done.status == 0, done
    assert 'packages/base" }' in done.output


def test_a_group_and_an_extra_of_a_workspace(workspace: Project) -> None:
    for option in ("--group", "--extra"):
        name = "dev" if option == "--group" else "all"
        done = workspace.engine("lock", option, name, "-r", "pyproject.toml", "-o", "-")
        assert done.status == 0, done
        assert 'packages/base" }' in done.output


def test_a_step_takes_the_requirements_of_a_workspace(workspace: Project) -> None:
    workspace.write(
        "flow.py",
        """
        from flowstone import FlowSpec, pypi, step

        class AppFlow(FlowSpec):
            @pypi(requirements="pyproject.toml")
            @step
            def start(self):
                import base, core
                print("core", core.VERSION, "base", base.VERSION)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            AppFlow()
        """,
    )
    done = workspace.flow("run")
    assert done.status == 0, done
    assert "core 1.0 base 1.0" in done.output + done.errors
    # What a lock file names by directories answers, too.
    assert workspace.flow("environment", "lock").status == 0
    check = workspace.flow("environment", "lock", "--check")
    assert check.status == 0, check
    assert workspace.flow("--locked", "run").status == 0


def test_no_member_has_the_name(workspace: Project) -> None:
    workspace.write(
        "other/pyproject.toml",
        """
        [project]
        name = "other"
        version = "1.0"
        dependencies = ["core"]
        [tool.uv.sources]
        core = { workspace = true }
        """,
    )
    done = workspace.engine("lock", "-r", "other/pyproject.toml")
    assert done.status == 2, done
    assert "other/pyproject.toml:6: tool.uv.sources.core: no member of the workspace" in done.errors


def test_two_members_of_one_name(workspace: Project) -> None:
    path = workspace.path / "pyproject.toml"
    path.write_text(path.read_text().replace('exclude = ["packages/old-*"]', ""))
    done = workspace.engine("lock")
    assert done.status == 2, done
    assert "two members of the workspace are called core" in done.errors


def test_a_directory_with_a_path_source_of_its_own(project: Project) -> None:
    project.environment["FLOWSTONE_NO_INDEX"] = "1"
    project.environment.pop("FLOWSTONE_INDEX_URL")
    core = SourceProject("core", "1.0", requires=["base"]).write(project.path / "core")
    (core / "pyproject.toml").write_text(
        (core / "pyproject.toml").read_text()
        + '[tool.uv.sources]\nbase = { path = "../base", editable = true }\n'
    )
    base = SourceProject("base", "1.0").write(project.path / "base")
    done = project.engine("lock", "./core")
    assert done.status == 0, done
    assert versions(project, "core", "base") == ["1.0", "1.0"]
    (base / "base.py").write_text("VERSION = 'edited'\n")
    assert versions(project, "core", "base") == ["1.0", "edited"]


def test_the_project_itself_with_an_extra_editable(project: Project, index: Index) -> None:
    index.add(Wheel("dependency", "1.0", files={"dependency.py": b"VERSION = '1.0'\n"}))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    SourceProject("local-lib", "1.0", static=True).write(project.path)
    pyproject = project.path / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text() + '[project.optional-dependencies]\nmore = ["dependency"]\n'
    )
    project.write("requirements.txt", "-e .[more]\n")
    done = project.engine("lock", "-r", "requirements.txt")
    assert done.status == 0, done
    assert versions(project, "local_lib", "dependency") == ["1.0", "1.0"]


def test_members_that_conflict_are_locked_one_by_one(workspace: Project, index: Index) -> None:
    root = workspace.path / "pyproject.toml"
    conflicts = '[tool.uv]\nconflicts = [[{ package = "web" }, { package = "jobs" }]]\n'
    root.write_text(root.read_text() + conflicts)
    index.add(Wheel("engine", "1.0"))
    index.add(Wheel("engine", "2.0"))
    for name, wanted in (("web", "engine<2"), ("jobs", "engine>=2")):
        SourceProject(name, requires=[wanted], static=True).write(
            workspace.path / "packages" / name
        )
    web, jobs = (("-r", f"packages/{name}/pyproject.toml") for name in ("web", "jobs"))
    for target in ((), ("--universal",)):
        done = workspace.engine("lock", *web, *jobs, *target)
        assert done.status == 2, done
        assert "project web and project jobs conflict (tool.uv.conflicts)" in done.errors
        for one in (web, jobs):
            done = workspace.engine("lock", *one, *target, "-o", "-")
            assert done.status == 0, done


def test_extras_of_two_members_that_conflict(workspace: Project, index: Index) -> None:
    """A lock for all environments leaves the choice to whoever installs it."""
    root = workspace.path / "pyproject.toml"
    conflicts = (
        '[tool.uv]\nconflicts = [[{ package = "web", extra = "old" },'
        ' { package = "jobs", extra = "new" }]]\n'
    )
    root.write_text(root.read_text() + conflicts)
    index.add(Wheel("engine", "1.0"))
    index.add(Wheel("engine", "2.0"))
    for name, extra, wanted in (("web", "old", "engine<2"), ("jobs", "new", "engine>=2")):
        directory = workspace.path / "packages" / name
        SourceProject(name, static=True).write(directory)
        pyproject = directory / "pyproject.toml"
        pyproject.write_text(
            pyproject.read_text() + f'[project.optional-dependencies]\n{extra} = ["{wanted}"]\n'
        )
    both = ("-r", "packages/web/pyproject.toml", "-r", "packages/jobs/pyproject.toml")
    done = workspace.engine("lock", *both, "--extra", "old", "--extra", "new")
    assert done.status == 2, done
    assert "conflict (tool.uv.conflicts)" in done.errors
    done = workspace.engine("lock", *both, "--extra", "old", "--extra", "new", "--universal")
    assert done.status == 0, done
    text = (workspace.path / "pylock.toml").read_text()
    assert text.count('name = "engine"') == 2, text
    assert '"old" in extras' in text
    assert workspace.engine("sync", "pylock.toml", "--extra", "old").status == 0
    done = workspace.engine("sync", "pylock.toml", "--extra", "old", "--extra", "new")
    assert done.status != 0, done


def test_sources_of_the_root_hold_for_members(workspace: Project) -> None:
    core = workspace.path / "packages" / "core" / "pyproject.toml"
    core.write_text(core.read_text().split("[tool.uv.sources]")[0])
    done = workspace.engine("lock", "-r", "packages/core/pyproject.toml", "-o", "-")
    assert done.status == 0, done
    assert 'packages/base" }' in done.output
