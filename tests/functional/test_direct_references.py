"""Packages that come from places of their own: archives, directories, repositories."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import Done, Project
from support.sources import SourceProject
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    index.add(Wheel("dependency", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str) -> str:
    done = project.engine("lock", *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def run_in_lock(project: Project, code: str, *options: str) -> Done:
    return project.engine("exec", *options, "pylock.toml", "python", "-c", code)


def direct_url(project: Project, name: str) -> dict[str, object]:
    code = (
        "import importlib.metadata as m; "
        f"print(m.distribution({name!r}).read_text('direct_url.json'))"
    )
    done = run_in_lock(project, code)
    assert done.status == 0, done
    return json.loads(done.output)


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example", *arguments],
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of `pkg` below python/: 1.0, tagged v1.0, and 2.0 on the branch main."""
    work = tmp_path / "work"
    SourceProject("pkg", "1.0", requires=["dependency"]).write(work / "python")
    git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "one")
    git(work, "tag", "v1.0")
    SourceProject("pkg", "2.0", requires=["dependency"]).write(work / "python")
    git(work, "commit", "--quiet", "-a", "-m", "two")
    bare = tmp_path / "pkg.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


def test_a_wheel_at_a_url(project: Project, stocked: Index) -> None:
    wheel = Wheel("pkg", "1.0", requires=["dependency"])
    stocked.add(wheel)
    url = f"{stocked.origin}/files/{wheel.filename}"
    text = lock(project, f"pkg @ {url}#sha256={wheel.sha256()}")
    assert "[packages.archive]" in text or "archive = {" in text
    assert wheel.sha256() in text
    assert 'name = "dependency"' in text
    assert direct_url(project, "pkg")["url"] == url
    wrong = project.engine("lock", f"pkg @ {url}#sha256={'0' * 64}")
    assert wrong.status == 1, wrong
    assert "sha256" in wrong.errors


def test_a_source_archive_at_a_url(project: Project, stocked: Index) -> None:
    source = SourceProject("pkg", "3.0")
    stocked.add_file("pkg", source.filename, source.sdist())
    text = lock(project, f"pkg @ {stocked.origin}/files/{source.filename}")
    assert source.sha256() in text
    done = run_in_lock(project, "import pkg; print(pkg.VERSION)")
    assert (done.status, done.output) == (0, "3.0\n"), done
    assert "archive_info" in direct_url(project, "pkg")


def test_credentials_of_a_url_stay_out(project: Project, stocked: Index) -> None:
    wheel = Wheel("pkg", "1.0")
    stocked.add(wheel)
    url = f"{stocked.origin}/files/{wheel.filename}".replace("http://", "http://me:s3cret@")
    text = lock(project, f"pkg @ {url}")
    assert "s3cret" not in text
    assert "s3cret" not in json.dumps(direct_url(project, "pkg"))
    for file in (project.home / "cache").rglob("*"):
        if file.is_file():
            assert b"s3cret" not in file.read_bytes(), file


def test_a_tag_is_pinned_to_its_commit(project: Project, stocked: Index, repository: Path) -> None:
    commit = git(repository, "rev-parse", "v1.0")
    text = lock(project, f"pkg @ git+file://{repository}@v1.0#subdirectory=python")
    assert commit in text
    assert 'requested-revision = "v1.0"' in text
    done = run_in_lock(project, "import pkg, dependency; print(pkg.VERSION)")
    assert (done.status, done.output) == (0, "1.0\n"), done
    info = direct_url(project, "pkg")
    assert info["subdirectory"] == "python"
    assert info["vcs_info"] == {"vcs": "git", "commit_id": commit, "requested_revision": "v1.0"}


@pytest.mark.parametrize("revision", ["", "@main", "@{commit}", "@{short}", "@refs/heads/main"])
def test_every_way_to_name_a_revision(
    project: Project, stocked: Index, repository: Path, revision: str
) -> None:
    commit = git(repository, "rev-parse", "main")
    named = revision.format(commit=commit, short=commit[:10])
    text = lock(project, f"pkg @ git+file://{repository}{named}#subdirectory=python")
    assert commit in text
    done = run_in_lock(project, "import pkg; print(pkg.VERSION)")
    assert (done.status, done.output) == (0, "2.0\n"), done


def test_a_revision_that_is_not_there(project: Project, stocked: Index, repository: Path) -> None:
    done = project.engine("lock", f"pkg @ git+file://{repository}@nowhere")
    assert done.status == 1, done
    assert "has no branch, tag or commit 'nowhere'" in done.errors


