#!/usr/bin/env python3
"""Compares locks for all environments with uv's, on random small universes.

    python tools/compare_universal.py UV ENGINE [--count 40] [--seed 1] [--keep DIRECTORY]

Each universe is a directory of wheels and a pyproject.toml. `UV lock` and `ENGINE lock --universal`
resolve it for CPython on Linux, macOS and Windows; then both locks are asked what each of a grid of
targets would get, by the selection rules of `packaging`. Our lock is judged by the checker of the
tests on the same targets. Prints one line for everything that is not alike.

Where requirements conflict, several answers may be right, and the two may choose differently:
after dividing the environments uv goes on with what it had decided, and we begin the part anew. So
other versions are told and are no fault; a lock that is wrong, or a solution that only one of the
two finds, is one: exit status 1. `--keep` leaves the universes that are not alike in a directory.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomllib
from packaging.pylock import Pylock, PylockSelectError
from packaging.tags import compatible_tags, cpython_tags
from record_universal import project_text, publish

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.lock_checker import Asked, Target, WheelDirectory, findings  # noqa: E402

REQUIRES_PYTHON = ">=3.11"
EVERYWHERE = (
    "implementation_name == 'cpython' and "
    "(sys_platform == 'linux' or sys_platform == 'darwin' or sys_platform == 'win32')"
)
MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform != 'win32'",
    "sys_platform == 'darwin'",
    "os_name == 'nt'",
    "platform_machine == 'x86_64'",
    "python_version >= '3.12'",
    "python_version < '3.13'",
    "python_full_version < '3.12'",
    "python_version == '3.12' and sys_platform != 'darwin'",
)
RANGES = ("", "", ">=2", "<3", "!=3", "<=2", "==2", ">=1,<4")
PROJECTS = 7
VERSIONS = 4


class Universe:
    """A scenario (tests/scenarios/README.md) made of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        names = [f"p{number}" for number in range(PROJECTS)]
        packages: dict[str, Any] = {}
        for at, name in enumerate(names):
            # Cycles are rare in real indexes and allowed here one time in ten.
            others = names[at + 1 :] or names[:1]
            versions = {
                f"{version}.0": self._release(name, others) for version in range(1, VERSIONS + 1)
            }
            packages[name] = {"versions": versions}
        requires = [self._requirement(names, None) for _ in range(self._random.randint(1, 3))]
        if self._random.random() < 0.4:  # what divides the environments from the start
            marker = self._random.choice(MARKERS[:4])
            split = self._random.choice(names)
            requires += [f"{split}<=2 ; {marker}", f"{split}>=2 ; {self._not(marker)}"]
        self.scenario: dict[str, Any] = {
            "root": {"requires": requires},
            "packages": packages,
            "resolver_options": {"environments": [EVERYWHERE]},
        }
        if self._random.random() < 0.3:
            self.scenario["resolver_options"]["fork_strategy"] = "fewest"

    @staticmethod
    def _not(marker: str) -> str:
        pairs = [("==", "!="), ("!=", "=="), (">=", "<"), ("<", ">=")]
        for operator, opposite in pairs:
            if operator in marker:
                return marker.replace(operator, opposite)
        raise AssertionError(marker)

    def _requirement(self, names: list[str], asker: str | None) -> str:
        name = self._random.choice([name for name in names if name != asker] or names)
        extra = "[x]" if self._random.random() < 0.15 else ""
        marker = f" ; {self._random.choice(MARKERS)}" if self._random.random() < 0.4 else ""
        return f"{name}{extra}{self._random.choice(RANGES)}{marker}"

    def _release(self, name: str, others: list[str]) -> dict[str, Any]:
        release: dict[str, Any] = {"sdist": False}
        count = self._random.choice((0, 0, 1, 1, 2))
        pool = [*others, name] if self._random.random() < 0.1 else others
        release["requires"] = [self._requirement(pool, name) for _ in range(count)]
        release["extras"] = {"x": []}
        if self._random.random() < 0.4 and others:
            release["extras"]["x"].append(self._requirement(others, name))
        if self._random.random() < 0.15:
            release["requires_python"] = self._random.choice((">=3.12", ">=3.13", ">=3.11"))
        return release


