"""What is cached is enough when it is there, and what is not there is listed; flat indexes; what an
index says about a project reaches the user.
"""

from __future__ import annotations

import json
import os
import shutil

import pytest
from support.index_server import JSON_TYPE, Fault, Index
from support.project import Done, Project
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0", requires=["beta", "gamma"]))
    index.add(Wheel("beta", "1.0"))
    index.add(Wheel("gamma", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str, **variables: str) -> Done:
    return project.engine("lock", *arguments, "-o", "-", **variables)


def test_offline_gives_the_answer_of_the_cache(project: Project, stocked: Index) -> None:
    online = lock(project, "alpha")
    assert online.status == 0, online
    stocked.add(Wheel("alpha", "2.0"))
    stocked.requests.clear()
    offline = lock(project, "alpha", "--offline")
    assert offline.status == 0, offline
    assert offline.output == online.output
    assert stocked.requests == []


def test_offline_lists_everything_that_is_missing(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("delta", "1.0"))
    assert lock(project, "beta").status == 0
    stocked.faults["/simple/beta/"] = Fault(status=500)
    stocked.faults["/simple/gamma/"] = Fault(status=500)
    assert lock(project, "alpha", FLOWSTONE_HTTP_RETRIES="0").status == 1
    offline = lock(project, "alpha", "delta", "epsilon", "--offline")
    assert offline.status == 1, offline
    assert offline.output == ""
    assert "3 pieces of what is needed are not cached" in offline.errors
    for piece in ("the files of gamma", "the files of delta", "the files of epsilon"):
        assert f"\n  {piece}\n" in offline.errors, offline
    assert "beta" not in offline.errors
    assert "hint: run once without --offline" in offline.errors


def test_refresh_asks_again_about_everything_or_one_package(
    project: Project, stocked: Index
) -> None:
    assert lock(project, "alpha").status == 0
    stocked.requests.clear()
    assert lock(project, "alpha").status == 0
    assert stocked.requests == []
    assert lock(project, "alpha", "--refresh-package", "Gamma").status == 0
    assert stocked.requests == ["GET /simple/gamma/"]
    assert lock(project, "alpha", "--refresh").status == 0
    assert {"GET /simple/alpha/", "GET /simple/beta/"} <= set(stocked.requests)


def test_best_match_looks_into_all_indexes(project: Project, stocked: Index) -> None:
    with Index() as other:
        other.add(Wheel("beta", "3.0"))
        indexes = ["--index", stocked.url, "--default-index", other.url]
        first = lock(project, "beta", *indexes)
        assert 'version = "1.0"' in first.output, first
        best = lock(project, "beta", *indexes, "--index-strategy", "unsafe-best-match")
        assert 'version = "3.0"' in best.output, best
        assert f'index = "{other.url}"' in best.output
        match = lock(project, "beta", *indexes, "--index-strategy", "unsafe-first-match")
        assert 'version = "1.0"' in match.output, match
        newer = lock(project, "beta>1", *indexes, "--index-strategy", "unsafe-first-match")
        assert 'version = "3.0"' in newer.output, newer


def test_the_status_of_a_project_is_a_warning(project: Project, stocked: Index) -> None:
    for name, status in (("beta", "archived"), ("gamma", "deprecated")):
        page = json.loads(stocked.page(name)[0])
        page["project-status"] = {"status": status, "reason": f"{name} is old"}
        stocked.faults[f"/simple/{name}/"] = Fault(
            body=json.dumps(page).encode(), headers={"Content-Type": JSON_TYPE}
        )
    done = lock(project, "alpha")
    assert done.status == 0, done
    assert done.errors.count("beta is archived: no new releases are expected: beta is old") == 1
    assert done.errors.count("gamma is deprecated: gamma is old") == 1


def test_a_quarantined_project_has_no_files(project: Project, stocked: Index) -> None:
    page = {
        "meta": {"api-version": "1.4"},
        "name": "beta",
        "files": [],
        "project-status": {"status": "quarantined", "reason": "malware"},
    }
    stocked.faults["/simple/beta/"] = Fault(
        body=json.dumps(page).encode(), headers={"Content-Type": JSON_TYPE}
    )
    done = lock(project, "beta")
    assert done.status == 1, done
    assert "quarantined" in done.errors


def test_a_yanked_release_is_named_with_its_reason(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("beta", "2.0"), yanked="breaks everything")
    done = lock(project, "beta==2.0")
    assert done.status == 0, done
    assert "beta 2.0 is yanked: breaks everything" in done.errors


def test_a_directory_of_wheels_is_an_index(project: Project) -> None:
    """A flat one by --find-links, and a tree of directories by a file: URL."""
    flat = project.path / "wheels"
    tree = project.path / "mirror" / "beta"
    flat.mkdir()
    tree.mkdir(parents=True)
    alpha = Wheel("alpha", "1.0", requires=["beta"])
    beta = Wheel("beta", "1.0")
    (flat / alpha.filename).write_bytes(alpha.bytes())
    (tree / beta.filename).write_bytes(beta.bytes())
    for file in (flat / alpha.filename, tree / beta.filename):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    arguments = ["--find-links", "wheels", "--index-url", (tree.parent).as_uri()]
    done = lock(project, "alpha", *arguments, "--offline")
    assert done.status == 0, done
    assert done.output.count("sha256 = ") == 2, done
    assert project.engine("lock", "alpha", "-o", "found.toml", *arguments).status == 0
    installed = project.engine("sync", "found.toml", *arguments)
    assert installed.status == 0, installed


def test_a_changed_local_wheel_is_hashed_anew(project: Project) -> None:
    flat = project.path / "wheels"
    flat.mkdir()
    wheel = flat / "alpha-1.0-py3-none-any.whl"
    wheel.write_bytes(Wheel("alpha", "1.0").bytes())
    os.utime(wheel, (1_600_000_000, 1_600_000_000))
    arguments = ["--no-index", "--find-links", "wheels"]
    before = lock(project, "alpha", *arguments)
    assert lock(project, "alpha", *arguments).output == before.output
    wheel.write_bytes(Wheel("alpha", "1.0", files={"alpha.py": b"changed = 1\n"}).bytes())
    after = lock(project, "alpha", *arguments)
    assert after.status == 0, after
    assert after.output != before.output
    shutil.rmtree(flat)
