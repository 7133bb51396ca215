#!/usr/bin/env python3
"""Compares what Flowstone, pip and uv install from the same wheels, file by file.

    build/tools/bin/python bench/installed_trees.py [--record FILE] DIRECTORY

DIRECTORY holds wheels, such as `pip download --no-deps` makes of a list of projects. Each is
installed by the three; a line says what differs, and the exit status is 1 when something does. What
is left out is said in tests/support/installed_trees.py. `--record` writes a row for each wheel on
which all three agree: its file name, sha256 and size, and the digest of its tree;
tests/functional/test_installed_trees.py compares with some of them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(1, str(ROOT / "tests"))

from support.installed_trees import (  # noqa: E402
    Tree,
    digest_of,
    install_with_pip,
    install_with_uv,
    lock_of,
    trees_of,
    unlisted_files,
)
from support.project import BUILD_PYTHON, ENGINE  # noqa: E402


def install_with_flowstone(wheel: Path, home: Path) -> tuple[Path | None, str]:
    """The environment and what was said; none when the wheel was refused."""
    lock = home / "pylock.toml"
    lock.write_text(lock_of(wheel))
    done = subprocess.run(
        [str(ENGINE), "sync", "--python", str(BUILD_PYTHON), str(lock)],
        env={**os.environ, "FLOWSTONE_HOME": str(home / "cache"), "FLOWSTONE_BYTECODE": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (Path(done.stdout.splitlines()[0]) if done.returncode == 0 else None, done.stderr)


# Differences that are meant, by project.
EXPLAINED = {
    # pip and uv name a program after the Python that pip is installed for, whatever its entry
    # points say. Archives belong to no Python.
    "pip": "no pip3.11",
}


def differences(ours: Tree, theirs: Tree) -> list[str]:
    return [
        f"{path}: {ours.get(path, 'absent')} here, {theirs.get(path, 'absent')} there"
        for path in sorted({*ours, *theirs})
        if ours.get(path) != theirs.get(path)
    ]


def compare(wheels: list[Path], scratch: Path) -> tuple[list[tuple[Path, str]], list[Path]]:
    """The wheels that all agree on, with the digests of their trees, and those on which they differ
    without a reason. Prints all that are not installed alike.
    """
    others = {}
    for name, install in (("pip", install_with_pip), ("uv", install_with_uv)):
        environment = install(wheels, BUILD_PYTHON, scratch / name)
        others[name] = trees_of(environment)
    agreed, wrong = [], []
    for wheel in wheels:
        environment, said = install_with_flowstone(wheel, scratch)
        if environment is None:
            print(f"{wheel.name}: refused\n{said}")
            wrong.append(wheel)
            continue
        ((dist_info, tree),) = trees_of(environment).items()
        found = [
            f"{name}: {line}"
            for name in others
            for line in differences(tree, others[name][dist_info])
        ]
        found += [f"not in RECORD: {path}" for path in unlisted_files(environment)]
        if found and wheel.name.split("-")[0] in EXPLAINED:
            print(f"{wheel.name}: {EXPLAINED[wheel.name.split('-')[0]]}, which is meant")
        elif found:
            wrong.append(wheel)
            print(f"{wheel.name}: {len(found)} differences, such as\n  " + "\n  ".join(found[:5]))
        else:
            agreed.append((wheel, digest_of(tree)))
        for warning in (line for line in said.splitlines() if line.startswith("warning")):
            print(f"{wheel.name}: {warning}")
    return agreed, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    wheels = sorted(path.resolve() for path in arguments.directory.glob("*.whl"))
    with tempfile.TemporaryDirectory() as scratch:
        agreed, wrong = compare(wheels, Path(scratch))
        print(f"{len(agreed)} of {len(wheels)} wheels are installed alike by flowstone, pip and uv")
        if arguments.record:
            rows = [
                "\t".join(
                    (
                        wheel.name,
                        hashlib.sha256(wheel.read_bytes()).hexdigest(),
                        str(wheel.stat().st_size),
                        digest,
                    )
                )
                for wheel, digest in agreed
            ]
            arguments.record.write_text("\n".join(rows) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
