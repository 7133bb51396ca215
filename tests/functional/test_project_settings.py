"""`[tool.flowstone]` of pyproject.toml, and the options that it stands in for, of every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.index_server import Index
from support.project import Done, Project
from support.sources import SourceProject
from support.wheels import Wheel

FLOW = """
    from flowstone import FlowSpec, pypi, step

    class SettledFlow(FlowSpec):
        @pypi(packages={"alpha": ">=1"})
        @step
        def start(self):
            import alpha
            print("alpha", alpha.VERSION)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        SettledFlow()
    """


def module(name: str, version: str) -> Wheel:
    return Wheel(name, version, files={f"{name}.py": f"VERSION = {version!r}\n".encode()})


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    """alpha 1.0 and 2.0 on an index that only the project's settings name."""
    index.max_age = 0
    for version in ("1.0", "2.0"):
        index.add(module("alpha", version))
    project.environment.pop("FLOWSTONE_INDEX_URL")
    return index


def settle(project: Project, index: Index, *lines: str) -> Path:
    table = ["[tool.flowstone]", *lines, "[[tool.flowstone.index]]", 'name = "corp"']
    table += [f'url = "{index.url}"', "default = true", ""]
    return project.write("pyproject.toml", "\n".join(table))


def locked(project: Project, *arguments: str, **variables: str) -> str:
    done = project.engine("lock", "alpha", "--upgrade", "-o", "-", *arguments, **variables)
    assert done.status == 0, done
    return done.output.split('name = "alpha"\nversion = "')[1].split('"')[0]


def test_who_says_it_first(project: Project, stocked: Index) -> None:
    settle(project, stocked, 'resolution = "lowest"')
    assert locked(project) == "1.0"
    assert locked(project, "--resolution", "highest") == "2.0"
    assert locked(project, FLOWSTONE_RESOLUTION="highest") == "2.0"
    assert locked(project, UV_RESOLUTION="highest") == "2.0"
    project.write("constraints.txt", "alpha<2\n")
    settle(project, stocked, 'constraint = "constraints.txt"')
    assert locked(project) == "1.0"
    project.write("others.txt", "alpha>=2\n")
    assert locked(project, PIP_CONSTRAINT=str(project.path / "others.txt")) == "2.0"


def test_the_index_of_the_project_has_its_name_in_the_lock(
    project: Project, stocked: Index
) -> None:
    settle(project, stocked)
    done = project.engine("lock", "alpha", PIP_INDEX_URL="http://127.0.0.1:9/simple/")
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert f'[tool.flowstone.indexes]\ncorp = "{stocked.url}"\n' in text


def test_below_the_project_its_settings_and_paths_count(project: Project, stocked: Index) -> None:
    project.write("limits/constraints.txt", "alpha<2\n")
    settle(project, stocked, 'constraint = ["limits/constraints.txt"]')
    project.write("deep/er/requirements.txt", "alpha\n")
    inner = Project(project.path / "deep" / "er", project.home)
    inner.environment = project.environment
    assert locked(inner) == "1.0"


def test_what_a_setting_is_wrong_about_is_named(project: Project, stocked: Index) -> None:
    def refused(*lines: str) -> str:
        settle(project, stocked, *lines)
        done = project.engine("lock", "alpha")
        assert done.status == 2, done
        return done.errors

    errors = refused('resolutoin = "lowest"')
    assert "pyproject.toml:2: tool.flowstone.resolutoin: there is no such setting" in errors
    assert "did you mean 'resolution'?" in errors
    errors = refused('resolution = "newest"')
    assert "pyproject.toml:2: tool.flowstone.resolution is 'newest', which is none of" in errors
    errors = refused('index-url = "https://me:s3cret@index.example/simple"')
    assert "pyproject.toml:2: tool.flowstone.index-url" in errors
    assert "s3cret" not in errors
    errors = refused("build-timeout = 0")
    assert "pyproject.toml:2: tool.flowstone.build-timeout is '0'" in errors


def test_where_a_value_comes_from_is_said(project: Project, stocked: Index) -> None:
    settle(project, stocked, 'resolution = "lowest"', 'prerelease = "allow"')
    done = project.engine("lock", "alpha", "-v", "--pre")
    assert done.status == 0, done
    assert "pyproject.toml:2: tool.flowstone.resolution = lowest\n" in done.errors
    assert "tool.flowstone.prerelease" not in done.errors
    doctor = project.engine("doctor")
    assert "ok project: pyproject.toml:3: tool.flowstone.prerelease = allow\n" in doctor.output
    assert f"index corp {stocked.url} from {project.path}/pyproject.toml" in doctor.output


