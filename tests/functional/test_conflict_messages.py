"""What is printed when requirements cannot be met: whole messages, as golden files.

`FLOWSTONE_UPDATE_GOLDEN=1` rewrites tests/golden/conflicts; then read the diff. What depends on the
machine (its Python, its platform, the port of the index) stands there as a name.
"""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import tomllib
from support.index_server import Fault, Index
from support.project import ROOT, Done, Project, python_here
from support.wheels import Wheel

GOLDEN = ROOT / "tests" / "golden" / "conflicts"
UNIVERSES = ROOT / "tests" / "universes"
NEXT_MINOR = int(python_here().split(".")[1]) + 1


@dataclass
class Case:
    """What the index has and what is asked for: `flowstone lock ARGUMENT…`."""

    arguments: list[str]
    wheels: list[Wheel] = field(default_factory=list)
    yanked: dict[str, str] = field(default_factory=dict)  # file name → reason
    sources: list[str] = field(default_factory=list)  # file names
    files: dict[str, str] = field(default_factory=dict)  # of the project


CONFLICTING = [
    Wheel("app", "1.0", requires=["http>=2"]),
    Wheel("old", "1.0", requires=["http<2"]),
    Wheel("http", "1.0"),
    Wheel("http", "2.0"),
]

CASES = {
    "two-wishes": Case(
        ["http>=2", "-r", "requirements.txt"],
        CONFLICTING,
        files={"requirements.txt": "# ours\nhttp<2\n"},
    ),
    "chains-that-meet": Case(["app", "old"], CONFLICTING),
    "constraint": Case(
        ["app", "-c", "constraints.txt"], CONFLICTING, files={"constraints.txt": "\nhttp<2\n"}
    ),
    "override": Case(
        ["app", "--override", "overrides.txt"], CONFLICTING, files={"overrides.txt": "http>4\n"}
    ),
    "no-such-version": Case(["http>=3"], CONFLICTING),
    "unknown-name": Case(["qqqqqqqqqq"], CONFLICTING),
    "misspelt-name": Case(["pandsa"], [Wheel("pandas", "2.0")]),
    "name-of-a-module": Case(["sklearn"], [Wheel("scikit-learn", "1.5")]),
    "standard-module": Case(["json"]),
    "pre-release": Case(["lib>=1.5"], [Wheel("lib", "1.0"), Wheel("lib", "2.0rc1")]),
    "pre-release-of-a-dependency": Case(
        ["top"],
        [Wheel("top", "1.0", requires=["lib>1"]), Wheel("lib", "1.0"), Wheel("lib", "2.0rc1")],
    ),
    "post-release": Case(["lib==1.0"], [Wheel("lib", "1.0.post1")]),
    "local-build": Case(["torch==2.0+cu118"], [Wheel("torch", "2.0+cpu")]),
    "other-python": Case(
        ["lib>=2"],
        [
            Wheel("lib", "1.0"),
            Wheel("lib", "2.0", requires_python=f">=3.{NEXT_MINOR}"),
            Wheel("lib", "2.1", requires_python=f">=3.{NEXT_MINOR}"),
        ],
    ),
    "wheels-of-another-python": Case(
        ["lib"],
        [Wheel("lib", "1.0", tag=f"cp3{NEXT_MINOR}-cp3{NEXT_MINOR}-manylinux_2_5_x86_64")],
    ),
    "wheels-of-another-platform": Case(
        ["lib"],
        [
            Wheel("lib", "1.0", tag="py3-none-macosx_11_0_arm64"),
            Wheel("lib", "1.0", tag="py3-none-win_amd64"),
        ],
    ),
    "only-a-source": Case(
        ["old-lib>=1.4"],
        [Wheel("old-lib", "1.3")],
        sources=["old_lib-1.4.tar.gz", "old_lib-1.5.tar.gz"],
    ),
    "yanked": Case(
        ["lib>=2"],
        [Wheel("lib", "1.0"), Wheel("lib", "2.0")],
        yanked={"lib-2.0-py3-none-any.whl": "loses data"},
    ),
    "newer-than-the-cut-off": Case(
        ["lib", "--exclude-newer", "2023-06-01"], [Wheel("lib", "1.0"), Wheel("lib", "2.0")]
    ),
    "newer-than-the-cut-off-of-a-project": Case(
        [],
        [Wheel("lib", "1.0")],
        files={
            "pyproject.toml": """\
            [project]
            name = "ours"
            version = "1"
            dependencies = ["lib"]

            [tool.uv]
            exclude-newer = "2023-06-01"
            """
        },
    ),
    "other-hash": Case(
        ["-r", "requirements.txt"],
        [Wheel("lib", "1.0")],
        files={"requirements.txt": f"lib==1.0 --hash=sha256:{'0' * 64}\n"},
    ),
    "hash-of-a-dependency": Case(
        ["-r", "requirements.txt", "--require-hashes"],
        CONFLICTING,
        files={"requirements.txt": f"app==1.0 --hash=sha256:{CONFLICTING[0].sha256()}\n"},
    ),
    "extras": Case(
        ["client[old,new]"],
        [
            Wheel(
                "client",
                "1.0",
                requires=["http<2; extra == 'old'", "http>=2; extra == 'new'"],
                extras=["old", "new"],
            ),
            *CONFLICTING,
        ],
    ),
}


