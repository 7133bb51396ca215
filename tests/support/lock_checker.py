"""An independent judge of locks: what a `pylock.toml` says, held against what an index says.

It shares no code with the engine: versions, specifiers, markers, tags and the selection rules of
PEP 751 are those of the library `packaging`. `findings` returns one sentence for everything that is
wrong; a good lock has none.

    index = SimpleIndex("http://127.0.0.1:8000/simple/")
    check(lock_text, index, Asked(["pandas>=2"]), [Target.of(python)])
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import packaging
import tomllib
from packaging.metadata import parse_email
from packaging.pylock import Pylock, PylockSelectError, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

CREDENTIALS = re.compile(r"[a-z+]+://[^\s/\"'@]*:[^\s/\"'@]*@")
EXACT = re.compile(r"===?\s*[^*]+$")


@dataclass(frozen=True)
class ListedFile:
    """A file as an index lists it."""

    filename: str
    sha256: str | None
    size: int | None = None
    requires_python: str | None = None
    yanked: bool = False
    upload_time: str | None = None


class IndexView(Protocol):
    """What the judge needs of an index."""

    def files(self, name: str) -> Sequence[ListedFile]: ...

    def metadata(self, filename: str) -> bytes: ...


class SimpleIndex:
    """An index that answers the JSON API of PEP 691, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") + "/"
        self._places: dict[str, tuple[str, bool]] = {}  # URL of a file, and whether it has PEP 658

    @lru_cache(maxsize=None)  # noqa: B019  (an index lives as long as the process)
    def files(self, name: str) -> Sequence[ListedFile]:
        page_url = urllib.parse.urljoin(self.url, f"{name}/")
        headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
        try:
            page = json.loads(_fetch(page_url, headers))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return ()
            raise
        listed = []
        for entry in page["files"]:
            has_metadata = bool(entry.get("core-metadata") or entry.get("dist-info-metadata"))
            place = urllib.parse.urljoin(page_url, entry["url"])
            self._places[entry["filename"]] = (place, has_metadata)
            listed.append(
                ListedFile(
                    entry["filename"],
                    entry["hashes"].get("sha256"),
                    entry.get("size"),
                    entry.get("requires-python"),
                    entry.get("yanked", False) is not False,
                    entry.get("upload-time"),
                )
            )
        return tuple(listed)

    @lru_cache(maxsize=None)  # noqa: B019
    def metadata(self, filename: str) -> bytes:
        place, has_metadata = self._places[filename]
        if has_metadata:
            return _fetch(place + ".metadata", {})
        return _metadata_of_wheel(_fetch(place, {}))