def test_a_project_settles_the_environments_of_its_flows(project: Project, stocked: Index) -> None:
    settle(project, stocked, 'resolution = "lowest"')
    project.write("flow.py", FLOW)
    done = project.flow("run")
    assert done.status == 0, done
    assert "alpha 1.0" in done.output
    done = project.flow("--resolution", "highest", "run")
    assert "alpha 2.0" in done.output, done


def lines_of(done: Done) -> str:
    return done.output + done.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("--constraint", "limits.txt"),
        ("--override", "limits.txt"),
        ("--resolution", "lowest"),
        ("--only-binary", ":all:", "--constraint", "limits.txt"),
        ("--exclude-newer-package", "alpha=2025-01-01"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_options_of_lock_hold_for_flows(
    project: Project, stocked: Index, arguments: tuple[str, ...]
) -> None:
    stocked.upload_times[module("alpha", "1.0").filename] = "2024-01-01T00:00:00Z"
    stocked.upload_times[module("alpha", "2.0").filename] = "2025-06-01T00:00:00Z"
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.url
    project.write("flow.py", FLOW)
    project.write("limits.txt", "alpha<2\n")
    done = project.flow("environment", "lock", *arguments)
    assert done.status == 0, done
    assert "alpha 1.0" in done.output
    check = project.flow(*arguments, "environment", "lock", "--check")
    assert check.status == 0, check
    stale = project.flow("environment", "lock", "--check")
    # Whoever asks for no cut-off takes that of the lock.
    assert stale.status == (0 if "exclude-newer" in arguments[0] else 1), stale
    done = project.flow(*arguments, "run")
    assert done.status == 0, done
    assert "alpha 1.0" in lines_of(done)


def test_variables_of_pip_and_uv_hold_for_flows(project: Project, stocked: Index) -> None:
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.url
    project.write("flow.py", FLOW)
    project.write("limits.txt", "alpha<2\n")
    limits = str(project.path / "limits.txt")
    for variables in (
        {"PIP_CONSTRAINT": limits},
        {"UV_CONSTRAINT": limits},
        {"UV_RESOLUTION": "lowest"},
    ):
        done = project.flow("environment", "lock", "--upgrade", **variables)
        assert done.status == 0, done
        assert "alpha 1.0" in done.output
        assert project.flow("environment", "show", **variables).status == 0


def test_a_configuration_that_cannot_be_read_does_not_stop_a_flow_without_environments(
    project: Project,
) -> None:
    project.write("flow.py", FLOW.replace('@pypi(packages={"alpha": ">=1"})', "")
                  .replace("import alpha", "").replace("alpha.VERSION", "'none'"))  # fmt: skip
    project.write("limits.txt", "not a requirement at all !\n")
    done = project.flow("run", PIP_CONSTRAINT=str(project.path / "limits.txt"))
    assert done.status == 0, done


def publish_needy(index: Index) -> None:
    """needy, whose build records which helper it had."""
    for version in ("1.0", "2.0"):
        index.add(module("helper", version))
    record = "import helper; open('needy.py', 'w').write('VERSION = %r' % helper.VERSION)"
    source = SourceProject("needy", system_requires=["helper"], code={"build": record}, static=True)
    index.add_file(source.name, source.filename, source.sdist())


@pytest.mark.parametrize("how", ["option", "PIP_BUILD_CONSTRAINT", "UV_BUILD_CONSTRAINT"])
def test_build_constraints_hold_for_flows(project: Project, stocked: Index, how: str) -> None:
    publish_needy(stocked)
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.url
    project.write("flow.py", FLOW.replace("alpha", "needy"))
    file = str(project.write("build.txt", "helper<2\n"))
    options = ("--build-constraint", file) if how == "option" else ()
    variables = {} if how == "option" else {how: file}
    done = project.flow("--allow-build", *options, "run", **variables)
    assert done.status == 0, done
    assert "needy 1.0" in lines_of(done)
    locked_now = project.flow("environment", "lock", "--allow-build", *options, **variables)
    assert locked_now.status == 0, locked_now
    assert 'text = "helper<2"' in next(project.path.glob("pylock*.toml")).read_text()


def test_build_constraints_hold_for_a_lock_that_says_nothing_of_builds(
    project: Project, stocked: Index
) -> None:
    publish_needy(stocked)
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.url
    assert project.engine("lock", "needy", "--allow-build").status == 0
    path = project.path / "pylock.toml"
    path.write_text(path.read_text().split("[tool.flowstone]")[0])
    project.write("build.txt", "helper<2\n")
    done = project.engine(
        "exec", "--allow-build", "--build-constraint", "build.txt", "pylock.toml",
        "python", "-c", "import needy; print(needy.VERSION)",
    )  # fmt: skip
    assert (done.status, done.output) == (0, "1.0\n"), done
