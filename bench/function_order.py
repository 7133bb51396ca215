#!/usr/bin/env python3
"""Records which functions the everyday commands call, for the linker to put them side by side.

    build/tools/bin/python bench/function_order.py [--engine PATH]

A command that takes milliseconds pays for each 64 kB of code that it touches. The list that this
writes, cmake/function_order.txt, names the functions (mangled, one a line) that warm commands call
under callgrind: first those that all of them call, then those of several, then of one. Names that
a later engine lacks do no harm; `--share` prints how many of them the engine still has, and changes
nothing. Needs valgrind, the recorded index and the wheels of the set jupyter (bench/README.md).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / "bench" / name) for name in ("macro", "resolve", "index")]

from index import DEFAULT_DIRECTORY  # noqa: E402
from requirement_sets import SETS  # noqa: E402
from resolvers import ENGINE, PYTHON, WORK, Flowstone, Job, clean_environment  # noqa: E402
from scratch import in_memory  # noqa: E402
from site_server import Site  # noqa: E402

LIST = ROOT / "cmake" / "function_order.txt"
WHEELS = WORK / "wheels" / "jupyter"
FLOW = ROOT / "bench" / "macro" / "flows" / "noop.py"
HEADER = """\
# What everyday commands call, as the linker is to place it; written by bench/function_order.py.
"""


def defined_functions(engine: Path) -> set[str]:
    """Mangled names, without what the compiler appends to those of clones."""
    printed = subprocess.run(["nm", str(engine)], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in printed.splitlines())
    return {row[2].split(".")[0] for row in rows if len(row) == 3 and row[1] in "tTwWvV"}


def called_functions(
    engine: Path, arguments: list[str], directory: Path, environment: dict[str, str]
) -> set[str]:
    """The C++ functions that the command and its children call, of the engine and of libraries."""
    for profile in directory.glob("callgrind.*"):
        profile.unlink()
    output = f"--callgrind-out-file={directory}/callgrind.%p"
    command = ["valgrind", "--tool=callgrind", "--trace-children=yes", "--demangle=no", output]
    subprocess.run(
        [*command, str(engine), *arguments],
        cwd=directory,
        env=environment,
        check=True,
        capture_output=True,
    )
    names = set()
    for profile in directory.glob("callgrind.*"):
        text = profile.read_text(errors="replace")
        names |= set(re.findall(r"^c?fn=\(\d+\) (_Z\w+)", text, re.MULTILINE))
    return names


def record(engine: Path, directory: Path, site: str) -> dict[str, set[str]]:
    """Command → the names that it calls when everything it needs is there."""
    job = Job(SETS["jupyter"], site, directory / "job")
    job.directory.mkdir()
    flowstone = Flowstone(engine)
    environment = clean_environment(**flowstone.environment(job))
    environment |= {"FLOWSTONE_BYTECODE": "none", "PYTHONPATH": str(ROOT / "python")}
    lock = flowstone.command(job)[1:]
    offline = ["--no-index", "--find-links", str(WHEELS), "--python", str(PYTHON)]
    made = str(directory / "made.toml")
    flow = directory / "flow.py"
    flow.write_text(FLOW.read_text().replace("FRAMEWORK", "flowstone"))
    commands = {
        "lock": lock,
        "lock from wheels": ["lock", "jupyter", *offline, "-o", made],
        "sync": ["sync", made],
        "sync again": ["sync", made],
        "hard links": ["sync", made, "--link-mode", "hardlink"],
        "show": [str(flow), "show"],
    }
    called = {}
    for name, arguments in commands.items():
        if name != "sync again":
            subprocess.run(
                [str(engine), *arguments],
                cwd=directory,
                env=environment,
                check=True,
                capture_output=True,
            )
        if name in ("sync", "hard links"):  # composed anew, of archives that are unpacked
            shutil.rmtree(job.cache / "v1" / "env")
        called[name] = called_functions(engine, arguments, directory, environment)
    return called


def ordered(called: dict[str, set[str]], defined: set[str]) -> list[str]:
    callers: dict[str, list[str]] = defaultdict(list)
    for command, names in called.items():
        for name in names & defined:
            callers[name].append(command)
    return sorted(callers, key=lambda name: (-len(callers[name]), callers[name], name))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--share", action="store_true", help="only say how many names are known")
    options = parser.parse_args()
    defined = defined_functions(options.engine)
    if options.share:
        names = LIST.read_text().splitlines()[1:]
        print(f"{sum(name in defined for name in names)} of {len(names)} names are in the engine")
        return 0
    with in_memory(WORK) as directory, Site(DEFAULT_DIRECTORY, directory / "nginx") as site:
        called = record(options.engine.absolute(), directory, site.url)
    names = ordered(called, defined)
    LIST.write_text(HEADER + "\n".join(names) + "\n")
    for command, found in called.items():
        print(f"{command}: {len(found & defined)} functions")
    print(f"{len(names)} in {os.path.relpath(LIST)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
