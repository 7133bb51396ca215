"""The process that compiles packages in the background, seen from outside."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable

# The machine may have other tests to run.
PATIENCE = 180.0
SWITCHED_ON = {"FLOWSTONE_BYTECODE": "background"}


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.01)


class BackgroundCompiler:
    """That of the cache in `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._version = home / "v1"

    def processes(self) -> list[int]:
        """Those that compile, or are about to see that another one does."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_one = (entry / "cmdline").read_bytes().endswith(b"\0compile\0")
                variables = (entry / "environ").read_bytes().split(b"\0") if is_one else []
                if f"FLOWSTONE_HOME={self._home}".encode() in variables:
                    found.append(int(entry.name))
        return found

    def wishes(self) -> list[Path]:
        return sorted((self._version / "compile").glob("*"))

    def was_wanted(self) -> bool:
        return (self._version / "compile").exists()

    def is_done(self) -> bool:
        """A wish is written before the command ends that started the process which takes it."""
        self.hurry()
        return not self.wishes() and not self.processes()

    def wait(self) -> None:
        wait_until(self.is_done, "the end of the compiler in the background")

    def hurry(self) -> None:
        """Gives it an ordinary priority, where that is allowed: tests have little time."""
        for process in self.processes():
            for one in (process, *children_of(process)):
                with suppress(OSError):
                    os.sched_setscheduler(one, os.SCHED_OTHER, os.sched_param(0))
                    os.setpriority(os.PRIO_PROCESS, one, 0)
                    Path(f"/proc/{one}/autogroup").write_text("0")

    def compiled(self) -> list[str]:
        """The names of the packages that have bytecode."""
        infos = self._version.glob("pyc/*/*/*/site/*.dist-info")
        return sorted(info.name.split("-")[0] for info in infos)

    def half_made(self) -> list[Path]:
        """Bytecode that is still where work in progress lies."""
        self.hurry()
        return list(self._version.glob("tmp/*/site/**/__pycache__/*.pyc"))


def runs(process: int) -> bool:
    """Not when it has ended and nobody has asked how."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes() != b""
    return False


def children_of(process: int) -> list[int]:
    with suppress(FileNotFoundError):
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []
