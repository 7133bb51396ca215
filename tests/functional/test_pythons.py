"""Interpreters: finding them, installing them, and noticing what becomes of them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from support.index_server import Index
from support.interpreters import SYSTEM_PYTHON, interpreters, minor_of
from support.project import DEADLINE, ENGINE, Project
from support.python_mirror import PythonMirror, Standalone, standalone_of
from support.wheels import Wheel

FLOW = """
    import sys
    from flowstone import FlowSpec, pypi, step

    class PythonFlow(FlowSpec):
        @pypi(python="{version}", packages={{"alpha": "1.0"}})
        @step
        def start(self):
            import alpha
            self.prefix = sys.base_prefix
            self.next(self.end)

        @step
        def end(self):
            print("ran in", self.prefix)

    if __name__ == "__main__":
        PythonFlow()
"""


@pytest.fixture(scope="module")
def standalone() -> Standalone:
    return standalone_of(SYSTEM_PYTHON)


@pytest.fixture
def mirror(tmp_path: Path, project: Project, standalone: Standalone) -> Iterator[PythonMirror]:
    """The mirror has the system's Python, and the engine looks at no other."""
    with PythonMirror(tmp_path, [standalone]) as running:
        project.environment.update(running.variables())
        yield running


@pytest.fixture
def locked(index: Index, project: Project) -> Project:
    """A project with a lock of one package, for any Python."""
    index.add(Wheel("alpha", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    done = project.engine("lock", "alpha", "-o", "pylock.toml")
    assert done.status == 0, done
    return project


def left_over(project: Project) -> list[str]:
    """Unfinished work in the cache."""
    cache = project.home / "cache" / "v1"
    return [str(path) for folder in ("tmp", "part") for path in (cache / folder).glob("*")]


def installed_path(project: Project, *arguments: str, **variables: str) -> Path:
    done = project.engine("python", "install", *arguments, **variables)
    assert done.status == 0, done
    return Path(done.output.strip())


def test_installed_interpreters_are_listed_found_and_removed(
    project: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    listed = project.engine("python", "list", "--all", "--json")
    assert [row["source"] for row in json.loads(listed.output)] == ["installable"]

    python = installed_path(project, standalone.version)
    assert python.is_relative_to(project.home / "cache")
    version = subprocess.check_output([python, "-c", "import ssl, sys; print(sys.base_prefix)"])
    assert version.decode().strip() == str(python.parent.parent)
    assert left_over(project) == []

    (row,) = json.loads(project.engine("python", "list", "--json", "--all").output)
    assert row["version"] == standalone.version
    assert row["source"] == "flowstone"
    found = project.engine("python", "find", standalone.version)
    assert found.output.strip() == str(python.resolve())

    again = project.engine("python", "install", standalone.version)
    assert again.output.strip() == str(python)
    assert "is installed already" in again.errors
    assert len(mirror.requests) == 1

    done = project.engine("python", "uninstall", standalone.version)
    assert done.status == 0, done
    assert f"removed CPython {standalone.version}" in done.output
    assert not python.exists()
    assert left_over(project) == []
    assert project.engine("python", "find", standalone.version).status == 1


def test_uninstall_removes_only_its_own(project: Project, mirror: PythonMirror) -> None:
    done = project.engine("python", "uninstall", "3.7")
    assert done.status == 1
    assert 'Flowstone installed no Python that matches "3.7"' in done.errors
    assert project.engine("python", "uninstall").status == 2
    assert project.engine("python", "uninstall", "--all").status == 0
    assert SYSTEM_PYTHON.exists()


def test_a_lock_gets_the_interpreter_that_it_asks_for(
    locked: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    code = "import sys, alpha; print(sys.base_prefix)"
    arguments = ["exec", "--python", standalone.version, "pylock.toml", "python", "-c", code]
    done = locked.engine(*arguments)
    assert done.status == 0, done
    assert f"CPython {standalone.version}: no installed Python matches" in done.errors
    assert done.output.startswith(str(locked.home / "cache"))
    again = locked.engine(*arguments)
    assert again.output == done.output
    assert "CPython" not in again.errors
    assert len(mirror.requests) == 1


def test_a_flow_gets_the_interpreter_that_it_asks_for(
    index: Index, project: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    index.add(Wheel("alpha", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write("flow.py", FLOW.format(version=standalone.version))
    shown = project.flow("environment", "show")
    assert mirror.requests == [], shown
    done = project.flow("--managed-python", "run", FLOWSTONE_MANAGED_PYTHON="")
    assert done.status == 0, done
    assert f"ran in {project.home / 'cache'}" in done.output + done.errors


@pytest.mark.parametrize("how", [["--no-python-downloads"], ["--python-downloads", "manual"]])
def test_downloads_can_be_refused(
    locked: Project, mirror: PythonMirror, standalone: Standalone, how: list[str]
) -> None:
    done = locked.engine("sync", *how, "--python", standalone.version, "pylock.toml")
    assert done.status == 1
    assert f'no installed Python matches "{standalone.version}"' in done.errors
    assert f"`flowstone python install {standalone.version}` downloads CPython" in done.errors
    assert mirror.requests == []


def test_never_means_never(project: Project, mirror: PythonMirror) -> None:
    done = project.engine("python", "install", FLOWSTONE_PYTHON_DOWNLOADS="never")
    assert done.status == 1
    assert "may not be downloaded" in done.errors
    assert mirror.requests == []


def test_without_a_network_an_installation_is_refused(
    project: Project, mirror: PythonMirror, standalone: Standalone, tmp_path: Path
) -> None:
    done = project.engine("python", "install", "--offline")
    assert done.status == 1
    assert "the network is off (--offline)" in done.errors
    assert mirror.requests == []
    # A mirror on the disk needs no network.
    mirror.write_to(tmp_path / "builds")
    python = installed_path(project, "--offline", "--mirror", str(tmp_path / "builds"))
    assert python.exists()


def test_an_archive_that_is_not_the_published_one_is_refused(
    project: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    mirror.files[standalone.path] = b"something else"
    done = project.engine("python", "install")
    assert done.status == 1
    assert f"CPython {standalone.version} from {mirror.url}" in done.errors
    assert "but the table of builds says" in done.errors
    assert left_over(project) == []
    assert json.loads(project.engine("python", "list", "--json").output) == []


def test_a_killed_installation_goes_on_where_it_was(
    project: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    half = len(standalone.content) // 2
    mirror.stall_after = half
    process = subprocess.Popen(
        [ENGINE, "python", "install"],
        cwd=project.path,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert mirror.stalled.wait(DEADLINE)
    (part,) = wait_for_part(project, half)
    process.send_signal(signal.SIGKILL)
    process.wait(DEADLINE)
    assert json.loads(project.engine("python", "list", "--json").output) == []
    assert part.stat().st_size == half

    mirror.stall_after = None
    python = installed_path(project)
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0
    assert mirror.requests[-1] == f"{standalone.path} bytes={half}-"
    assert left_over(project) == []


def wait_for_part(project: Project, size: int) -> list[Path]:
    """The file of a transfer, once it holds so much."""
    downloads = project.home / "cache" / "v1" / "part"
    for _ in range(DEADLINE * 100):
        parts = list(downloads.glob("*"))
        if parts and parts[0].stat().st_size >= size:
            return parts
        subprocess.run(["/bin/sleep", "0.01"], check=True)
    raise AssertionError(f"no part of {size} bytes in {downloads}")


def test_processes_that_want_the_same_python_share_one_installation(
    project: Project, mirror: PythonMirror
) -> None:
    processes = [
        subprocess.Popen(
            [ENGINE, "python", "install"],
            cwd=project.path,
            env=project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=DEADLINE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert len(set(outputs)) == 1
    assert len(mirror.requests) == 1
    assert left_over(project) == []


def test_an_interpreter_that_moved_has_its_environment_rebuilt(
    locked: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    python = installed_path(locked, standalone.version)
    code = "import sys; print(sys.base_prefix)"
    first = locked.engine("exec", "pylock.toml", "python", "-c", code)
    assert first.output.strip() == str(python.parent.parent), first
    program = python.resolve()
    moved = locked.home / "moved"
    shutil.move(python.parent.parent, moved)
    done = locked.engine("exec", "--python", str(moved), "pylock.toml", "python", "-c", code)
    assert done.output.strip() == str(moved), done
    assert f"was rebuilt: its interpreter {program} is gone" in done.errors


def test_an_interpreter_that_was_replaced_has_its_environment_rebuilt(
    locked: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    installed_path(locked, standalone.version)
    arguments = ["exec", "pylock.toml", "python", "-c", "import alpha"]
    assert locked.engine(*arguments).status == 0
    installed_path(locked, standalone.version, "--reinstall")
    done = locked.engine(*arguments)
    assert done.status == 0, done
    assert "was rebuilt: its interpreter" in done.errors
    assert "was replaced" in done.errors
    assert "rebuilt" not in locked.engine(*arguments).errors


def test_a_flow_notices_that_its_interpreter_was_replaced(
    index: Index, project: Project, mirror: PythonMirror, standalone: Standalone
) -> None:
    index.add(Wheel("alpha", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write("flow.py", FLOW.format(version=standalone.version))
    assert project.flow("run").status == 0
    assert project.engine("python", "uninstall", "--all").status == 0
    done = project.flow("run")
    assert done.status == 0, done
    assert "was rebuilt: its interpreter" in done.errors


def test_what_is_no_interpreter_is_left_out_with_a_note(project: Project, tmp_path: Path) -> None:
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    for name, program in {"python3.10": "/bin/echo", "python3.12": "/bin/true"}.items():
        shutil.copy(program, bin_directory / name)
    (bin_directory / "python3.13").write_text("#!/bin/sh\nsleep 1000\n")
    (bin_directory / "python3.13").chmod(0o755)
    path = f"{bin_directory}:{project.environment['PATH']}"
    done = project.engine("python", "list", PATH=path)
    assert done.status == 0, done
    assert f"{bin_directory}/python3.10 is no usable Python: it does not answer" in done.errors
    assert f"{bin_directory}/python3.12 is no usable Python: it does not answer" in done.errors
    assert f"{bin_directory}/python3.13 is a script, not an interpreter" in done.errors
    assert str(bin_directory) not in done.output


def test_the_doctor_knows_the_pythons(project: Project) -> None:
    mirror = "https://ada:secret@mirror.example/builds"
    done = project.engine("doctor", FLOWSTONE_PYTHON_MIRROR=mirror)
    assert f"at {SYSTEM_PYTHON.resolve()} (" in done.output, done
    assert "others are installed from https://" in done.output
    assert "secret" not in done.output + done.errors
    done = project.engine("doctor", FLOWSTONE_PYTHON_MIRROR="", FLOWSTONE_MANAGED_PYTHON="1")
    assert str(SYSTEM_PYTHON.resolve()) not in done.output


def test_the_environment_in_use_decides(project: Project, tmp_path: Path) -> None:
    others = [path for path in interpreters() if path != SYSTEM_PYTHON.resolve()]
    base = others[0] if others else SYSTEM_PYTHON.resolve()
    subprocess.run([base, "-m", "venv", "--without-pip", project.path / ".venv"], check=True)
    done = project.engine("python", "find")
    assert done.output.strip() == str(base)
    (project.path / "below").mkdir()
    done = project.engine("python", "find", "--json")
    assert json.loads(done.output)["source"] == "environment"


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.name)
def test_every_interpreter_gets_an_environment(
    index: Index, project: Project, python: Path
) -> None:
    index.add(Wheel("alpha", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    locked = project.engine("lock", "alpha", "--python", str(python), "-o", "pylock.toml")
    assert locked.status == 0, locked
    code = "import sys, alpha; print(sys.version_info[1], sys.base_prefix)"
    done = project.engine("exec", "--python", str(python), "pylock.toml", "python", "-c", code)
    assert done.status == 0, done
    minor, prefix = done.output.split()
    assert int(minor) == minor_of(python)
    assert str(python).startswith(prefix)
