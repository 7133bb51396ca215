"""The engine is killed with SIGKILL at many points: nothing survives it, the next run succeeds."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.directory_events import DirectoryEvents
from support.index_server import Index
from support.project import Project
from support.wheels import Wheel

SEED = int(os.environ.get("FLOWSTONE_TEST_SEED", "20261"))
MODULES = 25
FILE_POINTS = 12
PATIENCE = 20.0  # seconds until a process that should end is called a survivor

FLOW = """
    from flowstone import FlowSpec, step, pypi

    class CrashFlow(FlowSpec):
        @pypi(packages={"alpha": "1.0"})
        @step
        def start(self):
            import importlib
            import alpha, beta
            self.total = sum(importlib.import_module(f"alpha.m{i}").VALUE for i in range(25))
            print("total", self.total, beta.__version__)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        CrashFlow()
"""

SLEEPING_FLOW = """
    import os, subprocess
    from flowstone import FlowSpec, step

    class SleepingFlow(FlowSpec):
        @step
        def start(self):
            helper = subprocess.Popen(["sleep", "600"])
            with open("started.new", "w") as file:
                file.write(f"{os.getpid()} {helper.pid}")
            os.rename("started.new", "started")
            helper.wait()
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        SleepingFlow()
"""

IMPORTING_FLOW = """
    import os, time
    from flowstone import FlowSpec, step

    # Described at once; what imports it for a task never gets further than this.
    if os.environ.get("METAFLOW_RUN_ID"):
        with open("started.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename("started.new", "started")
        time.sleep(600)

    class ImportingFlow(FlowSpec):
        @step
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        ImportingFlow()
"""


def stock(index: Index, project: Project) -> None:
    files = {"alpha/__init__.py": b""}
    for number in range(MODULES):
        files[f"alpha/m{number}.py"] = f"VALUE = {number}\n".encode()
    index.add(Wheel("alpha", "1.0", requires=["beta"], files=files))
    index.add(Wheel("beta", "2.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write("flow.py", FLOW)


def processes_of(project: Project) -> dict[int, str]:
    """Living processes that carry this project's FLOWSTONE_HOME, with their command lines."""
    mark = f"FLOWSTONE_HOME={project.environment['FLOWSTONE_HOME']}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # gone meanwhile
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                )
    return found


def survivors_of(project: Project) -> dict[int, str]:
    """What is still there when everything had the time to end."""
    deadline = time.monotonic() + PATIENCE
    while (found := processes_of(project)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)
    return path.read_text()


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the engine alone: `python flow.py` has become it."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


def expect_whole(project: Project) -> None:
    """Nothing survived, and the project works as if nothing had happened."""
    assert survivors_of(project) == {}
    doctor = project.engine("doctor", "--thorough")
    assert doctor.status == 0, doctor
    again = project.flow("run")
    assert again.status == 0, again
    assert f"total {sum(range(MODULES))} 2.0" in again.output, again
    doctor = project.engine("doctor", "--thorough")
    assert doctor.status == 0, doctor


@pytest.mark.parametrize("number", range(1, 6))
def test_killed_at_a_request(project: Project, index: Index, number: int) -> None:
    stock(index, project)
    started: list[subprocess.Popen[bytes]] = []

    def at_request(count: int) -> None:
        if count == number:
            kill(started[0])

    # The engine asks long after it was started, so `started` is filled by then.
    index.before_answer = at_request
    started.append(project.start("run"))
    output, _ = started[0].communicate(timeout=120)
    index.before_answer = None
    if started[0].returncode == 0:
        pytest.skip(f"a run makes fewer than {number} requests")
    assert started[0].returncode == -signal.SIGKILL, output.decode()
    expect_whole(project)


def count_events(project: Project) -> int:
    with DirectoryEvents([project.path, project.home]) as events:
        process = project.start("run")
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    return events.count


def run_until_event(project: Project, point: int) -> int:
    """The exit status of a run that is killed at this event."""
    started: list[subprocess.Popen[bytes]] = []
    events = DirectoryEvents([project.path, project.home], point, lambda: kill(started[0]))
    started.append(project.start("run"))
    with events:
        started[0].communicate(timeout=120)
    return started[0].returncode


def test_killed_at_file_system_events(tmp_path: Path, index: Index) -> None:
    def fresh(name: str) -> Project:
        project = Project(tmp_path / name / "project", tmp_path / name / "home")
        project.home.mkdir(parents=True)
        stock(index, project)
        return project

    total = count_events(fresh("whole"))
    # One point in each of equal parts of the run, so that all phases are met.
    chance = random.Random(SEED)
    part = total / FILE_POINTS
    points = [1 + int(part * (number + chance.random())) for number in range(FILE_POINTS)]
    print(f"seed {SEED}: {total} events, killed at {points}")
    killed = 0
    for point in points:
        project = fresh(f"at-{point}")
        killed += run_until_event(project, point) == -signal.SIGKILL
        expect_whole(project)
    assert killed >= FILE_POINTS // 2  # a late point may come after the end


@pytest.mark.parametrize("options", [[], ["--isolation=process"]], ids=["fork", "process"])
def test_killed_while_a_task_runs(project: Project, options: list[str]) -> None:
    project.write("flow.py", SLEEPING_FLOW)
    process = project.start("run", *options)
    pids = [int(pid) for pid in wait_for(project.path / "started", process).split()]
    assert set(pids) <= set(processes_of(project))
    kill(process)
    process.communicate()
    assert survivors_of(project) == {}


def test_killed_while_the_flow_is_imported(project: Project) -> None:
    project.write("flow.py", IMPORTING_FLOW)
    process = project.start("run")
    pid = int(wait_for(project.path / "started", process))
    assert pid in processes_of(project)
    kill(process)
    process.communicate()
    assert survivors_of(project) == {}


def test_a_run_that_was_killed_can_be_resumed(project: Project) -> None:
    project.write("flow.py", SLEEPING_FLOW)
    process = project.start("run")
    wait_for(project.path / "started", process)
    kill(process)
    process.communicate()
    assert survivors_of(project) == {}
    project.write("flow.py", SLEEPING_FLOW.replace('"600"', '"0"'))
    resumed = project.flow("resume")
    assert resumed.status == 0, resumed
