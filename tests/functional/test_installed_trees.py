"""What is installed from a wheel is what pip and uv install."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from support.installed_trees import (
    Tree,
    digest_of,
    install_with_pip,
    install_with_uv,
    lock_of,
    trees_of,
    unlisted_files,
)
from support.installers import TOOLS
from support.project import BUILD_PYTHON, ROOT, Project
from support.wheels import Wheel

# Rows of file name, sha256, size and tree digest, made by bench/installed_trees.py: pip, uv and
# Flowstone agreed on them. The smallest that fit every Python are installed again.
CENSUS = ROOT / "tests" / "censuses" / "installed_trees.tsv"
KEPT = ROOT / "build" / "census"
WHEELS_OF_CENSUS = 60

WHEELS = {
    "schemes": Wheel(
        "many-schemes",
        "1.0",
        files={
            "many_schemes/__init__.py": b"def main():\n    print('hello')\n",
            "many_schemes/run.sh": b"#!/bin/sh\necho\n",
            "many_schemes/data/\u00e9.txt": "été".encode(),
            "many_schemes-1.0.data/purelib/more.py": b"x = 1\n",
            "many_schemes-1.0.data/platlib/still/more.py": b"y = 1\n",
            "many_schemes-1.0.data/scripts/tool": b"#!python\nprint('tool')\n",
            "many_schemes-1.0.data/scripts/shell.sh": b"#!/bin/sh\necho\n",
            "many_schemes-1.0.data/headers/many.h": b"int x;\n",
            "many_schemes-1.0.data/data/share/many/data.txt": b"text",
            "many_schemes-1.0.data/data/etc/many.conf": b"on",
        },
        entry_points="[console_scripts]\nmany = many_schemes:main\n"
        "[gui_scripts]\nmany-gui = many_schemes:main\n",
    ),
    "namespace": Wheel(
        "name-space", "2.0", files={"shared/part/one.py": b"", "shared/py.typed": b""}
    ),
    "odd names": Wheel(
        "odd-names",
        "3.0",
        files={
            "odd_names/with space.txt": b"x",
            "odd_names/com,ma.txt": b"y",
            'odd_names/quo"te.txt': b"z",
            "odd_names/link": b"target",
            "odd_names/empty.py": b"",
            "odd_names/nested/__pycache__.txt": b"w",
        },
    ),
    "local version": Wheel("local-version", "1.0+cpu.1", files={"local_version.py": b"1\n"}),
}


def installed_by_flowstone(project: Project, wheel: Path) -> Tree:
    project.write("pylock.toml", lock_of(wheel))
    done = project.engine("sync", "--python", str(BUILD_PYTHON), "pylock.toml")
    assert done.status == 0, done
    environment = Path(done.output.splitlines()[0])
    assert unlisted_files(environment) == set()
    ((_, tree),) = trees_of(environment).items()
    return tree


@pytest.mark.parametrize("name", WHEELS)
def test_a_wheel_gives_the_tree_that_pip_and_uv_make(
    project: Project, tmp_path: Path, name: str
) -> None:
    wheel = tmp_path / WHEELS[name].filename
    wheel.write_bytes(WHEELS[name].bytes())
    ours = installed_by_flowstone(project, wheel)
    for install in (install_with_pip, install_with_uv):
        ((_, theirs),) = trees_of(
            install([wheel], BUILD_PYTHON, tmp_path / install.__name__)
        ).items()
        assert ours == theirs, install.__name__


def fetch_census(rows: list[list[str]]) -> list[list[str]]:
    """The rows whose wheels are there, after asking the index that pip is configured with."""
    KEPT.mkdir(parents=True, exist_ok=True)
    missing = [row[0] for row in rows if not (KEPT / row[0]).exists()]
    if missing:
        subprocess.run(
            [
                *(str(TOOLS / "python"), "-m", "pip", "download", "-q", "--no-deps"),
                *("--retries", "0", "--timeout", "10", "--only-binary", ":all:"),
                *("--disable-pip-version-check", "-d", str(KEPT)),
                *("{}=={}".format(*name.split("-")[:2]) for name in missing),
            ],
            capture_output=True,
            check=False,
        )
    return [row for row in rows if (KEPT / row[0]).exists()]


def test_wheels_of_the_census_give_the_trees_that_were_recorded(project: Project) -> None:
    rows = [row.split("\t") for row in CENSUS.read_text().splitlines()]
    pure = [row for row in rows if row[0].endswith("-py3-none-any.whl")]
    fetched = fetch_census(sorted(pure, key=lambda row: int(row[2]))[:WHEELS_OF_CENSUS])
    if not fetched:
        pytest.skip("no index can be reached")
    wrong = []
    for file_name, sha256, _, digest in fetched:
        wheel = KEPT / file_name
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == sha256
        if digest_of(installed_by_flowstone(project, wheel)) != digest:
            wrong.append(file_name)
    assert wrong == []
