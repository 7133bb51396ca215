#!/usr/bin/env python3
"""Races the first import of packages in an environment that was just made, beside uv's.

    build/tools/bin/python bench/first_import.py [--rounds N] [--import MODULES] [REQUIREMENT...]

The requirements (pandas and scikit-learn) are locked once, from the index that pip is configured
with. Before each round both tools make the environment anew from that lock, out of their caches:
Flowstone with --compile-bytecode, uv as it does by itself. Only the import is timed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / "bench" / name) for name in ("macro", "resolve", "index")]

from index import configured_index  # noqa: E402
from measure import HEADER, Contestant, Race  # noqa: E402
from resolvers import ENGINE, PYTHON, UV  # noqa: E402


def shell(*steps: list[str]) -> list[str]:
    return ["sh", "-ec", "\n".join(shlex.join(step) for step in steps)]


def contestants(scratch: Path, modules: str) -> list[Contestant]:
    environment = {
        **os.environ,
        "FLOWSTONE_HOME": str(scratch / "home"),
        "FLOWSTONE_BYTECODE": "none",  # but for what is asked for
        "UV_CACHE_DIR": str(scratch / "uv-cache"),
        "UV_NO_CONFIG": "1",
    }
    sync = shlex.join(
        [str(ENGINE), "sync", "--python", str(PYTHON), "--compile-bytecode", "pylock.toml"]
    )
    make_ours = f"rm -rf home/v1/env ours\nln -s $({sync} | head -n 1) ours"
    make_theirs = shell(
        ["rm", "-rf", "theirs"],
        [str(UV), "venv", "-q", "--python", str(PYTHON), "theirs"],
        [str(UV), "pip", "install", "-q", "--python", "theirs/bin/python", "-r", "pylock.toml"],
    )
    return [
        Contestant(
            name=name,
            command=[f"{place}/bin/python", "-c", f"import {modules}"],
            directory=scratch,
            environment=environment,
            prepare=prepare,
        )
        for name, place, prepare in (
            ("flowstone", "ours", ["sh", "-ec", make_ours]),
            ("uv", "theirs", make_theirs),
        )
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("requirements", nargs="*", default=["pandas", "scikit-learn"])
    parser.add_argument("--import", dest="modules", default="pandas, sklearn")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        subprocess.run(
            [
                *(str(ENGINE), "lock", *options.requirements, "--python", str(PYTHON)),
                *("--index-url", configured_index(), "-o", str(scratch / "pylock.toml")),
            ],
            env={**os.environ, "FLOWSTONE_HOME": str(scratch / "home")},
            check=True,
        )
        race = Race(
            f"first import {options.modules}", contestants(scratch, options.modules), options.rounds
        )
        race.run()
        print(HEADER)
        print("\n".join(race.rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
