"""Makes a resolver scenario of a recorded set: versions and dependencies only.

    python bench/index/universe.py SET >tests/universes/SET.toml

The scenario (tests/scenarios/README.md) has every project that the requirements can lead to, and
of each the versions that have a wheel for this interpreter and platform, are not yanked and are
older than the cut-off; of projects that are required directly, those that match. Dependencies are
those of the metadata that resolvers touched, without what the target does not need; a version whose
metadata nobody touched has none. The expected answer is that of uv.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(1, str(ROOT / "bench" / "resolve"))

from index import DEFAULT_DIRECTORY  # noqa: E402
from packaging.metadata import parse_email  # noqa: E402
from packaging.requirements import InvalidRequirement, Requirement  # noqa: E402
from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: E402
from packaging.tags import sys_tags  # noqa: E402
from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: E402
from packaging.version import Version  # noqa: E402
from recording import Recording  # noqa: E402
from requirement_sets import SETS, RequirementSet  # noqa: E402
from resolvers import Job, Uv, clean_environment, normalized  # noqa: E402
from site_server import Site  # noqa: E402

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FULL_PYTHON = f"{PYTHON}.{sys.version_info.micro}"
TAGS = frozenset(sys_tags())


@dataclass
class Release:
    requirements: list[Requirement] = field(default_factory=list)
    supported: bool = True  # by this Python


def releases(recording: Recording, name: str, cutoff: str) -> dict[Version, Release]:
    found: dict[Version, Release] = {}
    for file in recording.upstream_page(name)["files"]:
        if file.get("yanked") or file["upload-time"] >= cutoff:
            continue
        try:
            _, version, _, tags = parse_wheel_filename(file["filename"])
        except InvalidWheelFilename:
            continue
        if tags.isdisjoint(TAGS) or version in found:
            continue
        release = found.setdefault(version, Release())
        try:
            wanted = SpecifierSet(file.get("requires-python") or "")
            release.supported = wanted.contains(FULL_PYTHON)
        except InvalidSpecifier:
            pass
        metadata = recording.metadata_path(name, file["filename"])
        if metadata.exists():
            release.requirements = requirements_of(metadata)
    return found


def requirements_of(metadata: Path) -> list[Requirement]:
    texts = parse_email(metadata.read_bytes())[0].get("requires_dist", [])
    try:
        return [Requirement(text) for text in texts]
    except InvalidRequirement:
        return []


class Universe:
    """The closure of the requirements: projects, and the extras that somebody wants of them."""

    def __init__(self, recording: Recording, requirements: RequirementSet) -> None:
        self._recording = recording
        self._cutoff = requirements.cutoff
        self.projects: dict[str, dict[Version, Release]] = {}
        self.extras: dict[str, set[str]] = {}
        direct = [Requirement(text) for text in requirements.requirements]
        queue = list(direct)
        while queue:
            wish = queue.pop()
            name = normalized(wish.name)
            if name not in self.projects:
                known = recording.has_page(name)
                found = releases(recording, name, self._cutoff) if known else {}
                for specifier in (
                    text.specifier for text in direct if normalized(text.name) == name
                ):
                    found = {version: found[version] for version in specifier.filter(found)}
                self.projects[name] = found
                self.extras[name] = set()
                queue += self._dependencies(name, "")
            for extra in wish.extras - self.extras[name]:
                self.extras[name].add(extra)
                queue += self._dependencies(name, extra)

    def _dependencies(self, name: str, extra: str) -> list[Requirement]:
        return [
            requirement
            for release in self.projects[name].values()
            for requirement in needed(release, extra)
        ]

    def lines(self) -> list[str]:
        lines = []
        for name in sorted(self.projects):
            lines += ["", f"[packages.{name}.versions]"]
            for version in sorted(self.projects[name]):
                lines.append(f'"{version}" = {self._release(name, version)}')
        return lines

    def _release(self, name: str, version: Version) -> str:
        release = self.projects[name][version]
        parts = []
        if not release.supported:
            parts.append('requires_python = ">=4"')
        if plain := texts(needed(release, "")):
            parts.append(f"requires = {plain}")
        added = {extra: texts(needed(release, extra)) for extra in sorted(self.extras[name])}
        inner = ", ".join(f'"{extra}" = {wishes}' for extra, wishes in added.items() if wishes)
        if inner:
            parts.append(f"extras = {{{inner}}}")
        return "{" + ", ".join(parts) + "}"


def needed(release: Release, extra: str) -> list[Requirement]:
    """What an extra adds ("": what is needed without any) on this machine."""

    def holds(requirement: Requirement, extra: str) -> bool:
        return requirement.marker is None or requirement.marker.evaluate({"extra": extra})

    return [
        requirement
        for requirement in release.requirements
        if holds(requirement, extra) and (not extra or not holds(requirement, ""))
    ]


def texts(requirements: list[Requirement]) -> list[str]:
    found = []
    for requirement in requirements:
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        found.append(f"{normalized(requirement.name)}{extras}{requirement.specifier}")
    return sorted(set(found))


def expected(recording: Recording, requirements: RequirementSet) -> dict[str, str] | None:
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        with Site(recording.directory, scratch / "nginx") as site:
            job = Job(requirements, site.url, scratch)
            environment = clean_environment(**Uv().environment(job))
            run = subprocess.run(Uv().command(job), env=environment, capture_output=True)
        return Uv().versions(job) if run.returncode == 0 else None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("--directory", type=Path, default=DEFAULT_DIRECTORY)
    options = parser.parse_args()
    recording, requirements = Recording(options.directory), SETS[options.set]
    answer = expected(recording, requirements)
    print(f'name = "{requirements.name}"')
    print(f'description = "Recorded at {requirements.cutoff} by bench/index/universe.py."')
    print(f'\n[environment]\npython = "{FULL_PYTHON}"')
    print(f"\n[root]\nrequires = {list(requirements.requirements)}")
    if answer is None:
        print("\n[expected]\nsatisfiable = false")
    else:
        print("\n[expected.packages]")
        print("\n".join(f'{name} = "{answer[name]}"' for name in sorted(answer)))
    print("\n".join(Universe(recording, requirements).lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
