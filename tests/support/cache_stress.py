"""Many processes make random environments in one cache and use them, while another cleans it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from support.project import ENGINE, Project
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

# Of each environment nine tenths of the packages are those of all others.
COMMON, OWN, POOL = 18, 2, 24
MODULES = 6  # in a package

# Imports late, so that what is cleaned away under a running program is found out.
PROGRAM = """
import importlib, sys, time
modules, *names = sys.argv[1:]
for name in names:
    module = importlib.import_module(name)
    time.sleep(0.002)
    for number in range(int(modules)):
        part = importlib.import_module(f"{name}.m{number}")
        assert part.VALUE == f"{name} {number}", part.VALUE
print("imported", len(names))
"""

# Every way to clean that a user could come to, harsher than any would.
CLEANINGS: Sequence[tuple[str, ...]] = (
    (),
    ("--max-size", "0"),
    ("--older-than", "0s"),
    ("--kind", "packages", "--kind", "bytecode"),
    ("--max-size", "200k"),
    ("--kind", "environments"),
)


@dataclass
class Outcome:
    failures: list[str] = field(default_factory=list)
    made: int = 0
    cleanings: int = 0
    environments_removed: int = 0
    archives_removed: int = 0
    seconds: float = 0


def stress_wheels() -> list[Wheel]:
    wheels = []
    for number in range(COMMON + POOL):
        name = f"pkg{number}"
        files = {f"{name}/__init__.py": b""}
        for module in range(MODULES):
            files[f"{name}/m{module}.py"] = f"VALUE = '{name} {module}'\n".encode()
        wheels.append(Wheel(name, "1.0", files=files))
    return wheels


class Stress:
    """`makers` processes make `rounds` environments each. `modes` are link modes to choose from."""

    def __init__(
        self, project: Project, *, makers: int, rounds: int, seed: int, modes: Sequence[str]
    ) -> None:
        self._project = project
        self._makers = makers
        self._rounds = rounds
        self._seed = seed
        self._modes = modes
        self._wheels = stress_wheels()
        self._folder = project.path / "wheels"
        self._outcome = Outcome()
        self._mutex = threading.Lock()
        self._is_over = threading.Event()
        keep_wheels(self._folder, self._wheels)

    def run(self) -> Outcome:
        began = time.monotonic()
        makers = [
            threading.Thread(target=self._make, args=(number,)) for number in range(self._makers)
        ]
        cleaner = threading.Thread(target=self._clean)
        for thread in (*makers, cleaner):
            thread.start()
        for thread in makers:
            thread.join()
        self._is_over.set()
        cleaner.join()
        self._outcome.seconds = time.monotonic() - began
        return self._outcome

    def clean(self, *options: str) -> subprocess.CompletedProcess[bytes]:
        """However long a loaded disk takes for it."""
        return self._engine("cache", "clean", "--json", *options)

    def _engine(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(ENGINE), *arguments],
            cwd=self._project.path,
            env=self._project.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def _make(self, number: int) -> None:
        chance = random.Random(self._seed * 1000 + number)
        for round_number in range(self._rounds):
            wheels = self._wheels[:COMMON] + chance.sample(self._wheels[COMMON:], OWN)
            lock = self._project.path / f"{number}-{round_number}.toml"
            lock.write_text(lock_of(self._folder, wheels))
            options = ["--link-mode", mode] if (mode := chance.choice(self._modes)) else []
            if chance.random() < 0.1:
                options.append("--compile-bytecode")
            names = [wheel.name for wheel in wheels]
            done = self._engine(
                "exec", *options, lock.name, "--", "python", "-c", PROGRAM, str(MODULES), *names
            )
            with self._mutex:
                self._outcome.made += 1
                if done.stdout != f"imported {len(names)}\n".encode():
                    self._outcome.failures.append(f"{lock.name} {options}: {told_by(done)}")

    def _clean(self) -> None:
        turn = 0
        while not self._is_over.is_set():
            done = self.clean(*CLEANINGS[turn % len(CLEANINGS)])
            turn += 1
            if done.returncode != 0:
                self._outcome.failures.append(f"cleaning {turn}: {told_by(done)}")
                continue
            kinds = json.loads(done.stdout)["kinds"]
            self._outcome.cleanings += 1
            self._outcome.environments_removed += kinds["environments"]["removed_items"]
            self._outcome.archives_removed += (
                kinds["packages"]["removed_items"] + kinds["bytecode"]["removed_items"]
            )


def told_by(done: subprocess.CompletedProcess[bytes]) -> str:
    return f"exit {done.returncode}: {(done.stdout + done.stderr).decode()[-800:]}"


def stress_scale() -> tuple[int, int]:
    """Makers and rounds: few, or with FLOWSTONE_STRESS=whole as many as were promised."""
    return (8, 50) if os.environ.get("FLOWSTONE_STRESS") == "whole" else (4, 4)
