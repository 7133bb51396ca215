"""`make bench`, resolving: flowstone beside uv and pip on a recorded index, cold and warm.

    python bench/resolve/run.py [SET…] [--rounds N] [--engine PATH] [--record]

Every tool gets the same loopback index, cut-off and interpreter, and wheels only; caches lie in
memory (tmpfs) where there is one, or with --ext4 on a fresh loop-mounted ext4. The tools take
turns; on a machine that does other work, which the first line tells, CPU time and ratios are what
counts. After each round the answers are compared: a difference is named, and the exit status is 1.
Without SETs, all that are recorded; --record records what is missing.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[1:1] = [str(ROOT / "bench" / "macro"), str(ROOT / "bench" / "index")]

from index import DEFAULT_DIRECTORY, configured_index, record  # noqa: E402
from measure import HEADER, Contestant, Race  # noqa: E402
from recording import Recording  # noqa: E402
from requirement_sets import SETS, RequirementSet  # noqa: E402
from resolvers import ENGINE, UV, WORK, Flowstone, Job, Pip, Uv, clean_environment  # noqa: E402
from scratch import in_memory, installed, on_fresh_ext4  # noqa: E402
from site_server import Site  # noqa: E402

Resolver = Flowstone | Uv | Pip


class Answers:
    """What each tool last answered for one set; knows when they differ."""

    def __init__(self, requirements: RequirementSet) -> None:
        self._requirements = requirements
        self._last: dict[str, dict[str, str]] = {}
        self.differences: set[str] = set()

    def take(self, tool: str, versions: dict[str, str]) -> None:
        self._last[tool] = versions
        ours = self._last.get(Flowstone.name)
        if ours is None:
            return
        for other, theirs in self._last.items():
            for name in sorted(ours.keys() | theirs.keys()):
                if ours.get(name) != theirs.get(name):
                    self.differences.add(
                        f"{self._requirements.name}: {name} is {ours.get(name)} for "
                        f"{Flowstone.name}, {theirs.get(name)} for {other}"
                    )


def contestant(
    resolver: Resolver, job: Job, site: Site, answers: Answers, cold: bool
) -> Contestant:
    job.directory.mkdir(parents=True, exist_ok=True)

    def inspect() -> int:
        if job.requirements.solvable:
            answers.take(resolver.name, resolver.versions(job))
        return len(site.requests())

    stale = [job.answer, job.cache] if cold else [job.answer]
    return Contestant(
        resolver.name,
        resolver.command(job),
        job.directory,
        clean_environment(**resolver.environment(job)),
        prepare=["rm", "-rf", *map(str, stale)],
        inspect=inspect,
        status=0 if job.requirements.solvable else 1,
    )


def race(
    requirements: RequirementSet,
    resolvers: list[Resolver],
    site: Site,
    scratch: Path,
    options: argparse.Namespace,
) -> set[str]:
    answers = Answers(requirements)
    for temperature in ("cold", "warm"):
        cold = temperature == "cold"
        contestants = [
            contestant(
                resolver,
                Job(requirements, site.url, scratch / f"{requirements.name}-{resolver.name}"),
                site,
                answers,
                cold,
            )
            for resolver in resolvers
            if requirements.pip or resolver.name != Pip.name
        ]
        site.requests()  # forget those of before
        rounds = max(2, options.rounds // 3) if cold else options.rounds
        contest = Race(f"resolve {requirements.name}, {temperature}", contestants, rounds)
        contest.run()
        print("\n".join(contest.rows()), flush=True)
    return answers.differences


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    parser.add_argument("--rounds", type=int, default=15, help="of warm runs; a third as many cold")
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--directory", type=Path, default=DEFAULT_DIRECTORY)
    parser.add_argument("--record", action="store_true", help="record the sets that are missing")
    parser.add_argument("--ext4", action="store_true", help="caches on a fresh loop-mounted ext4")
    parser.add_argument("--without-pip", action="store_true", help="pip takes seconds for a run")
    options = parser.parse_args()
    unknown = [name for name in options.sets if name not in SETS]
    if unknown:
        parser.error(f"no set called {', '.join(unknown)}; there are {', '.join(SETS)}")
    recording = Recording(options.directory)
    wanted = [SETS[name] for name in options.sets or SETS]
    missing = [entry for entry in wanted if not recording.is_recorded(entry)]
    if (
        missing
        and options.record
        and record(recording, configured_index(), missing, options.engine)
    ):
        return 1
    wanted = [entry for entry in wanted if recording.is_recorded(entry)]
    if not wanted:
        print("nothing is recorded: --record asks the index that pip is configured with")
        return 2
    programs = WORK / "installed"
    resolvers: list[Resolver] = [
        Flowstone(installed(options.engine, programs)),
        Uv(installed(UV, programs)),
    ]
    if not options.without_pip:
        resolvers.append(Pip(WORK / "pip"))
    versions = [resolver.version() for resolver in resolvers]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    machine = f"Linux {platform.release()}, {os.cpu_count()} CPUs, load {load}"
    print("; ".join([*versions, machine, "fresh ext4" if options.ext4 else "tmpfs"]))
    print(HEADER)
    differences: set[str] = set()
    place = on_fresh_ext4(WORK) if options.ext4 else in_memory(WORK)
    with place as scratch, Site(recording.directory, scratch / "nginx") as site:
        for requirements in wanted:
            differences |= race(requirements, resolvers, site, scratch, options)
    print("\n".join(sorted(differences)) or "every answer is the same")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
