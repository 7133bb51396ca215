"""Which files uv's settings keep out: a nearer file undoes what a farther one says, as in uv."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.project import Project
from support.sources import SourceProject
from support.uv_answers import locked, locked_by_uv
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    """alpha and beta have only sources of their newest version; of gamma only the first has one."""
    for name in ("alpha", "beta"):
        index.add(Wheel(name, "1.0"))
        source = SourceProject(name, "2.0", static=True)
        index.add_file(name, source.filename, source.sdist())
    source = SourceProject("gamma", "1.0", static=True)
    index.add_file("gamma", source.filename, source.sdist())
    index.add(Wheel("gamma", "1.0"))
    index.add(Wheel("gamma", "2.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write("requirements.in", "alpha\nbeta\ngamma\n")
    return index


ALL = {"alpha": "2.0", "beta": "2.0", "gamma": "2.0"}
WHEELS = {"alpha": "1.0", "beta": "1.0", "gamma": "2.0"}
ALPHA_WHEEL = {**ALL, "alpha": "1.0"}
GAMMA_SOURCE = {**ALL, "gamma": "1.0"}


@pytest.mark.parametrize(
    ("near", "far", "expected"),
    [
        ("", "", ALL),
        ("", "no-build = true", WHEELS),
        ("no-build = false", "no-build = true", ALL),
        ('no-build-package = ["alpha"]', "no-build = true", WHEELS),
        ("no-build = false", 'no-build-package = ["alpha"]', ALL),
        ('no-build-package = ["beta"]', 'no-build-package = ["alpha"]', WHEELS),
        ('no-build = false\nno-build-package = ["alpha"]', "", ALL),
        ("[pip]\nno-build = true", "", WHEELS),
        ('[pip]\nonly-binary = ["alpha"]', "", ALPHA_WHEEL),
        ('no-build = true\n[pip]\nonly-binary = [":none:"]', "", WHEELS),
        ("no-build = true\n[pip]\nno-build = false", "", WHEELS),
        ("no-build = false", '[pip]\nonly-binary = ["alpha"]', ALPHA_WHEEL),
        ('no-binary-package = ["gamma"]', "", GAMMA_SOURCE),
        ("no-binary = false", 'no-binary-package = ["gamma"]', ALL),
        ('[pip]\nno-binary = ["gamma"]', "no-binary = false", GAMMA_SOURCE),
    ],
    ids=lambda value: value.replace("\n", " ") if isinstance(value, str) else "",
)
def test_files_of_uv_are_merged_as_uv_merges_them(
    project: Project, stocked: Index, near: str, far: str, expected: dict[str, str]
) -> None:
    user = project.home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)
    user.write_text(far + "\n")
    project.write("uv.toml", near + "\n")
    assert locked(project, "-r", "requirements.in", "--allow-build") == expected
    assert locked_by_uv(project, stocked, "requirements.in") == expected


def test_the_switches_that_uv_reads_from_variables(project: Project, stocked: Index) -> None:
    arguments = ("gamma", "--static-sources")
    assert locked(project, *arguments) == {"gamma": "2.0"}
    assert locked(project, *arguments, UV_NO_BINARY="1") == {"gamma": "1.0"}
    assert locked(project, *arguments, UV_NO_BINARY="false") == {"gamma": "2.0"}
    assert locked(project, *arguments, UV_NO_BINARY_PACKAGE="gamma") == {"gamma": "1.0"}
    arguments = ("alpha", "--static-sources")
    assert locked(project, *arguments, UV_NO_BUILD="1") == {"alpha": "1.0"}
    assert locked(project, *arguments, UV_NO_BUILD_PACKAGE="alpha") == {"alpha": "1.0"}
