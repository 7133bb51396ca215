#!/usr/bin/env python3
"""Runs clang-tidy-16 over every translation unit of ours, and remembers what passed.

In the release preset a unit is a whole module, so that headers are read once per module; findings
are reported at the files it includes. A unit is checked again only when it, a file of ours that it
reaches or the configuration changed. usage: run_clang_tidy.py BUILD_DIR
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-16"
INCLUDE = re.compile(
    rb'^\s*#include "(flowstone/|' + str(ROOT).encode() + rb"/src/)([^\"]+)\"", re.M
)


def include_closure(source: Path, seen: dict[Path, bytes]) -> None:
    """Collects `source` and the files of ours it reaches, with their bytes."""
    if source in seen or not source.exists():
        return
    seen[source] = source.read_bytes()
    for prefix, rest in INCLUDE.findall(seen[source]):
        if prefix == b"flowstone/":
            include_closure(ROOT / "src" / "flowstone" / rest.decode(), seen)
        else:
            include_closure(ROOT / "src" / rest.decode(), seen)


def key_of(source: Path) -> str:
    seen: dict[Path, bytes] = {}
    include_closure(source, seen)
    hasher = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for path in sorted(seen):
        hasher.update(str(path.relative_to(ROOT)).encode() + b"\0" + seen[path])
    return hasher.hexdigest()


def check(source: Path, build: Path) -> tuple[Path, bool, str]:
    # The compile commands are g++'s: clang does not know all of its warnings.
    known = "--extra-arg=-Wno-unknown-warning-option"
    ignored = "--extra-arg=-Wno-ignored-optimization-argument"
    # A unit of the release preset is a generated file that includes sources: meant, there.
    checks = "--checks=-bugprone-suspicious-include"
    command = [TIDY, "-p", str(build), "--quiet", known, ignored, checks, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return source, done.returncode == 0, done.stdout + done.stderr


def main() -> int:
    build = ROOT / sys.argv[1]
    database = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    units = sorted(
        {Path(entry["file"]) for entry in database}, key=lambda unit: -len(unit.read_bytes())
    )
    memory = ROOT / "build" / "tidy-passed"
    memory.mkdir(parents=True, exist_ok=True)
    keys = {unit: key_of(unit) for unit in units}
    todo = [unit for unit, key in keys.items() if not (memory / key).exists()]
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for unit, passed, output in pool.map(lambda unit: check(unit, build), todo):
            if passed:
                (memory / keys[unit]).touch()
            else:
                failed += 1
                print(output)
                print(f"clang-tidy: {unit.relative_to(ROOT)} failed")
    print(f"clang-tidy: {len(todo)} of {len(keys)} units checked, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
