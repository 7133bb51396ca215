"""What an installer made of a wheel, in a form in which the trees of several can be compared.

Left out, because it is each installer's own: INSTALLER, RECORD, REQUESTED, direct_url.json and what
uv notes beside them; bytecode; what makes a directory a virtual environment. Of programs made from
entry points only that they are there counts, and of scripts with a `#!python` line what is behind
that line. Of modes the executable bit counts: Flowstone's files cannot be written to.
"""

from __future__ import annotations

import configparser
import csv
import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from support.installers import TOOLS

OWN_NAMES = {
    *("INSTALLER", "RECORD", "REQUESTED", "direct_url.json"),
    *("uv_cache.json", "uv_build.json"),
}

Tree = Mapping[str, str]  # path → "x" or "-", and the sha256 of the content


def trees_of(environment: Path) -> dict[str, Tree]:
    """The tree of every distribution in a virtual environment, by dist-info directory."""
    (site,) = environment.glob("lib/python*/site-packages")
    return {
        dist_info.name: tree_of(environment, dist_info) for dist_info in site.glob("*.dist-info")
    }


def tree_of(environment: Path, dist_info: Path) -> Tree:
    site = dist_info.parent
    programs = entry_points(dist_info)
    tree = {}
    with (dist_info / "RECORD").open(encoding="utf-8", newline="") as rows:
        for path, *_ in csv.reader(rows):
            file = Path(os.path.normpath(site / path))
            relative = file.relative_to(environment)
            if is_own(relative, dist_info.name):
                continue
            executable = "x" if file.stat().st_mode & 0o111 else "-"
            tree[normalized(relative)] = f"{executable} {content_digest(file, relative, programs)}"
    return tree


def is_own(path: Path, dist_info: str) -> bool:
    return path.suffix == ".pyc" or (path.parent.name == dist_info and path.name in OWN_NAMES)


def normalized(path: Path) -> str:
    """The path without the version of the Python, and headers below the project's plain name."""
    parts = path.parts
    if parts[0] == "lib":
        return str(PurePosixPath("site", *parts[3:]))
    if parts[:2] == ("include", "site"):
        return str(PurePosixPath("include", parts[3].lower().replace("_", "-"), *parts[4:]))
    return str(PurePosixPath(*parts))


def entry_points(dist_info: Path) -> set[str]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    file = dist_info / "entry_points.txt"
    if file.exists():
        parser.read_string(file.read_text(encoding="utf-8"))
    groups = ("console_scripts", "gui_scripts")
    return {name for group in groups if parser.has_section(group) for name in parser[group]}


def content_digest(file: Path, relative: Path, programs: set[str]) -> str:
    if relative.parts[0] != "bin":
        return hashlib.sha256(file.read_bytes()).hexdigest()
    if relative.name in programs:
        return "program"
    return hashlib.sha256(without_start(file.read_bytes())).hexdigest()


def without_start(script: bytes) -> bytes:
    """A script without the lines that find its Python."""
    lines = script.split(b"\n")
    if lines[0] == b"#!/bin/sh" and len(lines) > 2 and lines[1].startswith(b"'''exec'"):
        return b"\n".join(lines[3:])
    if lines[0].startswith(b"#!") and b"python" in lines[0]:
        return b"\n".join(lines[1:])
    return script


def digest_of(tree: Tree) -> str:
    lines = sorted(f"{path} {state}\n" for path, state in tree.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def unlisted_files(environment: Path) -> set[str]:
    """Files in site-packages that no RECORD names."""
    (site,) = environment.glob("lib/python*/site-packages")
    listed = set()
    for record in site.glob("*.dist-info/RECORD"):
        with record.open(encoding="utf-8", newline="") as rows:
            listed |= {os.path.normpath(site / path) for path, *_ in csv.reader(rows)}
    there = {
        f"{directory}/{name}"
        for directory, _, names in os.walk(site, followlinks=True)
        for name in names
    }
    return {os.path.relpath(path, site) for path in there - listed}


def make_venv(python: Path, place: Path) -> Path:
    run([str(TOOLS / "uv"), "venv", "--no-config", "-q", "--python", str(python), str(place)])
    return place


def install_with_uv(wheels: Sequence[Path], python: Path, place: Path) -> Path:
    make_venv(python, place)
    run(
        [
            *(str(TOOLS / "uv"), "pip", "install", "--no-config", "-q", "--no-deps", "--no-index"),
            *("--no-cache", "--python", str(place / "bin" / "python"), *map(str, wheels)),
        ]
    )
    return place


def install_with_pip(wheels: Sequence[Path], python: Path, place: Path) -> Path:
    make_venv(python, place)
    run(
        [
            *(str(TOOLS / "python"), "-m", "pip", "--isolated"),
            *("--python", str(place / "bin" / "python"), "install", "-q", "--no-deps"),
            *("--no-index", "--no-compile", "--no-cache-dir", "--disable-pip-version-check"),
            *map(str, wheels),
        ]
    )
    return place


def lock_of(wheel: Path) -> str:
    """A pylock.toml of this one wheel."""
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return (
        'lock-version = "1.0"\ncreated-by = "test"\n\n[[packages]]\n'
        f'name = "{name.lower().replace("_", "-").replace(".", "-")}"\nversion = "{version}"\n'
        f'wheels = [{{ path = "{wheel}", hashes = {{ sha256 = "{digest}" }} }}]\n'
    )


def run(arguments: Sequence[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