def settle(errors: str, index: Index) -> str:
    """The message with names for what depends on the machine."""
    text = errors.replace(index.url, "INDEX")
    text = re.sub(r"CPython \S+ on linux \S+( up to \S+;)?", "PYTHON on PLATFORM;", text)
    text = re.sub(r"the target has \d+\.\d+\.\d+\S*", "the target has PYTHON", text)
    text = re.sub(rf"\b3\.{NEXT_MINOR}\b", "NEXT", text)
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("Resolving ")
    )


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("FLOWSTONE_UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def serve(case: Case, index: Index, project: Project) -> None:
    for wheel in case.wheels:
        index.add(wheel, yanked=case.yanked.get(wheel.filename))
    for source in case.sources:
        index.add_file(source.split("-")[0].replace("_", "-"), source, b"no archive at all")
    for name, text in case.files.items():
        project.write(name, text)
    project.environment["FLOWSTONE_INDEX_URL"] = index.url


def lock(case: Case, index: Index, project: Project, *more: str) -> Done:
    serve(case, index, project)
    return project.engine("lock", *case.arguments, *more)


@pytest.mark.parametrize("name", CASES)
def test_message(name: str, index: Index, project: Project) -> None:
    done = lock(CASES[name], index, project)
    assert (done.status, done.output) == (1, ""), done
    compare(name, settle(done.errors, index))


def test_every_golden_message_has_a_case() -> None:
    more = {"indexes", "flow", "impossible-set"}
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(CASES) | more


@pytest.fixture
def other() -> Iterator[Index]:
    with Index() as running:
        yield running


def lock_with_two(
    project: Project, ours: Index, other: Index, *arguments: str, other_name: str = "other="
) -> Done:
    """With the index `ours` before `other`."""
    return project.engine(
        "lock",
        *arguments,
        "--index-url",
        f"{other_name}{other.url}",
        "--index",
        f"ours={ours.url}",
    )


def test_version_on_an_index_that_was_not_asked(
    index: Index, other: Index, project: Project
) -> None:
    index.add(Wheel("lib", "1.0"))
    other.add(Wheel("lib", "2.0"))
    done = lock_with_two(project, index, other, "lib>=2")
    assert done.status == 1, done
    compare("indexes", settle(done.errors, index))
    assert other.requests == ["GET /simple/lib/"]
    for choice in (["--index-for", "lib=other"], ["--index-strategy", "unsafe-best-match"]):
        taken = lock_with_two(project, index, other, "lib>=2", *choice)
        assert taken.status == 0, taken


def test_index_without_a_name_is_given_one_to_be_pinned_to(
    index: Index, other: Index, project: Project
) -> None:
    index.add(Wheel("lib", "1.0"))
    other.add(Wheel("lib", "2.0"))
    done = lock_with_two(project, index, other, "lib>=2", other_name="")
    assert f"{other.url} has lib 2.0, but lib is taken from ours" in done.errors, done
    hint = f"--index NAME={other.url} --index-for lib=NAME"
    assert hint in done.errors, done
    taken = lock_with_two(
        project, index, other, "lib>=2", *hint.replace("NAME", "more").split(), other_name=""
    )
    assert taken.status == 0, taken


def test_explicit_index_that_has_what_no_other_has(
    index: Index, other: Index, project: Project
) -> None:
    other.add(Wheel("lib", "2.0"))
    table = f"""\
        [project]
        name = "ours"
        version = "1"
        dependencies = ["lib"]

        [[tool.uv.index]]
        name = "gpu"
        url = "{other.url}"
        explicit = true
        """
    project.write("pyproject.toml", table)
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    done = project.engine("lock")
    assert done.status == 1, done
    assert "gpu has lib 2.0, but is only asked for packages that are pinned to it" in done.errors
    assert 'lib = { index = "gpu" } in [tool.uv.sources]' in done.errors
    assert "spelling" not in done.errors
    more = textwrap.dedent(table) + '\n[tool.uv.sources]\nlib = { index = "gpu" }\n'
    project.write("pyproject.toml", more)
    assert project.engine("lock").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["lib>=3"],  # no index has it
        ["lib>=2", "lib<2"],  # no version of it could do
        ["lib>=2", "--exclude-newer", "2023-06-01"],  # what is there is too new
        ["lib>=2", "--offline"],  # nothing is known of the other index
    ],
)
def test_index_that_cannot_help_is_not_named(
    index: Index, other: Index, project: Project, arguments: list[str]
) -> None:
    index.add(Wheel("lib", "1.0"))
    other.add(Wheel("lib", "2.0"))
    assert lock_with_two(project, index, other, "lib").status == 0
    done = lock_with_two(project, index, other, *arguments)
    assert done.status == 1, done
    assert "--index-for" not in done.errors


