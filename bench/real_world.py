#!/usr/bin/env python3
"""Resolves real sets of requirements through the real index, and compares the answers with uv's.

    build/tools/bin/python bench/real_world.py [--engine PATH] [--variant NAME]... [SET...]
    build/tools/bin/python bench/real_world.py --given SPEC [--constraint FILE] [--for 3.12]

The second form asks for a set that is none of SETS, such as a release of Airflow with the file of
constraints that its project publishes for it; --without NAME leaves out what has no wheel.

The index is the one that pip is configured with (or --index). Every set has a cut-off, so that the
index stands still; both tools use wheels only and the same options. A variant is a way to ask: the
newest versions, the lowest, for all environments at once (see VARIANTS). A line says how many
packages each tool chose and in how many the two differ; for all environments, answers are compared
by what the lock installs on each of some hundred interpreters and platforms. The exit status is 1
when something differs that EXPLAINED does not explain. This asks the network for a few thousand
pages: it is no test, and nothing runs it by itself.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / "bench" / name) for name in ("resolve", "index")]

from index import configured_index  # noqa: E402
from packaging.markers import Marker  # noqa: E402
from real_index import Answer, ask  # noqa: E402
from requirement_sets import SETS as RACED  # noqa: E402
from requirement_sets import RequirementSet  # noqa: E402
from resolvers import ENGINE, PYTHON, UV, Flowstone, Job, Uv, normalized  # noqa: E402

# Differences that are meant, by set, variant and package ("*": all of it).
EXPLAINED: dict[tuple[str, str, str], str] = {
    # airflow needs importlib-metadata only where Python is older than 3.12. uv keeps the version
    # that it decided under that marker when it goes back before importlib-metadata for
    # opentelemetry-api's sake, and ends with an opentelemetry-api of 2023.
    **{
        ("airflow-constrained", variant, "*"): "uv goes back less far than it means to"
        for variant in ("newest", "lowest-direct", "prerelease", "universal")
    },
    # uv decides each extra of apache-airflow apart, with the packages that it pins in between:
    # from the fifth choice on the packages become necessary in another order.
    ("airflow-3", "newest", "*"): "uv decides the extras of a package one after the other",
}

SETS = (
    RACED["jupyter"],
    RACED["ml"],
    RequirementSet("torch", ("torch", "transformers", "datasets")),
    RACED["airflow"],
    # Airflow is installed with a constraints file: of the official one for this release, what its
    # documentation warns of. The rest is left to the resolver.
    RequirementSet(
        "airflow-constrained",
        ("apache-airflow[postgres,celery,cncf-kubernetes,amazon]==2.9.3",),
        cutoff=RACED["airflow"].cutoff,
        overrides=RACED["airflow"].overrides,
        constraints=(
            "sqlalchemy==1.4.52",
            "flask==2.2.5",
            "flask-appbuilder==4.5.0",
            "connexion==2.14.2",
            "werkzeug==2.2.3",
            "pydantic==2.8.2",
            "botocore==1.34.131",
        ),
    ),
    RequirementSet(
        "airflow-3",
        (
            "apache-airflow[amazon,async,celery,cncf-kubernetes,docker,elasticsearch,google,http,"
            "microsoft-azure,postgres,redis,slack,snowflake,ssh,statsd]",
        ),
        python="3.12",
    ),
    RACED["boto3"],
    RequirementSet("dbt", ("dbt-core", "dbt-postgres", "dbt-bigquery")),
    RACED["unsat"],
)

VARIANTS = {
    "newest": {"options": ()},
    "lowest": {"options": ("--resolution", "lowest")},
    "lowest-direct": {"options": ("--resolution", "lowest-direct")},
    "prerelease": {"options": ("--prerelease", "allow")},
    "python3.9": {"python": "3.9"},
    "python3.13": {"python": "3.13"},
    "universal": {"options": ("--universal",)},
}
# Made for one target, or (airflow) minutes of work for uv.
LEFT_OUT = {("airflow", name) for name in VARIANTS if name not in ("newest", "prerelease")} | {
    ("airflow-3", name) for name in VARIANTS if name != "newest"
}

LIMIT_SECONDS = 900


def environments(first_minor: int) -> list[dict[str, str]]:
    """What markers can ask about: CPython of some versions on Linux, macOS and Windows."""
    systems = (
        ("posix", "linux", "Linux", ("x86_64", "aarch64")),
        ("posix", "darwin", "Darwin", ("x86_64", "arm64")),
        ("nt", "win32", "Windows", ("AMD64", "ARM64", "x86")),
    )
    found = []
    for minor in range(first_minor, 16):
        for os_name, sys_platform, platform_system, machines in systems:
            for machine in machines:
                for patch in (0, 7):
                    found.append(
                        {
                            "implementation_name": "cpython",
                            "implementation_version": f"3.{minor}.{patch}",
                            "os_name": os_name,
                            "platform_machine": machine,
                            "platform_python_implementation": "CPython",
                            "platform_release": "",
                            "platform_system": platform_system,
                            "platform_version": "",
                            "python_full_version": f"3.{minor}.{patch}",
                            "python_version": f"3.{minor}",
                            "sys_platform": sys_platform,
                        }
                    )
    return found


def installed(packages: list[dict], environment: dict[str, str] | None) -> dict[str, str]:
    """Name → version of what the lock installs there; without an environment, of all."""
    return {
        normalized(package["name"]): package["version"]
        for package in packages
        if environment is None
        or "marker" not in package
        or Marker(package["marker"]).evaluate(environment)
    }


def different_packages(ours: Answer, theirs: Answer, first_minor: int | None) -> dict[str, str]:
    """The packages in which the answers differ, with the first difference in words."""
    found: dict[str, str] = {}
    for environment in [None] if first_minor is None else environments(first_minor):
        mine, other = (installed(one.packages, environment) for one in (ours, theirs))
        where = ""
        if environment is not None:
            where = " on {python_full_version} {sys_platform} {platform_machine}".format(
                **environment
            )
        for name in mine.keys() | other.keys():
            if mine.get(name) != other.get(name):
                found.setdefault(name, f"flowstone {mine.get(name)}, uv {other.get(name)}{where}")
    return dict(sorted(found.items()))


def differences(
    wanted: RequirementSet, variant: str, ours: Answer, theirs: Answer, first_minor: int | None
) -> list[str]:
    if ours.status != theirs.status:
        lines = []
        for answer, name in ((ours, "flowstone"), (theirs, "uv")):
            message = answer.errors.strip()[-2000:]
            lines.append(f"{name} exits {answer.status}: {message} (not explained)")
        return lines
    lines = []
    for package, words in different_packages(ours, theirs, first_minor).items():
        reason = EXPLAINED.get((wanted.name, variant, package)) or EXPLAINED.get(
            (wanted.name, variant, "*"), "not explained"
        )
        lines.append(f"{package}: {words} ({reason})")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--uv", type=Path, default=UV)
    parser.add_argument("--python", type=Path, default=PYTHON)
    parser.add_argument("--index", help="instead of the one that pip is configured with")
    parser.add_argument("--variant", action="append", choices=sorted(VARIANTS))
    parser.add_argument("--given", action="append", metavar="SPEC", help="one requirement of a set")
    parser.add_argument("--constraint", type=Path, metavar="FILE", help="pins for --given")
    parser.add_argument(
        "--without", action="append", default=[], metavar="NAME", help="a package to leave out"
    )
    parser.add_argument("--cutoff", default="2026-11-01T00:00:00Z", help="of --given")
    parser.add_argument("--for", dest="version", default="", help="Python version of --given")
    parser.add_argument("--verbose", action="store_true", help="print the messages of conflicts")
    parser.add_argument("sets", nargs="*", metavar="SET")
    given = parser.parse_args()
    index = (given.index or configured_index()).rstrip("/") + "/"
    unexplained = 0
    print(f"{'set':<20} {'variant':<14} {'flowstone':>14} {'uv':>14}  differences")
    for wanted in [given_set(given)] if given.given else SETS:
        for variant in given.variant or ["newest"]:
            is_wanted = not given.sets or wanted.name in given.sets
            if not is_wanted or (wanted.name, variant) in LEFT_OUT:
                continue
            asked = replace(wanted, **VARIANTS[variant])
            with tempfile.TemporaryDirectory() as directory:
                ours, theirs = (
                    ask(
                        tool,
                        Job(asked, index, Path(directory) / tool.name, given.python),
                        LIMIT_SECONDS,
                    )
                    for tool in (Flowstone(given.engine.absolute()), Uv(given.uv.absolute()))
                )
            first_minor = int(minor_of(given.python)) if variant == "universal" else None
            lines = differences(wanted, variant, ours, theirs, first_minor)
            unexplained += sum("not explained" in line for line in lines)
            cells = [f"{len(one.packages):>4} {one.seconds:7.1f} s" for one in (ours, theirs)]
            counts = len(lines) or ("none" if ours.status == 0 else "none: no solution")
            print(f"{wanted.name:<20} {variant:<14} {cells[0]:>14} {cells[1]:>14}  {counts}")
            for line in lines:
                print(f"    {line}")
            if given.verbose and ours.status != 0:
                print(ours.errors)
            sys.stdout.flush()
    return 1 if unexplained else 0


def given_set(given: argparse.Namespace) -> RequirementSet:
    """The set that the command line describes; a line of the file is a constraint or a comment."""
    pins: list[str] = []
    if given.constraint:
        lines = given.constraint.read_text(encoding="utf-8").splitlines()
        pins = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return RequirementSet(
        "given",
        tuple(given.given),
        cutoff=given.cutoff,
        constraints=tuple(pins),
        overrides=tuple(f"{name}; python_version < '3'" for name in given.without),
        python=given.version,
    )


def minor_of(python: Path) -> str:
    program = [str(python), "-c", "import sys; print(sys.version_info.minor)"]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
