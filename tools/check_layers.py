#!/usr/bin/env python3
"""Gate: every include goes down the layer table, and no banned call is made.

The layers are those of ARCHITECTURE.md. A module may include itself, lower layers, and the same-
layer modules that SAME_LAYER_EDGES lists. Exit status 1 and one line per finding when something
is wrong.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "flowstone"

LAYERS: list[set[str]] = [
    {"base"},
    {"os", "net", "archive"},
    {"pypi", "conda", "solve", "lock", "flow", "project"},
    {"index", "resolve", "store", "install", "build", "bundle", "exec"},
    {"app"},
    {"cli", "rpc"},
]

SAME_LAYER_EDGES: dict[str, set[str]] = {
    "net": {"os", "archive"},  # the clock, the variables that name proxies; compressed bodies
    "lock": {"pypi"},  # names, versions and markers of a lock are values, not strings
    "project": {"pypi", "lock"},  # what people write is values; other tools' locks become ours
    "resolve": {"index"},  # candidates come from indexes
    "install": {"index"},  # wheels come from the indexes that named them
    "build": {"index", "install"},  # wheels that are built are read and kept like others
    "bundle": {"store"},  # a code package is stored objects
    "exec": {"store"},  # artifacts of tasks go to the datastore
    "cli": {"rpc"},  # `flowstone rpc` is a command
}

TESTS_MAY_INCLUDE = {"testing"}


class Ban(NamedTuple):
    pattern: re.Pattern[str]
    allowed: set[str]
    reason: str


BANS = [
    Ban(re.compile(r"\bstd::[io]?fstream\b"), set(), "streams hide errors: use os::FileSystem"),
    Ban(re.compile(r"\bstd::filesystem\b"), {"os"}, "the disk enters through os::FileSystem"),
    Ban(re.compile(r"\bgetenv\s*\("), {"os"}, "variables enter through os::Environment"),
    Ban(re.compile(r"(?<![\w:.>])system\s*\("), set(), "no shell: use os::ProcessRunner"),
    Ban(re.compile(r"\bstd::(cout|cerr|clog)\b"), {"cli"}, "only the command line prints"),
    Ban(re.compile(r"_clock::now\b"), {"os"}, "time enters through os::Clock"),
    Ban(re.compile(r"\bs?rand\s*\("), set(), "randomness needs a seeded generator"),
]

INCLUDE = re.compile(r'^\s*#include\s+"flowstone/(\w+)/')
COMMENT = re.compile(r"//.*$")


def layer_of(module: str) -> int:
    for number, modules in enumerate(LAYERS):
        if module in modules:
            return number
    raise SystemExit(f"check_layers: module '{module}' is in no layer: add it to LAYERS")


def findings(path: Path) -> Iterator[str]:
    module = path.relative_to(SOURCES).parts[0]
    if module == "testing":
        return
    is_test = path.stem.endswith(("_test", "_bench")) or "testing" in path.parts
    where = path.relative_to(ROOT)
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := INCLUDE.match(raw):
            target = match.group(1)
            if target == "testing":
                if not is_test and not path.stem.startswith(("fake_", "recording_")):
                    yield f"{where}:{number}: only tests may include flowstone/testing"
                continue
            if target == module or layer_of(target) < layer_of(module):
                continue
            if layer_of(target) == layer_of(module) and target in SAME_LAYER_EDGES.get(
                module, set()
            ):
                continue
            yield (
                f"{where}:{number}: {module} (layer {layer_of(module)}) must not include "
                f"{target} (layer {layer_of(target)})"
            )
            continue
        if is_test:
            continue
        line = COMMENT.sub("", raw)
        for ban in BANS:
            if module not in ban.allowed and ban.pattern.search(line):
                yield f"{where}:{number}: banned: {ban.pattern.pattern} ({ban.reason})"


def undocumented_modules() -> Iterator[str]:
    page = ROOT / "ARCHITECTURE.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for folder in sorted(p for p in SOURCES.iterdir() if p.is_dir()):
        if f"`{folder.name}`" not in text:
            yield f"ARCHITECTURE.md: names no module `{folder.name}`"


def main() -> int:
    wrong = [
        line
        for pattern in ("*.h", "*.cc")
        for path in sorted(SOURCES.rglob(pattern))
        for line in findings(path)
    ]
    wrong += undocumented_modules()
    for line in wrong:
        print(line)
    print(f"check_layers: {len(wrong)} finding(s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
