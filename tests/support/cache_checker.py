"""The invariants of the cache, checked from outside by what is documented (docs/formats)."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from support.archive_plans import FIRST_LINE, read_plan


@dataclass(frozen=True)
class Checked:
    """What a check found wrong, one sentence each, and how much it looked at."""

    findings: list[str]
    environments: int
    archives: int


def disk_usage(root: Path) -> int:
    """What `du` says of a directory, in bytes: each inode once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for path in (root, *everything_below(root)):
        info = path.lstat()
        if (info.st_dev, info.st_ino) not in seen:
            seen.add((info.st_dev, info.st_ino))
            total += info.st_blocks * 512
    return total


def everything_below(root: Path) -> Iterator[Path]:
    for directory, folders, files in os.walk(root):
        for name in (*folders, *files):
            yield Path(directory, name)


def archive_place(version: Path, wheel: str, bytecode: str | None) -> Path:
    base = version / "pyc" / bytecode if bytecode else version / "arc"
    return base / wheel[:2] / wheel


def check_cache(home: Path, *, at_rest: bool = True) -> Checked:
    """Everything in the cache is whole. `at_rest`: and nobody left anything half made."""
    version = home / "v1"
    findings: list[str] = []
    environments = sorted((version / "env").glob("*"))
    for directory in environments:
        findings += check_environment(version, directory)
    archives = sorted([*version.glob("arc/*/*"), *version.glob("pyc/*/*/*")])
    for directory in archives:
        findings += check_archive(directory)
    if at_rest:
        for name in ("tmp", "claim", "part", "bad"):
            findings += [f"{path} was left behind" for path in sorted((version / name).glob("*"))]
    return Checked(findings, len(environments), len(archives))


def check_environment(version: Path, directory: Path) -> Iterator[str]:
    try:
        record = json.loads((directory / "flowstone-environment.json").read_text())
    except (OSError, ValueError) as error:
        yield f"{directory} has no readable record: {error}"
        return
    if directory.name.split(".")[0] != record["id"]:
        yield f"the record of {directory} is of {record['id']}"
    for package in record["packages"]:
        place = archive_place(version, package["wheel"], package.get("bytecode"))
        if not (place / "plan").is_file():
            yield f"{directory} is made of {package['name']}, whose archive {place} is not there"
    for path in everything_below(directory):
        if path.is_symlink() and not path.exists():
            yield f"{path} leads to {path.readlink()}, which is not there"
    if not (directory / "bin" / "python").exists():
        yield f"{directory} has no Python"


def check_archive(directory: Path) -> Iterator[str]:
    try:
        first, _, body = (directory / "plan").read_bytes().partition(b"\n")
    except OSError as error:
        yield f"{directory} has no readable plan: {error}"
        return
    if first.decode() != FIRST_LINE + hashlib.sha256(body).hexdigest():
        yield f"the plan of {directory} is damaged"
        return
    plan = read_plan(body)
    if plan.wheel != directory.name:
        yield f"the plan of {directory} is of {plan.wheel}"
    expected = {Path("plan")}
    for file in plan.files:
        expected.add(file.path)
        yield from check_file(directory / file.path, file.size, file.sha256)
    for path in everything_below(directory):
        inside = path.relative_to(directory)
        if path.is_file() and inside not in expected and "__pycache__" not in inside.parts:
            yield f"{path} is not in the plan"


def check_file(path: Path, size: int, digest: str) -> Iterator[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        yield f"{path} cannot be read: {error}"
        return
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        yield f"{path} is not what the plan says"
    if path.stat().st_mode & 0o222:
        yield f"{path} may be written to"
