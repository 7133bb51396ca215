"""The two wheels: built, installed into a fresh environment, used there without this checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.project import ENGINE, ROOT, Done, Project

FLOW = """
    from {name} import FlowSpec, Parameter, step

    class WheelFlow(FlowSpec):
        word = Parameter("word", default="installed")

        @step
        def start(self):
            import flowstone
            print("sdk", flowstone.__file__)
            self.next(self.end)

        @step
        def end(self):
            print("word", self.word)

    if __name__ == "__main__":
        WheelFlow()
"""


def pip(*arguments: str | Path) -> None:
    """The build back ends are those of this test environment, so that no index is asked."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder]
    pip(
        *build,
        f"--config-settings=cmake.define.FLOWSTONE_PREBUILT_ENGINE={ENGINE.resolve()}",
        f"--config-settings=build-dir={folder / 'build'}",
        ROOT,
    )
    pip(*build, ROOT / "python" / "metaflow")
    return folder


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the two wheels and nothing else."""
    venv = tmp_path_factory.mktemp("venv") / "with spaces"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    install = ["install", "--no-index", "--find-links", wheels, "flowstone-metaflow"]
    pip("--python", python, *install)
    return venv / "bin"


@pytest.fixture
def user(project: Project, installed: Path) -> Project:
    """A user who installed the wheels and has never heard of this checkout."""
    del project.environment["FLOWSTONE_ENGINE"]
    project.environment["PATH"] = f"{installed}:/usr/bin:/bin"
    return project


def run_in(user: Project, *command: str) -> Done:
    """Runs what a shell would find under that name on the user's PATH."""
    program = Path(user.environment["PATH"].split(":")[0]) / command[0]
    return user.command([str(program), *command[1:]])


def test_the_wheel_is_one_for_every_python_of_a_platform(wheels: Path) -> None:
    (wheel,) = wheels.glob("flowstone-*.whl")
    assert "-py3-none-linux_" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "flowstone/__init__.py" in names
    assert [name for name in names if name.endswith(".data/scripts/flowstone")]
    assert not [name for name in names if "__pycache__" in name or name.startswith("metaflow/")]


@pytest.mark.parametrize("name", ["flowstone", "metaflow"])
def test_a_flow_runs_with_the_installed_python(user: Project, installed: Path, name: str) -> None:
    user.write("flow.py", FLOW.format(name=name))
    done = run_in(user, "python", "flow.py", "run", "--word", "hello")
    assert done.status == 0, done
    assert "word hello" in done.output
    assert f"sdk {installed.parent}" in done.output


def test_a_flow_runs_with_the_installed_command(user: Project) -> None:
    user.write("flow.py", FLOW.format(name="flowstone"))
    done = run_in(user, "flowstone", "flow.py", "run")
    assert done.status == 0, done
    assert "word installed" in done.output


def test_the_installed_command_needs_no_activated_environment(
    user: Project, installed: Path
) -> None:
    user.write("flow.py", FLOW.format(name="flowstone"))
    user.environment["PATH"] = "/usr/bin:/bin"
    done = user.command([str(installed / "flowstone"), "flow.py", "run"])
    assert done.status == 0, done
    assert f"sdk {installed.parent}" in done.output


def test_the_client_finds_the_installed_engine(user: Project) -> None:
    user.write("flow.py", FLOW.format(name="metaflow"))
    assert run_in(user, "python", "flow.py", "run").status == 0
    code = "from metaflow import Flow; print(Flow('WheelFlow').latest_run.data.word)"
    done = run_in(user, "python", "-c", code)
    assert done.output == "installed\n", done


def test_the_installed_engine_is_executable_by_everyone(installed: Path) -> None:
    assert (installed / "flowstone").stat().st_mode & 0o111 == 0o111
