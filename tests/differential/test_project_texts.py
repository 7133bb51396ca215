"""What projects and locks say, read by us and by independent readers.

Dependency groups (PEP 735), lock files (PEP 751) and direct URLs (PEP 610) by `packaging`, scripts
(PEP 723) by the reference implementation that the PEP prints, in our words.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import json
import re
from typing import Any, Callable, Iterator

import pytest
import tomllib

pytest.importorskip("packaging", minversion="26.1")

from oracles import ask
from packaging.dependency_groups import resolve_dependency_groups
from packaging.direct_url import DirectUrl
from packaging.pylock import Pylock, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging_texts import SEED, Generator

SHA = "0123456789abcdef" * 4


def toml_value(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml_value(entry)}" for key, entry in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def toml_document(table: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml_value(value)}\n" for key, value in table.items())


def report(kind: str, cases: int, differences: list[str]) -> None:
    print(f"\n{kind}: {cases} cases (seed {SEED})", end="")
    assert not differences, f"seed {SEED}: {len(differences)} differences\n" + "\n".join(
        differences[:10]
    )


# Dependency groups


def requirement(generator: Generator) -> str:
    """One that both sides read: test_packaging_values.py lists where they differ."""
    while True:
        text = generator.requirement()[0]
        with contextlib.suppress(InvalidRequirement):
            is_common = "===" not in text and "~=" not in text.partition(";")[2]
            if is_common and Requirement(text).name[-1] not in "._-":
                return text


def group_table(generator: Generator) -> dict[str, Any]:
    names = [generator.pick(["test", "Test", "lint", "typing_x", "a.b", "docs", "all"])]
    names += [name for name in ("dev", "lint", "docs", "a-b", "typing-x") if generator.chance(0.6)]

    def entry() -> Any:
        kind = generator.random.random()
        if kind < 0.3:
            return {"include-group": generator.pick([*names, *names, "Lint", "a_b", "gone"])}
        if kind < 0.34:
            return generator.pick(
                [{}, {"include-group": 1}, {"include-group": "dev", "more": "x"}, {"set": "a"}, 7]
            )
        if kind < 0.37:
            return generator.pick(["not a requirement", "a >= ", "a[", "a; no_variable == '1'", ""])
        return requirement(generator)

    return {
        name: [entry() for _ in range(generator.random.randrange(0, 4))]
        if generator.chance(0.97)
        else generator.pick(["a", 1, {"x": "y"}])
        for name in names
    }


def meaning_of(text: str) -> tuple[Any, ...]:
    requirement = Requirement(text)
    marker = str(requirement.marker) if requirement.marker else ""
    return (
        normalized(requirement.name),
        sorted({normalized(extra) for extra in requirement.extras}),
        requirement.specifier,
        requirement.url,
        marker,
    )


def reference_group(groups: dict[str, Any], name: str) -> list[str] | None:
    try:
        return list(resolve_dependency_groups(groups, name))
    except Exception:  # a group of errors, of many types
        return None


def test_dependency_groups_are_expanded_alike() -> None:
    generator = Generator("groups")
    tables = [group_table(generator) for _ in range(3_000)]
    questions = [
        {
            "kind": "groups",
            "text": "[dependency-groups]\n" + toml_document(table),
            "groups": [*table, "gone"],
        }
        for table in tables
    ]
    differences = []
    cases = 0
    for table, question, ours in zip(
        tables, questions, ask("project_oracle", questions, "texts"), strict=True
    ):
        for i, name in enumerate(question["groups"]):
            cases += 1
            theirs = reference_group(table, name)
            mine = ours and ours[i]
            if theirs is None or mine is None:
                same = theirs is mine
            else:
                same = [meaning_of(text)[:4] for text in mine] == [
                    meaning_of(text)[:4] for text in theirs
                ]
            if not same:
                differences.append(f"{name} of {table}\n  flowstone: {mine}\n  packaging: {theirs}")
    report("dependency groups", cases, differences)


# Scripts

SCRIPT_LINES = [
    "# /// script",
    "# /// script",
    "# ///",
    "# ///",
    "#",
    "# dependencies = ['requests<3', \"rich\"]",
    '# requires-python = ">=3.9"',
    '# dependencies = [\n#   "numpy",\n# ]',
    "#no space",
    "# # a comment",
    "",
    "import sys",
    "# /// other",
    "#  ///",
    "# ///  ",
    "# ///script",
    "# /// Script-2",
    "# /// a b",
    " # /// script",
    "# dependencies = 'text'",
    "# dependencies = [1]",
    '# requires-python = "wat"',
    "# [tool.other]",
    "# not toml",
]
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def reference_script(text: str) -> Any:
    """False when there is no block, None when it cannot be read."""
    blocks = [block for block in BLOCK.finditer(text) if block["type"] == "script"]
    if len(blocks) != 1:
        return None if blocks else False
    lines = blocks[0]["content"].splitlines()
    document = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    try:
        table = tomllib.loads(document)
        dependencies = table.get("dependencies", [])
        python = table.get("requires-python", "")
        if not isinstance(dependencies, list) or not isinstance(python, str):
            return None
        return {
            "requires_python": str(SpecifierSet(python)),
            "dependencies": [str(Requirement(text)) for text in dependencies],
        }
    except (tomllib.TOMLDecodeError, InvalidRequirement, InvalidSpecifier, TypeError):
        return None


def test_scripts_are_read_alike() -> None:
    generator = Generator("script")
    texts = []
    for _ in range(6_000):
        lines = [generator.pick(SCRIPT_LINES) for _ in range(generator.random.randrange(1, 9))]
        if generator.chance(0.6):
            lines = ["# /// script", *lines, "# ///"]
        if generator.chance(0.3):
            lines = ["#!/usr/bin/env python3", *lines, "print('# ///')"]
        texts.append("\n".join(lines) + generator.pick(["\n", "", "\n\n"]))
    answers = ask("project_oracle", [{"kind": "script", "text": text} for text in texts], "texts")
    differences = []
    kinds = set()
    for text, ours in zip(texts, answers, strict=True):
        theirs = reference_script(text)
        kinds.add(type(theirs))
        if ours and theirs:
            same = ours["requires_python"] == theirs["requires_python"] and [
                *map(meaning_of, ours["dependencies"])
            ] == [*map(meaning_of, theirs["dependencies"])]
        else:
            same = ours is theirs
        if not same:
            differences.append(f"{text!r}\n  flowstone: {ours}\n  reference: {theirs}")
    assert kinds == {bool, dict, type(None)}
    report("scripts", len(texts), differences)


# Locks

WHEEL = {
    "name": "demo-1.0-py3-none-any.whl",
    "url": "https://files.example/demo-1.0-py3-none-any.whl",
    "size": 12,
    "upload-time": datetime.datetime(2026, 11, 1, 12, 30, tzinfo=datetime.timezone.utc),
    "hashes": {"sha256": SHA},
}
PACKAGES: list[dict[str, Any]] = [
    {"name": "demo", "version": "1.0", "index": "https://index.example/simple", "wheels": [WHEEL]},
    {
        "name": "demo",
        "version": "1.0",
        "marker": "sys_platform == 'linux' and 'x' in extras",
        "requires-python": ">=3.9",
        "dependencies": [{"name": "other", "version": "2"}, {"name": "third"}],
        "sdist": {
            "path": "./demo-1.0.tar.gz",
            "hashes": {"sha256": SHA},
        },
        "wheels": [WHEEL, {"path": "w/demo-1.0-cp312-abi3-any.whl", "hashes": {"sha256": SHA}}],
        "tool": {"other": {"x": 1}},
    },
    {
        "name": "demo",
        "archive": {
            "url": "https://files.example/demo.tar.gz",
            "size": 3,
            "subdirectory": "python",
            "hashes": {"sha256": SHA, "sha512": SHA * 2},
        },
    },
    {"name": "demo", "directory": {"path": "../lib", "editable": True, "subdirectory": "core"}},
    {
        "name": "demo",
        "version": "1.0",
        "vcs": {
            "type": "git",
            "url": "https://host.example/demo.git",
            "requested-revision": "main",
            "commit-id": "0" * 40,
        },
        "attestation-identities": [{"kind": "other"}],
    },
]
ODD_VALUES: list[Any] = [
    "", "x", "1.0", "Demo_X", "demo", 0, 1, -1, True, [], {}, ["x"], [{}], [1], {"x": "y"},
    "==", ">=3.8", "python_version > '3'", "linux", "https://files.example/other-1.0.zip",
    "demo-2.0-py3-none-any.whl", "demo-1.0.zip", SHA, "git",
]  # fmt: skip


def lock_document(generator: Generator) -> dict[str, Any]:
    return {
        "lock-version": "1.0",
        "environments": ["sys_platform == 'linux'", "python_version >= '3.9'"],
        "requires-python": ">=3.9",
        "extras": ["x"],
        "dependency-groups": ["dev", "test"],
        "default-groups": ["dev"],
        "created-by": "some-tool",
        "packages": [
            copy.deepcopy(generator.pick(PACKAGES)) for _ in range(generator.pick([1, 2]))
        ],
        "tool": {"some": {"key": [1, "x"]}},
    }


def places(table: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    entries = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in list(entries):
        yield table, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def mutate(document: dict[str, Any], generator: Generator) -> None:
    for _ in range(generator.pick([1, 1, 1, 2])):
        container, key = generator.pick(list(places(document)))
        change = generator.random.random()
        if change < 0.35:
            del container[key]
        elif change < 0.9 or not isinstance(container, dict):
            container[key] = copy.deepcopy(generator.pick(ODD_VALUES))
        else:
            source = generator.pick(
                ["directory", "vcs", "archive", "sdist", "wheels", "path", "url"]
            )
            container[source] = copy.deepcopy(generator.pick(ODD_VALUES))


def reference_lock(text: str) -> Pylock | str:
    """The lock, or why it is refused."""
    try:
        return Pylock.from_dict(tomllib.loads(text))
    except PylockValidationError as error:
        return str(error)


# What packaging refuses and we do not: parts of a lock that we do not look at, and names of extras
# in another spelling, which cannot be taken for anything else.
NOT_READ = re.compile(
    r"in 'packages\[\d+\]\.(tool|attestation-identities)\b|is not normalized in 'extras\["
)


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def comparable(lock: Pylock) -> Any:
    """What we keep of a lock that another tool wrote, in one spelling."""
    table = json.loads(json.dumps(lock.to_dict(), default=str))
    table.pop("tool", None)
    for package, read in zip(table["packages"], lock.packages, strict=True):
        package.pop("tool", None)
        package.pop("attestation-identities", None)
        named = [(package.get("sdist"), read.sdist)] if read.sdist else []
        named += list(zip(package.get("wheels") or [], read.wheels or [], strict=True))
        for file, distribution in named:
            file["name"] = distribution.filename
        # They are informative: we keep the name and version of those that have a name.
        package["dependencies"] = sorted(
            [normalized(one["name"]), one.get("version", "")]
            for one in package.get("dependencies") or []
            if "name" in one
        )
        # An empty text is an absent one.
        for key in ("vcs", "directory", "archive"):
            source = package.get(key) or {}
            package[key] = {word: value for word, value in source.items() if value != ""}
        for empty in ("dependencies", "wheels", "vcs", "directory", "archive", "index"):
            if not package.get(empty):
                package.pop(empty, None)
    table["packages"].sort(key=lambda package: json.dumps(package, sort_keys=True))
    for key in ("dependency-groups", "default-groups"):
        table[key] = sorted(map(normalized, table.get(key) or []))
    return {key: value for key, value in table.items() if value != []}


def stricter(document: dict[str, Any]) -> str:
    """Why we refuse what packaging takes; empty when we should not."""
    for key in ("dependency-groups", "default-groups"):
        if not all(
            re.fullmatch("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name)
            for name in document.get(key) or []
        ):
            return "a group that has no name"
    hashes = []
    for package in document["packages"]:
        files = [package.get("sdist"), package.get("archive"), *(package.get("wheels") or [])]
        hashes += [file.get("hashes", {}) for file in files if file]
        if sum(package.get(key) is not None for key in ("vcs", "directory", "archive")) > 1:
            return "two sources"
        for file in files:
            if file and (file.get("size") or 0) < 0:
                return "a negative size"
            if file and ("/" in file.get("name", "") or file.get("name") == ""):
                return "a name that is none of a file"
        if package.get("vcs") and "" in package["vcs"].values():
            return "a repository without a type or a commit"
        for dependency in package.get("dependencies") or []:
            if dependency.get("name") != "other" and dependency.get("name") != "third":
                return "dependencies that name no package"
            if dependency.get("version", "2") != "2":
                return "dependencies of no version"
    for table in hashes:
        for algorithm, digits in table.items():
            if not re.fullmatch(r"([0-9a-f]{2})+", digits) or (
                algorithm == "sha256" and len(digits) != 64
            ):
                return "a hash that is none"
    return ""


def test_locks_are_read_alike() -> None:
    generator = Generator("lock")
    documents = []
    for index in range(5_000):
        document = lock_document(generator)
        if index % 10:
            mutate(document, generator)
        documents.append(document)
    texts = [toml_document(document) for document in documents]
    answers = ask("project_oracle", [{"kind": "lock", "text": text} for text in texts], "texts")
    differences = []
    accepted = 0
    for document, text, ours in zip(documents, texts, answers, strict=True):
        theirs = reference_lock(text)
        if isinstance(theirs, str):
            same = ours is None or NOT_READ.search(theirs) is not None
        elif ours is None:
            same = bool(stricter(document))
        else:
            accepted += 1
            again = reference_lock(ours)
            same = not isinstance(again, str) and comparable(again) == comparable(theirs)
        if not same:
            differences.append(f"{text}\n  flowstone: {ours}\n  packaging: {theirs}"[:1800])
    assert accepted > 1_000
    report("locks", len(texts), differences)


# Direct URLs

SOURCES: list[tuple[str, Callable[[Generator], dict[str, Any]]]] = [
    (
        "archive",
        lambda generator: {
            "url": generator.pick(["https://h.example/a.zip", "https://u:p@h.example/a%20b.zip"]),
            "hashes": generator.pick(
                [{"sha256": SHA}, {"sha512": SHA * 2}, {"sha256": SHA, "md5": SHA[:32]}]
            ),
        },
    ),
    ("archive", lambda _: {"path": "wheels/a b.zip", "hashes": {"sha256": SHA}}),
    (
        "directory",
        lambda generator: {
            "path": generator.pick(["../lib", "/opt/lib", "a b/ü"]),
            "editable": generator.chance(0.5),
        },
    ),
    (
        "vcs",
        lambda generator: {
            "type": "git",
            "url": generator.pick(
                ["https://h.example/r.git", "ssh://git@h.example/r.git", "https://u:p@h.example/r"]
            ),
            "commit-id": "0" * 40,
            **generator.pick([{}, {"requested-revision": "main"}]),
        },
    ),
]  # fmt: skip


def test_direct_urls_are_those_that_packaging_reads() -> None:
    generator = Generator("direct")
    sources = []
    for _ in range(300):
        key, make = generator.pick(SOURCES)
        source = {**make(generator), **generator.pick([{}, {"subdirectory": "python/core"}])}
        sources.append((key, source))
    questions = [
        {
            "text": toml_document(
                {"lock-version": "1.0", "created-by": "x", "packages": [{"name": "a", key: source}]}
            )
        }
        for key, source in sources
    ]
    for (key, source), answer in zip(sources, ask("install_oracle", questions), strict=True):
        written = json.loads(answer[0])
        read = DirectUrl.from_dict(written)
        assert read.subdirectory == source.get("subdirectory")
        legacy_hash = written.get("archive_info", {}).pop("hash", None)
        assert read.to_dict() == written, "nothing is lost, there is no password to take away"
        if key == "archive":
            assert read.archive_info is not None
            assert read.archive_info.hashes == source["hashes"]
            assert legacy_hash in ["=".join(item) for item in source["hashes"].items()]
        elif key == "directory":
            assert read.dir_info is not None
            assert bool(read.dir_info.editable) == source["editable"]
        else:
            assert read.vcs_info is not None
            assert read.vcs_info.commit_id == source["commit-id"]
            assert read.vcs_info.requested_revision == source.get("requested-revision")