def test_other_index_is_not_asked_when_there_is_a_solution(
    index: Index, other: Index, project: Project
) -> None:
    index.add(Wheel("lib", "1.0"))
    assert lock_with_two(project, index, other, "lib").status == 0
    assert other.requests == []


def test_other_index_that_is_down_is_no_hindrance(
    index: Index, other: Index, project: Project
) -> None:
    index.add(Wheel("lib", "1.0"))
    other.faults["/*"] = Fault(status=500)
    project.environment["FLOWSTONE_HTTP_RETRIES"] = "0"
    done = lock_with_two(project, index, other, "lib>=2")
    assert done.status == 1, done
    assert "there is no such version (1.0 exists)" in done.errors
    assert "hint" not in done.errors


def test_name_that_an_earlier_lock_had_is_proposed(index: Index, project: Project) -> None:
    serve(Case([], [Wheel("corpkit-frames", "1.0")]), index, project)
    assert project.engine("lock", "corpkit-frames").status == 0
    for misspelt in ("corpkti-frames", "corpkit-frmes", "corpkit-framess"):
        done = project.engine("lock", misspelt)
        assert "hint: did you mean 'corpkit-frames'?" in done.errors, done
    assert "did you mean" not in project.engine("lock", "corpse-forms").errors


def test_set_that_is_impossible_through_thousands_of_versions(
    index: Index, project: Project
) -> None:
    universe = tomllib.loads((UNIVERSES / "unsat.toml").read_text())
    wheels = [
        Wheel(name, version, requires=release.get("requires", []))
        for name, package in universe["packages"].items()
        for version, release in package["versions"].items()
    ]
    # The recorded universe ends where the search did; the real index goes on.
    wheels += [Wheel("urllib3", version) for version in ("1.25.4", "1.26.20", "2.0.7", "2.5.0")]
    done = lock(Case(universe["root"]["requires"], wheels), index, project)
    assert done.status == 1, done
    compare("impossible-set", settle(done.errors, index))


FLOW = """
from flowstone import FlowSpec, pypi, pypi_base, step


@pypi_base(packages={"http": "<2"})
class ConflictFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @pypi(packages={"app": ">=1"})
    @step
    def end(self):
        pass


if __name__ == "__main__":
    ConflictFlow()
"""


def test_flow_says_which_decorators_collide(index: Index, project: Project) -> None:
    serve(Case([], CONFLICTING, files={"flow.py": FLOW}), index, project)
    done = project.flow("run")
    assert done.status == 1, done
    message = done.errors[done.errors.index("error:") :]
    compare("flow", settle(message, index))


def test_json_has_the_argument_as_a_list(index: Index, project: Project) -> None:
    done = lock(CASES["chains-that-meet"], index, project, "--json")
    assert done.status == 1, done
    error = json.loads(done.output)["error"]
    assert error["code"] == "conflict"
    assert error["message"] == "the requirements cannot be satisfied together"
    assert error["reasons"] == [
        "because the command line requires app",
        "and app 1.0 depends on http>=2",
        "and the command line requires old",
        "and old 1.0 depends on http<2",
        "so no version of http is left",
    ]
    assert all(reason in done.errors for reason in error["reasons"])


def test_colours_are_those_of_errors_and_hints(index: Index, project: Project) -> None:
    serve(CASES["misspelt-name"], index, project)
    coloured = project.engine("--color", "always", "lock", "pandsa").errors
    assert "\x1b[" in coloured
    plain = project.engine("--color", "never", "lock", "pandsa").errors
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_verbose_counts_what_resolving_took(index: Index, project: Project) -> None:
    serve(Case([], CONFLICTING), index, project)
    done = project.engine("lock", "app", "-v")
    assert done.status == 0, done
    assert re.search(
        r"^2 project pages \(0 cached\) and metadata of 2 releases \(0 cached\) read with "
        r"4 requests \([\d.]+ \w+\); \d candidates? tried, \d decisions?, 0 conflicts\n"
        r"[\d.]+ m?s: pages [\d.]+ ms, metadata [\d.]+ ms, solving [\d.]+ ms; writing [\d.]+ ms$",
        done.errors,
        re.MULTILINE,
    ), done
    report = json.loads(project.engine("lock", "app", "--json", "--upgrade").output)
    counters = report["counters"]
    assert counters["requests"] == 0
    assert (counters["pages"], counters["cached_pages"]) == (2, 2)
    assert (counters["metadata"], counters["cached_metadata"]) == (2, 2)
    phases = counters["phases"]
    assert set(phases) == {"pages", "metadata", "solving", "writing"}
    assert all(taken > 0 for taken in phases.values())
    resolving = sum(phases.values()) - phases["writing"]
    assert resolving == counters["nanoseconds"]