def grid() -> Iterator[Target]:
    platforms = {
        ("linux", "Linux", "posix", "x86_64"): ["manylinux_2_28_x86_64"],
        ("linux", "Linux", "posix", "aarch64"): ["manylinux_2_28_aarch64"],
        ("darwin", "Darwin", "posix", "arm64"): ["macosx_14_0_arm64"],
        ("win32", "Windows", "nt", "AMD64"): ["win_amd64"],
    }
    for minor in (11, 12, 13):
        tag = f"cp3{minor}"
        for (sys_platform, system, os_name, machine), tags in platforms.items():
            full = f"3.{minor}.1"
            yield Target(
                {
                    "implementation_name": "cpython",
                    "implementation_version": full,
                    "os_name": os_name,
                    "platform_machine": machine,
                    "platform_python_implementation": "CPython",
                    "platform_release": "",
                    "platform_system": system,
                    "platform_version": "",
                    "python_full_version": full,
                    "python_version": f"3.{minor}",
                    "sys_platform": sys_platform,
                },
                (*cpython_tags((3, minor), [tag], tags), *compatible_tags((3, minor), tag, tags)),
            )


def describe(target: Target) -> str:
    environment = target.environment
    names = ("python_version", "sys_platform", "platform_machine")
    return " ".join(environment[name] for name in names)


def selected(text: str, target: Target) -> dict[str, str] | str:
    """Name and version of what a target gets, or why it gets nothing."""
    lock = Pylock.from_dict(tomllib.loads(text))
    try:
        chosen = lock.select(environment=target.environment, tags=target.tags)  # type: ignore[arg-type]
        return {package.name: str(package.version) for package, _ in chosen}
    except PylockSelectError as error:
        return str(error)


def ask_uv(uv: str, project: Path, files: Path) -> str | None:
    common = ["--project", str(project), "--no-index", "--find-links", str(files)]
    common += ["--cache-dir", str(project.parent / "cache"), "--no-progress", "--offline"]
    run = subprocess.run([uv, "lock", *common], capture_output=True, text=True)
    if run.returncode == 1:
        return None
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    export = [uv, "export", "--format", "pylock.toml", "--no-emit-project", "--frozen", *common]
    return subprocess.run(export, capture_output=True, text=True, check=True).stdout


def ask_us(engine: str, project: Path, files: Path) -> str | None:
    command = [engine, "lock", "--universal", "-r", str(project / "pyproject.toml")]
    command += ["--no-index", "--find-links", str(files), "-o", "-"]
    home = str(project.parent / "home")
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "FLOWSTONE_HOME": home}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if run.returncode == 1:
        return None
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    return run.stdout


def faults_and_differences(
    uv: str, engine: str, universe: Universe, place: Path
) -> tuple[list[str], list[str]]:
    """What is wrong, and what is only different."""
    files, project = place / "files", place / "project"
    files.mkdir()
    project.mkdir()
    publish(universe.scenario, files)
    (project / "pyproject.toml").write_text(project_text(universe.scenario, REQUIRES_PYTHON))
    theirs, ours = ask_uv(uv, project, files), ask_us(engine, project, files)
    if ours is None:
        return ([] if theirs is None else ["uv alone finds a solution"]), []
    asked = Asked(universe.scenario["root"]["requires"])
    targets = list(grid())
    faults = findings(ours, WheelDirectory(files), asked, targets)
    if theirs is None:
        return [*faults, "we alone find a solution"], []
    different = []
    for target in targets:
        their, our = selected(theirs, target), selected(ours, target)
        if their != our:
            different.append(f"{describe(target)}: uv {their}, we {our}")
    return faults, different


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("uv")
    parser.add_argument("engine")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    wrong = different = 0
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        with tempfile.TemporaryDirectory() as place:
            faults, differences = faults_and_differences(
                arguments.uv, arguments.engine, Universe(seed), Path(place)
            )
            if (faults or differences) and arguments.keep:
                shutil.copytree(place, arguments.keep / str(seed), dirs_exist_ok=True)
        wrong += bool(faults)
        different += bool(differences)
        for line in faults:
            print(f"seed {seed}: WRONG: {line}")
        for line in differences:
            print(f"seed {seed}: {line}")
    print(f"{arguments.count} universes: {wrong} wrong, {different} with other versions than uv's")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