class WheelDirectory:
    """A directory of wheels, as `--find-links` has it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def files(self, name: str) -> Sequence[ListedFile]:
        listed = []
        for path in sorted(self.directory.glob("*.whl")):
            if parse_wheel_filename(path.name)[0] == name:
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                python = _fields(_metadata_of_wheel(content)).get("requires_python")
                listed.append(ListedFile(path.name, digest, len(content), python))
        return tuple(listed)

    def metadata(self, filename: str) -> bytes:
        return _metadata_of_wheel((self.directory / filename).read_bytes())


@dataclass(frozen=True)
class Target:
    """Where a lock is to be installed: the environment of its markers and its tags, best first."""

    environment: Mapping[str, str]
    tags: Sequence[Tag]

    @classmethod
    def of(cls, python: Path) -> Target:
        """The target that an interpreter is."""
        script = (
            "import json; from packaging.markers import default_environment;"
            "from packaging.tags import sys_tags;"
            "print(json.dumps([default_environment(), [str(t) for t in sys_tags()]]))"
        )
        library = Path(packaging.__file__).parent.parent
        answer = subprocess.run(
            [str(python), "-c", script],
            env={**os.environ, "PYTHONPATH": str(library)},
            capture_output=True,
            check=True,
        )
        environment, tags = json.loads(answer.stdout)
        return cls(environment, tuple(Tag(*tag.split("-")) for tag in tags))

    @property
    def python(self) -> Version:
        return Version(self.environment["python_full_version"].rstrip("+"))


@dataclass
class Asked:
    """What was asked for, and the rules that were in force."""

    requirements: Sequence[str]
    constraints: Sequence[str] = ()
    overrides: Sequence[str] = ()
    excludes: Sequence[str] = ()
    extras: Sequence[str] = ()  # of the lock
    groups: Sequence[str] | None = None
    exclude_newer: str | None = None
    prereleases: str = "if-necessary"  # allow, disallow, if-necessary
    obeys_upper_python_bounds: bool = False


def check(text: str, index: IndexView, asked: Asked, targets: Sequence[Target]) -> None:
    """Fails with everything that is wrong with the lock."""
    wrong = findings(text, index, asked, targets)
    assert not wrong, "the lock is wrong:\n  " + "\n  ".join(wrong) + "\n" + text


def findings(text: str, index: IndexView, asked: Asked, targets: Sequence[Target]) -> list[str]:
    """One sentence for everything that is wrong with the lock."""
    wrong = list(_text_findings(text))
    try:
        lock = Pylock.from_dict(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, PylockValidationError) as error:
        return [*wrong, f"it is not valid: {error}"]
    for target in targets:
        wrong += _TargetJudge(lock, index, asked, target).findings()
    wrong += _foreign_wheels(lock, targets)
    return list(dict.fromkeys(wrong))


def _text_findings(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if CREDENTIALS.search(line):
            yield f"line {number} holds credentials"
    names = re.findall(r'^\[\[packages\]\]\nname = "([^"]+)"', text, re.MULTILINE)
    if names != sorted(names):
        yield "the packages are not sorted by name"


def _foreign_wheels(lock: Pylock, targets: Sequence[Target]) -> Iterator[str]:
    """Wheels that none of the targets can use."""
    usable = {tag for target in targets for tag in target.tags}
    is_ours = lock.created_by == "flowstone"
    for package in lock.packages:
        for wheel in package.wheels or ():
            filename = wheel.filename
            if is_ours and not usable & parse_wheel_filename(filename)[3]:
                yield f"no target can use {filename}"


@dataclass
class _Chosen:
    version: Version
    filename: str
    listed: ListedFile | None
    requires: list[Requirement] = field(default_factory=list)
    provides: set[str] = field(default_factory=set)


class _TargetJudge:
    """The lock on one target."""

    def __init__(self, lock: Pylock, index: IndexView, asked: Asked, target: Target) -> None:
        self._lock = lock
        self._index = index
        self._asked = asked
        self._target = target
        self._wrong: list[str] = []
        self._chosen: dict[str, _Chosen] = {}
        self._demands: dict[str, SpecifierSet] = {}

    def findings(self) -> list[str]:
        if not self._select():
            return self._wrong
        for name, chosen in self._chosen.items():
            self._judge_file(name, chosen)
        reached = self._walk()
        for name in self._chosen:
            if name not in reached:
                self._say(f"{name} is needed by nobody")
        self._judge_constraints()
        for name, chosen in self._chosen.items():
            self._judge_prerelease(name, chosen)
        return self._wrong

    def _say(self, sentence: str) -> None:
        self._wrong.append(sentence)

    def _select(self) -> bool:
        """Fills `_chosen`; what the rules of PEP 751 refuse is a finding."""
        try:
            selected = list(
                self._lock.select(
                    environment=self._target.environment,  # type: ignore[arg-type]
                    tags=self._target.tags,
                    extras=self._asked.extras,
                    dependency_groups=self._asked.groups,
                )
            )
        except PylockSelectError as error:
            self._say(f"it cannot be installed on Python {self._target.python}: {error}")
            return False
        for package, file in selected:
            filename = _filename(file)
            if not filename.endswith(".whl"):
                continue  # sources are judged where they are built
            name = canonicalize_name(package.name)
            version = parse_wheel_filename(filename)[1]
            if package.version is not None and package.version != version:
                self._say(f"{filename} is not version {package.version}")
            listed = {one.filename: one for one in self._index.files(name)}.get(filename)
            chosen = _Chosen(version, filename, listed)
            if listed is None:
                self._say(f"the index has no {filename}")
            else:
                self._judge_hash(file, listed)
                fields = _fields(self._index.metadata(filename))
                chosen.requires = list(self._requirements(fields.get("requires_dist", [])))
                chosen.provides = {
                    canonicalize_name(extra) for extra in fields.get("provides_extra", [])
                }
            self._chosen[name] = chosen
        return True

    def _judge_hash(self, file: Any, listed: ListedFile) -> None:
        if listed.sha256 is not None and file.hashes.get("sha256") != listed.sha256:
            self._say(f"{listed.filename} has another sha256 on the index")
        if None not in (listed.size, file.size) and file.size != listed.size:
            self._say(f"{listed.filename} has {listed.size} bytes on the index")

    def _judge_file(self, name: str, chosen: _Chosen) -> None:
        listed = chosen.listed
        if listed is None:
            return
        if listed.yanked and not self._is_pinned(name, chosen.version):
            self._say(f"{chosen.filename} is yanked and nobody pins it")
        if listed.requires_python and not self._accepts_python(listed.requires_python):
            self._say(f"{chosen.filename} requires Python {listed.requires_python}")
        cut_off = self._asked.exclude_newer
        if cut_off and listed.upload_time and listed.upload_time >= cut_off:
            self._say(f"{chosen.filename} was published at {listed.upload_time}, past the cut-off")

    def _is_pinned(self, name: str, version: Version) -> bool:
        for text in [*self._asked.requirements, *self._asked.constraints, *self._asked.overrides]:
            wanted = Requirement(text)
            if canonicalize_name(wanted.name) == name:
                for specifier in wanted.specifier:
                    if EXACT.match(str(specifier)) and specifier.contains(version, True):
                        return True
        return False

    def _accepts_python(self, text: str) -> bool:
        try:
            bounds = SpecifierSet(text)
        except InvalidSpecifier:
            return True
        if not self._asked.obeys_upper_python_bounds:
            kept = [str(one) for one in bounds if one.operator in (">=", ">", "~=")]
            lower = [one.replace("~=", ">=") for one in kept]
            bounds = SpecifierSet(",".join(lower))
        return bounds.contains(self._target.python.base_version, True)

    def _requirements(self, lines: Sequence[str]) -> Iterator[Requirement]:
        """Those of a package, after overrides and excludes; what no parser reads is left out."""
        overridden: dict[str, list[Requirement]] = {}
        for text in self._asked.overrides:
            override = Requirement(text)
            overridden.setdefault(canonicalize_name(override.name), []).append(override)
        excluded = {canonicalize_name(name) for name in self._asked.excludes}
        for line in lines:
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            name = canonicalize_name(requirement.name)
            if name in excluded:
                continue
            if name not in overridden:
                yield requirement
                continue
            for override in overridden[name]:
                override.extras |= requirement.extras
                if requirement.marker is None or "extra" not in str(requirement.marker):
                    yield override

    def _holds(self, requirement: Requirement, extra: str) -> bool:
        if requirement.marker is None:
            return True
        environment = {**self._target.environment, "extra": extra}
        return requirement.marker.evaluate(environment)  # type: ignore[arg-type]

    def _walk(self) -> set[str]:
        """The packages that the request leads to; unmet requirements are findings."""
        reached: set[tuple[str, str]] = set()
        waiting: list[tuple[str, str]] = []

        def need(requirement: Requirement, asker: str) -> None:
            name = canonicalize_name(requirement.name)
            self._demands[name] = self._demands.get(name, SpecifierSet()) & requirement.specifier
            chosen = self._chosen.get(name)
            if chosen is None:
                self._say(f"{asker} needs {requirement}, which the lock does not have")
                return
            if not requirement.specifier.contains(chosen.version, True):
                self._say(f"{asker} needs {requirement}, and the lock has {name} {chosen.version}")
            for extra in ["", *map(canonicalize_name, requirement.extras)]:
                if (name, extra) not in reached:
                    reached.add((name, extra))
                    waiting.append((name, extra))

        for requirement in self._requirements(self._asked.requirements):
            if self._holds(requirement, ""):
                need(requirement, "the request")
        while waiting:
            name, extra = waiting.pop()
            chosen = self._chosen[name]
            asker = f"{name} {chosen.version}" + (f"[{extra}]" if extra else "")
            for requirement in chosen.requires:
                applies = self._holds(requirement, extra)
                if applies and not (extra and self._holds(requirement, "")):
                    need(requirement, asker)
        return {name for name, _ in reached}

    def _judge_constraints(self) -> None:
        for text in self._asked.constraints:
            constraint = Requirement(text)
            chosen = self._chosen.get(canonicalize_name(constraint.name))
            if chosen is None or not self._holds(constraint, ""):
                continue
            if not constraint.specifier.contains(chosen.version, True):
                self._say(f"the constraint {constraint} does not hold for {chosen.version}")

    def _judge_prerelease(self, name: str, chosen: _Chosen) -> None:
        if not chosen.version.is_prerelease or self._asked.prereleases == "allow":
            return
        if self._asked.prereleases == "disallow":
            self._say(f"{name} {chosen.version} is a pre-release, and none may be used")
            return
        named = (Requirement(text) for text in self._asked.requirements)
        if any(canonicalize_name(one.name) == name and one.specifier.prereleases for one in named):
            return
        for final in self._finals(name):
            self._say(
                f"{name} {chosen.version} is a pre-release, although {final} is a final release "
                "that fits everything in the lock"
            )

    def _finals(self, name: str) -> Iterator[Version]:
        """Final releases that could stand where a pre-release stands, all else as it is."""
        for listed in self._index.files(name):
            if not listed.filename.endswith(".whl") or listed.yanked:
                continue
            try:
                _, version, _, tags = parse_wheel_filename(listed.filename)
            except InvalidVersion:
                continue
            fits = not version.is_prerelease and not tags.isdisjoint(self._target.tags)
            if not fits or not self._demands[name].contains(version, False):
                continue
            if listed.requires_python and not self._accepts_python(listed.requires_python):
                continue
            fields = _fields(self._index.metadata(listed.filename))
            needs = self._requirements(fields.get("requires_dist", []))
            if all(self._is_met(need) for need in needs if self._holds(need, "")):
                yield version

    def _is_met(self, requirement: Requirement) -> bool:
        chosen = self._chosen.get(canonicalize_name(requirement.name))
        return chosen is not None and requirement.specifier.contains(chosen.version, True)


def _filename(file: Any) -> str:
    """Of a wheel, a source, or an archive at a place of its own."""
    place = getattr(file, "url", None) or getattr(file, "path", None) or ""
    return getattr(file, "filename", None) or urllib.parse.unquote(place.rpartition("/")[2])


def _fields(metadata: bytes) -> dict[str, Any]:
    return dict(parse_email(metadata)[0])


def _metadata_of_wheel(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/METADATA", member):
                return archive.read(member)
    raise AssertionError("a wheel without METADATA")


def _fetch(url: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content
