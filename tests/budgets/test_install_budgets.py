"""What one more environment, and the same one again, ask of the kernel.

The packages: 30 of four modules each, as many named by the user as wanted by others. Upper limits
on system calls, counted with strace over all threads, without those that threads wait with.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from support.project import ENGINE, Project
from support.wheels import Wheel

PACKAGES = 30
WAITING = {"futex", "poll", "ppoll", "epoll_wait", "epoll_pwait", "sched_yield", "restart_syscall"}
SYNC = ["sync", "pylock.toml", "--python", "/usr/bin/python3", "--quiet", "--offline"]

# What was counted, and a fifth more. Raise a limit only with a reason in the commit.
ONE_MORE = {"of all kinds": 640, "symlink": 76, "mkdir": 13, "openat": 91, "write": 4}
AGAIN = {"of all kinds": 130, "openat": 15, "newfstatat": 47, "mkdir": 0, "write": 1}


@pytest.fixture
def locked(project: Project) -> Project:
    house = project.path / "house"
    house.mkdir()
    for number in range(PACKAGES):
        name = f"part-{number:02}"
        wheel = Wheel(name, "1.0", requires=[f"part-{number + 1:02}"] if number % 2 == 0 else [])
        wheel.files.update(
            {f"{wheel.distribution}/sub/m{module}.py": b"x = 1\n" for module in range(4)}
        )
        (house / wheel.filename).write_bytes(wheel.bytes())
    named = [f"part-{number:02}" for number in range(0, PACKAGES, 2)]
    command = ["lock", *named, "--no-index", "--find-links", "house", "-o", "pylock.toml"]
    done = project.engine(*command, "--python", "/usr/bin/python3")
    assert done.status == 0, done
    assert project.engine(*SYNC).status == 0
    return project


def counted(project: Project, limits: dict[str, int]) -> dict[str, int]:
    trace = project.path / "trace"
    subprocess.run(
        ["strace", "-f", "-qq", "-o", str(trace), str(ENGINE), *SYNC],
        cwd=project.path,
        env=project.environment,
        check=True,
        capture_output=True,
    )
    calls = Counter(
        name[1]
        for line in Path(trace).read_text().splitlines()
        if (name := re.match(r"\d+ +(\w+)\(", line)) and name[1] not in WAITING
    )
    return {kind: calls[kind] for kind in limits} | {"of all kinds": sum(calls.values())}


def check(counts: dict[str, int], limits: dict[str, int]) -> None:
    over = {kind: count for kind, count in counts.items() if count > limits[kind]}
    assert not over, f"over the limits: {over}; all: {counts}"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_one_more_environment_keeps_its_limits(locked: Project) -> None:
    shutil.rmtree(locked.home / "cache" / "v1" / "env")
    check(counted(locked, ONE_MORE), ONE_MORE)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_same_environment_again_keeps_its_limits(locked: Project) -> None:
    check(counted(locked, AGAIN), AGAIN)