def test_submodules_come_along(
    project: Project, stocked: Index, repository: Path, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    SourceProject("outer", code={"build": "assert open('inner/python/pkg.py').read()"}).write(outer)
    git(outer, "init", "--quiet", "--initial-branch=main")
    git(
        outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository),
        "inner",
    )  # fmt: skip
    git(outer, "add", ".")
    git(outer, "commit", "--quiet", "-m", "one")
    lock(project, f"outer @ git+file://{outer}")
    done = run_in_lock(project, "import outer; print(outer.VERSION)")
    assert (done.status, done.output) == (0, "1.0\n"), done


def test_a_directory_without_its_name(project: Project, stocked: Index) -> None:
    SourceProject("local-lib", "0.1", requires=["dependency"]).write(project.path / "lib")
    text = lock(project, "./lib")
    assert re.search(r'name = "local-lib"\n(?!version)', text), text
    assert 'name = "dependency"' in text
    done = run_in_lock(project, "import local_lib, dependency; print(local_lib.VERSION)")
    assert (done.status, done.output) == (0, "0.1\n"), done
    assert direct_url(project, "local-lib")["dir_info"] == {}
    assert 'directory = { path = "lib" }' in text, "a lock moves together with its project"
    (project.path / "lib" / "local_lib.py").write_text("VERSION = 'changed'\n")
    done = run_in_lock(project, "import local_lib; print(local_lib.VERSION)")
    assert done.output == "changed\n", done


@pytest.mark.parametrize("arguments", [("-r", "requirements.txt"), ("-e", "./lib"), ("-e", "lib")])
def test_an_editable_directory_is_seen_as_it_changes(
    project: Project, stocked: Index, arguments: tuple[str, ...]
) -> None:
    SourceProject("local-lib").write(project.path / "lib")
    project.write("requirements.txt", "-e ./lib\n")
    text = lock(project, *arguments)
    assert "editable = true" in text
    code = "import local_lib; print(local_lib.VERSION)"
    assert run_in_lock(project, code).output == "1.0\n"
    (project.path / "lib" / "local_lib.py").write_text("VERSION = 'edited'\n")
    assert run_in_lock(project, code).output == "edited\n"
    assert direct_url(project, "local-lib")["dir_info"] == {"editable": True}


def test_a_direct_reference_may_name_others(project: Project, stocked: Index) -> None:
    SourceProject("inner", "5.0").write(project.path / "inner")
    reference = f"inner @ file://{project.path}/inner"
    SourceProject("outer", requires=[reference]).write(project.path / "outer")
    text = lock(project, "./outer")
    assert text.count("[packages.directory]") + text.count("directory = {") == 2, text


def test_two_places_of_one_package_are_a_conflict(project: Project, stocked: Index) -> None:
    SourceProject("inner").write(project.path / "one")
    SourceProject("inner").write(project.path / "two")
    done = project.engine("lock", "inner @ file:./one", "inner @ file:./two")
    assert done.status == 1, done
    assert "wants inner from" in done.errors
    assert "one" in done.errors
    assert "two" in done.errors


def test_a_package_of_an_index_may_not_lead_elsewhere(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("tempting", "1.0", requires=["pkg @ http://127.0.0.1:9/pkg-1.0.tar.gz"]))
    done = project.engine("lock", "tempting")
    assert done.status == 1, done
    assert "at a URL" in done.errors


def test_another_project_than_the_name_says(project: Project, stocked: Index) -> None:
    SourceProject("real-name").write(project.path / "lib")
    done = project.engine("lock", f"other @ file://{project.path}/lib")
    assert done.status == 2, done
    assert "is the project real-name" in done.errors


def test_a_step_of_a_flow_from_a_repository(
    project: Project, stocked: Index, repository: Path
) -> None:
    project.write(
        "flow.py",
        f"""
        from flowstone import FlowSpec, pypi, step

        class BuiltFlow(FlowSpec):
            @pypi(packages={{"pkg": "@ git+file://{repository}@v1.0#subdirectory=python"}})
            @step
            def start(self):
                import pkg
                self.version = pkg.VERSION
                self.next(self.end)

            @step
            def end(self):
                print("built", self.version)

        if __name__ == "__main__":
            BuiltFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 0, done
    assert "built 1.0" in done.output + done.errors
    store = project.path / ".flowstone"
    assert list(store.glob("build/*/*")), "the datastore remembers what was built"
    # Somebody else, without the cache: the wheel comes from the datastore.
    records = list(store.glob("art/*/*"))
    assert any(b"pkg-1.0.dist-info" in record.read_bytes() for record in records)


def test_offline_needs_nothing_that_was_fetched_before(
    project: Project, stocked: Index, repository: Path
) -> None:
    requirement = f"pkg @ git+file://{repository}@v1.0#subdirectory=python"
    first = lock(project, requirement)
    stocked.stop()
    assert lock(project, requirement, "--offline") == first
