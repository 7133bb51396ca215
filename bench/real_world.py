#!/usr/bin/env python3
"""Resolves real sets of requirements through the real index, and compares the answers with uv's.

    build/tools/bin/python bench/real_world.py [--engine build/bin/flowstone] [SET...]

The index is the one that pip is configured with. Every set has a cut-off, so that the index stands
still; both tools use wheels only. The table says for each set how many packages each tool chose and
where the two differ. The exit status is 1 when something differs that EXPLAINED does not explain.
This asks the network for a few thousand pages: it is no test, and nothing runs it by itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent
CUT_OFF = "2026-11-01T00:00:00Z"

# Differences that are meant, by set and package.
EXPLAINED: dict[tuple[str, str], str] = {}


@dataclass(frozen=True)
class RealSet:
    name: str
    requirements: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    cut_off: str = CUT_OFF
    solvable: bool = True


SETS = (
    RealSet("jupyter", ("jupyter",)),
    RealSet("ml", ("pandas", "scikit-learn", "xgboost", "lightgbm")),
    RealSet("torch", ("torch", "transformers", "datasets")),
    # Airflow is installed with a constraints file: of the official one for this release, what its
    # documentation warns of. The rest is left to the resolver.
    RealSet(
        "airflow",
        ("apache-airflow[postgres,celery,cncf-kubernetes,amazon]==2.9.3",),
        constraints=(
            "sqlalchemy==1.4.52",
            "flask==2.2.5",
            "flask-appbuilder==4.5.0",
            "connexion==2.14.2",
            "werkzeug==2.2.3",
            "pydantic==2.8.2",
            "botocore==1.34.131",
        ),
        cut_off="2024-08-08T00:00:00Z",
    ),
    RealSet("boto3", ("boto3", "botocore", "urllib3<1.25.4")),
    RealSet("dbt", ("dbt-core", "dbt-postgres", "dbt-bigquery")),
    RealSet("impossible", ("boto3>=1.34", "urllib3<1.25.4"), solvable=False),
)


@dataclass
class Answer:
    status: int
    seconds: float
    errors: str
    versions: dict[str, str] = field(default_factory=dict)


class Tool:
    """A command line that writes a pylock.toml, with an empty cache of its own."""

    def __init__(self, name: str, command: list[str], variables: dict[str, str]) -> None:
        self.name = name
        self._command = command
        self._variables = variables

    def resolve(self, wanted: RealSet, directory: Path, python: str) -> Answer:
        constraints = directory / "constraints.txt"
        constraints.write_text("\n".join(wanted.constraints) + "\n")
        requirements = directory / "requirements.in"
        requirements.write_text("\n".join(wanted.requirements) + "\n")
        answer = directory / f"pylock.{self.name}.toml"
        places = {
            "REQUIREMENTS": str(requirements),
            "CONSTRAINTS": str(constraints),
            "CUT_OFF": wanted.cut_off,
            "PYTHON": python,
            "ANSWER": str(answer),
        }
        # A directory of wheels that pip is configured with would be asked by one tool only.
        inherited = {key: value for key, value in os.environ.items() if key != "PIP_FIND_LINKS"}
        if "PIP_CERT" in inherited:  # uv has another name for it
            inherited.setdefault("SSL_CERT_FILE", inherited["PIP_CERT"])
        began = time.monotonic()
        done = subprocess.run(
            [places.get(word, word) for word in self._command],
            env={**inherited, **{k: v.format(directory) for k, v in self._variables.items()}},
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        versions = versions_of(answer) if done.returncode == 0 else {}
        return Answer(done.returncode, seconds, done.stderr, versions)


def versions_of(lock: Path) -> dict[str, str]:
    packages = tomllib.loads(lock.read_text())["packages"]
    return {package["name"]: package["version"] for package in packages}


def tools(engine: Path, uv: Path) -> tuple[Tool, Tool]:
    options = ["-c", "CONSTRAINTS", "--exclude-newer", "CUT_OFF", "--python", "PYTHON"]
    ours = [str(engine), "lock", "-r", "REQUIREMENTS", *options, "-o", "ANSWER"]
    theirs = [
        *(str(uv), "pip", "compile", "REQUIREMENTS", *options, "--only-binary", ":all:"),
        *("--no-config", "--quiet", "--format", "pylock.toml", "-o", "ANSWER"),
    ]
    return (
        Tool("flowstone", ours, {"FLOWSTONE_HOME": "{}/flowstone"}),
        Tool("uv", theirs, {"UV_CACHE_DIR": "{}/uv"}),
    )


def differences(wanted: RealSet, ours: Answer, theirs: Answer) -> list[str]:
    """One line for each package in which the answers differ."""
    if not wanted.solvable:
        return (
            []
            if ours.status == theirs.status == 1
            else [f"flowstone exits {ours.status}, uv {theirs.status}"]
        )
    lines = []
    for answer, name in ((ours, "flowstone"), (theirs, "uv")):
        if answer.status != 0:
            lines.append(f"{name} exits {answer.status}: {answer.errors.strip()[-2000:]}")
    if lines:
        return lines
    for package in sorted(ours.versions.keys() | theirs.versions.keys()):
        mine = ours.versions.get(package, "absent")
        other = theirs.versions.get(package, "absent")
        if mine != other:
            reason = EXPLAINED.get((wanted.name, package), "not explained")
            lines.append(f"{package}: flowstone {mine}, uv {other} ({reason})")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", type=Path, default=ROOT / "build" / "bin" / "flowstone")
    parser.add_argument("--uv", type=Path, default=ROOT / "build" / "tools" / "bin" / "uv")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--verbose", action="store_true", help="print the messages of conflicts")
    parser.add_argument("sets", nargs="*", metavar="SET")
    given = parser.parse_args()
    unexplained = 0
    print(f"{'set':<12} {'flowstone':>14} {'uv':>14}  differences")
    for wanted in SETS:
        if given.sets and wanted.name not in given.sets:
            continue
        with tempfile.TemporaryDirectory() as directory:
            pair = tools(given.engine.absolute(), given.uv.absolute())
            ours, theirs = (tool.resolve(wanted, Path(directory), given.python) for tool in pair)
        lines = differences(wanted, ours, theirs)
        unexplained += sum("not explained" in line or " exits " in line for line in lines)
        cells = [f"{len(one.versions):>4} {one.seconds:7.1f} s" for one in (ours, theirs)]
        print(f"{wanted.name:<12} {cells[0]:>14} {cells[1]:>14}  {len(lines) or 'none'}")
        for line in lines:
            print(f"    {line}")
        if given.verbose and not wanted.solvable:
            print(ours.errors)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
