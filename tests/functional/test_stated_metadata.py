"""`[[tool.uv.dependency-metadata]]` stands in for what releases publish, as it does in uv."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.project import Project
from support.sources import SourceProject
from support.uv_answers import locked, locked_by_uv
from support.wheels import Wheel

BROKEN = {"get_requires": "raise SystemExit('no compiler')", "build": "raise SystemExit('no')"}


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    """app 2.0 needs what does not exist; old and older cannot be built."""
    index.add(Wheel("app", "1.0", requires=["leaf"]))
    index.add(Wheel("app", "2.0", requires=["gone"]))
    index.add(Wheel("leaf", "1.0"))
    index.add(Wheel("leaf", "2.0"))
    source = SourceProject("old", "1.0", code=BROKEN)
    index.add_file("old", source.filename, source.sdist())
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def stating(name: str, *lines: str) -> str:
    return "\n".join(["[[dependency-metadata]]", f'name = "{name}"', *lines, ""])


LEAF_1 = 'requires-dist = ["leaf<2"]'
LEAF = 'requires-dist = ["leaf"]'


@pytest.mark.parametrize(
    ("near", "far", "wanted", "expected"),
    [
        (stating("app", LEAF_1), "", "app", {"app": "2.0", "leaf": "1.0"}),
        (stating("App"), "", "app", {"app": "2.0"}),
        (stating("app", 'version = "2.0"', LEAF_1), "", "app<2", {"app": "1.0", "leaf": "2.0"}),
        (
            stating("app", LEAF_1) + stating("app", 'version = "2.0"', LEAF),
            "",
            "app",
            {"app": "2.0", "leaf": "2.0"},
        ),
        (stating("app", LEAF_1), stating("app", LEAF), "app", {"app": "2.0", "leaf": "1.0"}),
        (
            stating("app", LEAF_1),
            stating("app", 'version = "2"', LEAF),
            "app",
            {"app": "2.0", "leaf": "2.0"},
        ),
        (
            stating("app", LEAF).replace("[[", "[[pip.") + stating("app", LEAF_1),
            "",
            "app",
            {"app": "2.0", "leaf": "2.0"},
        ),
        (
            stating("app", 'version = "2.0"', LEAF_1, 'requires-python = ">=3.99"'),
            "",
            "app",
            {"app": "1.0", "leaf": "2.0"},
        ),
        (
            stating(
                "app", 'provides-extra = ["tls"]', "requires-dist = [\"leaf<2; extra=='tls'\"]"
            ),
            "",
            "app[tls]",
            {"app": "2.0", "leaf": "1.0"},
        ),
        (stating("old", LEAF_1), "", "old", {"leaf": "1.0", "old": "1.0"}),
        (stating("old", 'version = "1.0"'), "", "old", {"old": "1.0"}),
    ],
    ids=[
        *("general", "nothing", "other-version", "version", "near", "far-version", "pip"),
        *("python", "extra", "source", "source-version"),
    ],
)
def test_it_counts_instead_of_what_is_published(
    project: Project, stocked: Index, near: str, far: str, wanted: str, expected: dict[str, str]
) -> None:
    user = project.home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)
    user.write_text(far)
    project.write("uv.toml", near)
    project.write("requirements.in", wanted + "\n")
    assert locked(project, "-r", "requirements.in", "--static-sources") == expected
    assert locked_by_uv(project, stocked, "requirements.in") == expected


def test_nobody_is_asked_for_the_metadata(project: Project, stocked: Index) -> None:
    project.write("uv.toml", stating("app", LEAF_1) + stating("old"))
    assert locked(project, "app", "old", "--allow-build") == {
        "app": "2.0",
        "leaf": "1.0",
        "old": "1.0",
    }
    asked = {request.split("/")[-1] for request in stocked.requests}
    assert not any(name.startswith(("app-", "old-")) for name in asked), stocked.requests


def test_references_are_known_by_it_too(project: Project, stocked: Index) -> None:
    source = SourceProject("old", "1.0", code=BROKEN)
    project.write(source.filename, source.sdist())
    project.write("requirements.in", f"old @ file://{project.path}/{source.filename}\n")
    project.write("uv.toml", stating("old", 'version = "1.0"', LEAF_1))
    expected = {"leaf": "1.0", "old": "1.0"}
    assert locked(project, "-r", "requirements.in") == expected
    assert locked_by_uv(project, stocked, "requirements.in") == expected
    project.write("uv.toml", stating("old", LEAF_1))  # of which version?
    done = project.engine("lock", "-r", "requirements.in", "-o", "-")
    assert done.status == 2, done
    assert "no compiler" in done.errors


def test_a_lock_says_what_was_stated(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        '[project]\nname = "demo"\nversion = "1"\ndependencies = ["app"]\n'
        + stating("app", 'version = "2.0"', LEAF_1).replace("[[", "[[tool.uv."),
    )
    assert project.engine("lock").status == 0
    text = (project.path / "pylock.toml").read_text()
    assert '"metadata-of-app-2.0" = "requires-dist leaf<2"\n' in text
    assert project.engine("lock", "--check").status == 0
    project.write(
        "pyproject.toml", '[project]\nname = "demo"\nversion = "1"\ndependencies = ["app"]\n'
    )
    check = project.engine("lock", "--check")
    assert check.status == 1, check
    assert "metadata-of-app-2.0=requires-dist leaf<2" in check.output + check.errors
