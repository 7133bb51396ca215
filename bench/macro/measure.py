"""Timing whole commands side by side.

Each round runs every contestant once, in alternating order, so that a noisy machine is noisy for
all of them. Figures are minimum and median of the wall clock (from posix_spawn to wait4) and of
the CPU time (user and system, with children) in seconds, the median of the peak memory in MB, and
the number of requests where a server counts them.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


def _timed(
    command: list[str], directory: Path, environment: dict[str, str]
) -> tuple[float, int, resource.struct_rusage, str]:
    """Wall clock from posix_spawn to wait4, exit status, usage and standard error of a command.

    A Python that forks, with its pipes and its look through all descriptors, takes about as long as
    the fastest of the commands.
    """
    before = Path.cwd()
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    errors = os.memfd_create("errors")
    nowhere = os.open(os.devnull, os.O_RDWR)
    actions = [
        (os.POSIX_SPAWN_DUP2, nowhere, 0),
        (os.POSIX_SPAWN_DUP2, nowhere, 1),
        (os.POSIX_SPAWN_DUP2, errors, 2),
    ]
    os.chdir(directory)
    try:
        began = time.perf_counter()
        process = os.posix_spawn(program, command, environment, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
        wall = time.perf_counter() - began
        text = os.pread(errors, os.fstat(errors).st_size, 0).decode(errors="replace")
    finally:
        os.chdir(before)
        os.close(errors)
        os.close(nowhere)
    return wall, os.waitstatus_to_exitcode(status), usage, text


@dataclass
class Contestant:
    """A command. `prepare` runs before each round and is not timed.

    `inspect` is called after each round: it looks at the answer and returns the number of requests.
    """

    name: str
    command: list[str]
    directory: Path
    environment: dict[str, str]
    prepare: list[str] | None = None
    inspect: Callable[[], int] | None = None
    status: int = 0  # the expected one
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)

    def run_once(self) -> None:
        if self.prepare:
            subprocess.run(
                self.prepare,
                cwd=self.directory,
                env=self.environment,
                check=True,
                capture_output=True,
            )
        wall, status, usage, errors = _timed(self.command, self.directory, self.environment)
        self.wall.append(wall)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / 1024)
        if status != self.status:
            raise SystemExit(f"{self.name}: exit {status}\n{errors}")
        if self.inspect:
            self.requests.append(self.inspect())

    def forget(self) -> None:
        for figures in (self.wall, self.cpu, self.memory, self.requests):
            figures.clear()


@dataclass
class Race:
    """Contestants of one task; the first one is ours."""

    title: str
    contestants: list[Contestant]
    rounds: int = 10

    def run(self) -> None:
        for number in range(self.rounds + 1):
            order = self.contestants if number % 2 else self.contestants[::-1]
            for contestant in order:
                contestant.run_once()
            if number == 0:  # the first round warms caches
                for contestant in self.contestants:
                    contestant.forget()

    def rows(self) -> list[str]:
        ours = self.contestants[0]
        lines = []
        for contestant in self.contestants:
            wall, cpu = statistics.median(contestant.wall), statistics.median(contestant.cpu)
            ratio = ""
            if contestant is not ours:
                wall_ratio = wall / statistics.median(ours.wall)
                cpu_ratio = cpu / max(statistics.median(ours.cpu), 1e-4)
                ratio = f"{wall_ratio:6.1f}x {cpu_ratio:6.1f}x"
            requests = str(max(contestant.requests)) if contestant.requests else ""
            memory = statistics.median(contestant.memory)
            lines.append(
                f"{self.title:<34} {contestant.name:<10} {min(contestant.wall):8.3f} {wall:8.3f} "
                f"{min(contestant.cpu):8.3f} {cpu:8.3f} {memory:7.1f} "
                f"{requests:>8}  {ratio}"
            )
        return lines


HEADER = (
    f"{'task':<34} {'tool':<10} {'wall min':>8} {'median':>8} {'CPU min':>8} {'median':>8} "
    f"{'MB':>7} {'requests':>8}  theirs / ours (wall, CPU)"
)
