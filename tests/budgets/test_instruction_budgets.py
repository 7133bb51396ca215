"""How many instructions the hot paths of a resolve take, counted by callgrind.

Counts do not depend on what else the machine does. They do on the compiler and its flags, so they
are checked for the release build only. budgets.json holds what was counted when somebody last
looked; FLOWSTONE_UPDATE_GOLDEN=1 rewrites it. A count that is off by more than the tolerance in
either direction fails: a path that became cheaper gets a smaller budget, so that it stays cheap.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = Path(os.environ.get("FLOWSTONE_TEST_BUILD", ROOT / "build" / "release"))
PROGRAM = BUILD / "bin" / "hot_paths"
TABLE = HERE / "budgets.json"
TOLERANCE = 0.05

PATHS = {
    "parse and sort 3,000 versions": ["versions", HERE / "versions.txt"],
    "parse and evaluate 500 markers": ["markers", HERE / "markers.txt"],
    "parse a page of 2,000 wheels": ["page", "2000"],
    "solve jupyter": ["solve", ROOT / "tests" / "universes" / "jupyter.toml"],
    "solve boto3 with an old urllib3": ["solve", ROOT / "tests" / "universes" / "boto3.toml"],
    "explain why there is no such boto3": ["solve", ROOT / "tests" / "universes" / "unsat.toml"],
}


def is_release_build() -> bool:
    cache = BUILD / "CMakeCache.txt"
    if not cache.exists():
        return False
    text = cache.read_text()
    return (
        "CMAKE_CXX_FLAGS_RELEASE:STRING=-O2\n" in text and "CMAKE_BUILD_TYPE:STRING=Release" in text
    )


def count_instructions(arguments: list[object]) -> int:
    command = [
        *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
        *("--collect-atstart=no", "--toggle-collect=flowstone::Measured*"),
        *(str(PROGRAM), *map(str, arguments)),
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    collected = re.search(r"Collected : (\d+)", run.stderr)
    assert collected, run.stderr
    return int(collected[1])


@pytest.mark.skipif(not is_release_build(), reason=f"{BUILD} is not a release build")
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.parametrize("path", PATHS)
def test_a_hot_path_keeps_its_budget(path: str) -> None:
    counted = count_instructions(PATHS[path])
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    if os.environ.get("FLOWSTONE_UPDATE_GOLDEN"):
        table[path] = counted
        TABLE.write_text(json.dumps(table, indent=2) + "\n")
    budget = table[path]
    assert abs(counted - budget) <= TOLERANCE * budget, (
        f"{path}: {counted:,} instructions, {counted / budget - 1:+.1%} of the budget of "
        f"{budget:,}; if that is meant, run this test with FLOWSTONE_UPDATE_GOLDEN=1"
    )
