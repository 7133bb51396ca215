"""What `sync` and `exec` tell about the environments that they make."""

from __future__ import annotations

import re

import pytest
from support.index_server import Index
from support.project import Project
from support.wheels import Wheel


@pytest.fixture
def locked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0", requires=["beta"]))
    index.add(Wheel("beta", "1.5"))
    index.add(Wheel("gamma", "3.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    assert project.engine("lock", "alpha", "-o", "one.toml").status == 0
    assert project.engine("lock", "alpha", "gamma", "-o", "more.toml").status == 0
    return index


def test_the_summary_counts_where_packages_came_from(locked: Index, project: Project) -> None:
    assert locked.url
    first = project.engine("sync", "one.toml")
    assert re.search(
        r"^2 packages, 2 downloaded \([\d.]+ k?B\), environment [0-9a-f]{12} in \d",
        first.errors,
        re.MULTILINE,
    ), first
    more = project.engine("sync", "more.toml")
    assert re.search(
        r"^3 packages, 2 from cache, 1 downloaded \([\d.]+ k?B\), environment ",
        more.errors,
        re.MULTILINE,
    ), more
    again = project.engine("sync", "more.toml")
    assert again.errors == "", again
    assert again.output == more.output
    assert project.engine("-q", "sync", "one.toml").errors == ""


def test_v_tells_what_was_decided(locked: Index, project: Project) -> None:
    assert locked.url
    made = project.engine("sync", "-v", "one.toml")
    assert made.status == 0, made
    assert re.search(r"^Python 3\.\d+\.\d+\S* at /", made.errors, re.MULTILINE), made
    assert "2 of 2 packages of the lock are for this Python and this machine\n" in made.errors
    assert re.search(r"^alpha 1\.0: downloaded \(", made.errors, re.MULTILINE), made
    assert re.search(r"^link mode symlink$", made.errors, re.MULTILINE), made
    done = project.engine("exec", "-v", "one.toml", "--", "python", "-c", "print('ran')")
    assert done.output == "ran\n", done
    assert "was there, and is as it was made\n" in done.errors, done
    assert re.search(r"^2 packages, environment [0-9a-f]{12} found in ", done.errors, re.MULTILINE)


def test_v_tells_what_stays_in_a_virtual_environment(locked: Index, project: Project) -> None:
    assert locked.url
    assert project.engine("sync", "one.toml", "--into", ".venv").status == 0
    again = project.engine("sync", "more.toml", "--into", ".venv", "-v")
    assert again.output == "= alpha 1.0\n= beta 1.5\n+ gamma 3.0\n", again
