#!/usr/bin/env python3
"""Runs clang-tidy-16 over every source of ours, two at a time, and remembers what passed.

A file is checked again only when it, a header of ours or the configuration changed: the key of the memory
is the digest of the preprocessed inputs we own. usage: run_clang_tidy.py BUILD_DIR
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-16"


def include_closure(source: Path, seen: dict[Path, bytes]) -> None:
    """Collects `source` and the headers of ours it reaches, with their bytes."""
    if source in seen or not source.exists():
        return
    seen[source] = source.read_bytes()
    for line in seen[source].splitlines():
        if line.startswith(b'#include "flowstone/'):
            include_closure(ROOT / "src" / line.split(b'"')[1].decode(), seen)


def key_of(source: Path) -> str:
    seen: dict[Path, bytes] = {}
    include_closure(source, seen)
    hasher = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for path in sorted(seen):
        hasher.update(str(path.relative_to(ROOT)).encode() + b"\0" + seen[path])
    return hasher.hexdigest()


def check(source: Path, build: Path) -> tuple[Path, bool, str]:
    done = subprocess.run(
        [TIDY, "-p", str(build), "--quiet", str(source)], capture_output=True, text=True, check=False
    )
    return source, done.returncode == 0, done.stdout


def main() -> int:
    build = ROOT / sys.argv[1]
    database = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    sources = sorted({Path(entry["file"]) for entry in database})
    memory = ROOT / "build" / "tidy-passed"
    memory.mkdir(parents=True, exist_ok=True)
    keys = {source: key_of(source) for source in sources if source.is_relative_to(ROOT / "src")}
    todo = [source for source, key in keys.items() if not (memory / key).exists()]
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, passed, output in pool.map(lambda source: check(source, build), todo):
            if passed:
                (memory / keys[source]).touch()
            else:
                failed += 1
                print(output)
                print(f"clang-tidy: {source.relative_to(ROOT)} failed")
    print(f"clang-tidy: {len(todo)} of {len(keys)} files checked, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
