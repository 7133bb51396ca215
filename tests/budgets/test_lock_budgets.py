"""What one `flowstone lock` asks of the network and of the kernel.

The universe: a chain of 20 projects of 30 versions each. Requests are exact. Of system calls there
are upper limits, counted with strace over all threads; those that threads wait for each other with
are not counted, because their number depends on who is faster.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import ENGINE, Project
from support.wheels import Wheel

PROJECTS = 20
VERSIONS = 30
LOCK = ["lock", "chain-00", "--python", "/usr/bin/python3", "-o", "pylock.toml"]
WAITING = {"futex", "poll", "ppoll", "epoll_wait", "epoll_pwait", "sched_yield", "restart_syscall"}

# What was counted, and a fifth more. Raise a limit only with a reason in the commit.
LIMITS = {
    "of all kinds": 540,
    "openat": 60,
    "read and pread64": 110,
    "mmap": 45,
    "clone": 9,
}


@pytest.fixture
def chain(index: Index) -> Index:
    for number in range(PROJECTS):
        following = [f"chain-{number + 1:02}>=1"] if number + 1 < PROJECTS else []
        for version in range(VERSIONS):
            index.add(Wheel(f"chain-{number:02}", f"1.{version}", requires=following))
    return index


def lock(project: Project, index: Index) -> None:
    done = project.engine(*LOCK, FLOWSTONE_INDEX_URL=index.url)
    assert done.status == 0, done


def test_a_cold_lock_asks_once_for_each_page_and_chosen_wheel(
    project: Project, chain: Index
) -> None:
    lock(project, chain)
    kinds = Counter("metadata" if path.endswith(".metadata") else "page" for path in chain.requests)
    assert kinds == {"page": PROJECTS, "metadata": PROJECTS}


def test_a_warm_lock_asks_for_nothing(project: Project, chain: Index) -> None:
    lock(project, chain)
    chain.requests.clear()
    (project.path / "pylock.toml").unlink()
    lock(project, chain)
    assert chain.requests == []


def test_a_stale_lock_asks_whether_pages_changed(project: Project, chain: Index) -> None:
    chain.max_age = 0
    lock(project, chain)
    chain.requests.clear()
    (project.path / "pylock.toml").unlink()
    lock(project, chain)
    assert len(chain.requests) == PROJECTS
    assert all(path.endswith("/") for path in chain.requests)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_warm_lock_keeps_its_limits_of_system_calls(project: Project, chain: Index) -> None:
    lock(project, chain)
    (project.path / "pylock.toml").unlink()
    calls = system_calls(project, chain)
    counted = {
        "of all kinds": sum(calls.values()),
        "openat": calls["openat"],
        "read and pread64": calls["read"] + calls["pread64"],
        "mmap": calls["mmap"],
        "clone": calls["clone"] + calls["clone3"],
    }
    over = {kind: count for kind, count in counted.items() if count > LIMITS[kind]}
    assert not over, f"over the limits: {over}; all: {calls.most_common()}"


def system_calls(project: Project, index: Index) -> Counter[str]:
    trace = project.path / "trace"
    subprocess.run(
        ["strace", "-f", "-qq", "-o", str(trace), str(ENGINE), *LOCK],
        cwd=project.path,
        env={**project.environment, "FLOWSTONE_INDEX_URL": index.url},
        check=True,
        capture_output=True,
    )
    return Counter(
        name[1]
        for line in Path(trace).read_text().splitlines()
        if (name := re.match(r"\d+ +(\w+)\(", line)) and name[1] not in WAITING
    )


def test_the_engine_loads_the_c_library_alone() -> None:
    """Each further library costs every start a tenth of a millisecond; libcurl is loaded when
    something is to be fetched.
    """
    listed = subprocess.run(
        ["readelf", "--dynamic", str(ENGINE)], capture_output=True, text=True, check=True
    ).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", listed))
    assert needed == {"libc.so.6", "ld-linux-x86-64.so.2"}
