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
