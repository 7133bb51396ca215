"""Repositories: every way to name a commit, logins, submodules, large files, the cached mirror."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from support.git_server import GitServer
from support.project import Done, Project
from support.sources import SourceProject


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example", *arguments],
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def commit_all(work: Path, message: str) -> str:
    if not (work / ".git").exists():
        git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "add", "--all", ".")
    git(work, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(work, "rev-parse", "HEAD")


@pytest.fixture
def offline(project: Project) -> Project:
    """No index: what the projects here need is in their repositories."""
    project.environment["FLOWSTONE_NO_INDEX"] = "1"
    project.environment.pop("FLOWSTONE_INDEX_URL")
    return project


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The project `pkg` 1.0 with one commit on the branch main."""
    directory = SourceProject("pkg", "1.0").write(tmp_path / "work")
    commit_all(directory, "one")
    return directory


def lock(project: Project, *arguments: str) -> str:
    done = project.engine("lock", *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def version_of(project: Project, name: str = "pkg", *options: str) -> str:
    done = project.engine(
        "exec", *options, "pylock.toml", "python", "-c", f"import {name}; print({name}.VERSION)"
    )
    assert done.status == 0, done
    return done.output.strip()


def new_version(work: Path, version: str) -> str:
    SourceProject("pkg", version).write(work)
    return commit_all(work, version)


def test_a_branch_with_a_slash_moves_when_asked_anew(offline: Project, work: Path) -> None:
    git(work, "checkout", "--quiet", "-b", "feature/deep/name")
    first = new_version(work, "2.0")
    requirement = f"pkg @ git+file://{work}@feature/deep/name"
    assert first in lock(offline, requirement)
    second = new_version(work, "3.0")
    assert second in lock(offline, requirement, "--upgrade")
    assert version_of(offline) == "3.0"


@pytest.mark.parametrize("name", ["refs/heads/main", "refs/changes/1/head"])
def test_a_full_reference_moves_too(offline: Project, work: Path, name: str) -> None:
    git(work, "update-ref", name, "HEAD")
    requirement = f"pkg @ git+file://{work}@{name}"
    assert git(work, "rev-parse", name) in lock(offline, requirement)
    second = new_version(work, "3.0")
    git(work, "update-ref", name, second)
    assert second in lock(offline, requirement, "--upgrade")


def test_a_commit_that_no_branch_reaches(offline: Project, work: Path) -> None:
    git(work, "checkout", "--quiet", "--detach")
    lone = new_version(work, "7.0")
    git(work, "update-ref", "refs/pull/1/head", lone)
    git(work, "checkout", "--quiet", "main")
    git(work, "config", "uploadpack.allowAnySHA1InWant", "true")
    assert lone in lock(offline, f"pkg @ git+file://{work}@{lone}")
    assert version_of(offline) == "7.0"


def test_an_editable_repository_is_taken_at_its_commit(offline: Project, work: Path) -> None:
    offline.write("requirements.txt", f"-e git+file://{work}@main#egg=pkg\n")
    done = offline.engine("lock", "-r", "requirements.txt")
    assert done.status == 0, done
    assert "is installed as it is at its commit" in done.errors
    text = (offline.path / "pylock.toml").read_text()
    assert git(work, "rev-parse", "main") in text
    assert "editable = true" not in text
    assert version_of(offline) == "1.0"


def test_a_directory_inside_and_an_extra(offline: Project, tmp_path: Path) -> None:
    work = tmp_path / "mono"
    source = SourceProject("pkg", "1.0").write(work / "python" / "pkg")
    (source / "pyproject.toml").write_text(
        (source / "pyproject.toml").read_text()
        + '[project]\nname = "pkg"\nversion = "1.0"\n[project.optional-dependencies]\n'
        + f'more = ["other @ git+file://{work}#subdirectory=python/other"]\n'
    )
    SourceProject("other", "2.0").write(work / "python" / "other")
    commit_all(work, "one")
    offline.write(
        "requirements.txt",
        f"git+file://{work}@main#egg=pkg[more]&subdirectory=python/pkg\n",
    )
    text = lock(offline, "-r", "requirements.txt")
    assert text.count('subdirectory = "python/') == 2
    assert version_of(offline, "other") == "2.0"


def test_submodules_are_mirrored_and_work_offline(
    offline: Project, work: Path, tmp_path: Path
) -> None:
    outer = SourceProject("outer", code={"build": "assert open('libs/pkg/pkg.py').read()"}).write(
        tmp_path / "outer"
    )
    git(outer, "init", "--quiet", "--initial-branch=main")
    git(
        outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        "../work", "libs/pkg",
    )  # fmt: skip
    commit_all(outer, "one")
    requirement = f"outer @ git+file://{outer}"
    first = lock(offline, requirement)
    assert version_of(offline, "outer") == "1.0"
    # The mirrors alone are enough to build again.
    outer.rename(tmp_path / "away")
    work.rename(tmp_path / "away-too")
    done = offline.engine("sync", "pylock.toml", "--offline", "-C", "again=1")
    assert done.status == 0, done
    assert (offline.path / "pylock.toml").read_text() == first


def test_pointers_of_large_files_are_warned_of(offline: Project, work: Path) -> None:
    (work / ".gitattributes").write_text("*.bin filter=lfs\n")
    (work / "model.bin").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    )
    commit_all(work, "large")
    done = offline.engine("lock", f"pkg @ git+file://{work}")
    assert done.status == 0, done
    assert done.errors.count("pointers of Git LFS") == 1, done
    assert "model.bin" in done.errors


@pytest.fixture
def private(work: Path, tmp_path: Path) -> Iterator[GitServer]:
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(tmp_path / "served" / "pkg.git"))
    with GitServer(tmp_path / "served", "me", "s3cret") as server:
        yield server


def expect_no_secret(project: Project, *done: Done) -> None:
    for one in done:
        assert "s3cret" not in one.output + one.errors
    for file in project.home.rglob("*"):
        if file.is_file() and file.name not in (".gitconfig", "helper"):
            assert b"s3cret" not in file.read_bytes(), file
    assert "s3cret" not in (project.path / "pylock.toml").read_text()


def test_a_private_repository_by_the_credential_helper_of_the_user(
    offline: Project, private: GitServer
) -> None:
    offline.home.mkdir(parents=True, exist_ok=True)
    helper = offline.home / "helper"
    helper.write_text("#!/bin/sh\necho username=me\necho password=s3cret\n")
    helper.chmod(0o755)
    (offline.home / ".gitconfig").write_text(f"[credential]\n\thelper = {helper}\n")
    done = offline.engine("lock", f"pkg @ git+{private.url}/pkg.git@main")
    assert done.status == 0, done
    assert version_of(offline) == "1.0"
    expect_no_secret(offline, done)


def test_a_private_repository_by_the_url(offline: Project, private: GitServer) -> None:
    url = private.url.replace("http://", "http://me:s3cret@")
    done = offline.engine("lock", f"pkg @ git+{url}/pkg.git@main")
    assert done.status == 0, done
    assert version_of(offline) == "1.0"
    expect_no_secret(offline, done)


def test_without_a_login_nobody_is_asked(offline: Project, private: GitServer) -> None:
    done = offline.engine("lock", f"pkg @ git+{private.url}/pkg.git@main")
    assert done.status == 1, done
    assert private.refused > 0
    assert "git could not fetch" in done.errors
    assert "credential helper" in done.errors


def test_a_submodule_on_this_machine_of_a_repository_elsewhere_is_refused(
    offline: Project, work: Path, tmp_path: Path
) -> None:
    outer = SourceProject("outer").write(tmp_path / "outer")
    git(outer, "init", "--quiet", "--initial-branch=main")
    git(
        outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        f"file://{work}", "inner",
    )  # fmt: skip
    commit_all(outer, "one")
    git(tmp_path, "clone", "--quiet", "--bare", str(outer), str(tmp_path / "served" / "outer.git"))
    with GitServer(tmp_path / "served", "me", "s3cret") as server:
        url = server.url.replace("http://", "http://me:s3cret@")
        done = offline.engine("lock", f"outer @ git+{url}/outer.git")
    assert done.status == 1, done
    assert "has a submodule on this machine" in done.errors


def monorepo(directory: Path, source: str, workspace: str = "") -> str:
    """app needs core, which needs base; where they are is said by `source`. The commit."""
    (directory / "packages").mkdir(parents=True)
    if workspace:
        (directory / "pyproject.toml").write_text(workspace)
    for name, requires in (("app", ["core>=1"]), ("core", ["base"]), ("base", [])):
        project = SourceProject(name, requires=requires, static=True)
        pyproject = project.write(directory / "packages" / name) / "pyproject.toml"
        sources = "".join(
            f"{required.split('>')[0]} = {source % required.split('>')[0]}\n"
            for required in requires
        )
        pyproject.write_text(pyproject.read_text() + "[tool.uv.sources]\n" + sources)
    return commit_all(directory, "one")


@pytest.mark.parametrize("kind", ["path", "editable", "workspace"])
def test_sources_of_a_project_in_a_repository_are_of_its_commit(
    offline: Project, tmp_path: Path, kind: str
) -> None:
    work = tmp_path / "mono"
    if kind == "workspace":
        root = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
        commit = monorepo(work, "{ workspace = true } # %s", root)
    else:
        source = '{ path = "../%s"' + (", editable = true }" if kind == "editable" else " }")
        commit = monorepo(work, source)
    requirement = f"app @ git+file://{work}@main#subdirectory=packages/app"
    text = lock(offline, requirement)
    for name in ("app", "core", "base"):
        assert f'subdirectory = "packages/{name}"' in text
    assert text.count(f'commit-id = "{commit}"') == 3, text
    assert str(offline.home) not in text
    assert version_of(offline, "base") == "1.0"
    assert lock(offline, requirement, "--upgrade") == text  # from what is remembered


def test_a_source_that_leads_out_of_the_repository(offline: Project, tmp_path: Path) -> None:
    work = tmp_path / "mono"
    monorepo(work, '{ path = "../../../%s" }')
    done = offline.engine("lock", f"app @ git+file://{work}#subdirectory=packages/app")
    assert done.status == 2, done
    assert "packages/app/pyproject.toml: the source of core leads out of the repository" in (
        done.errors
    )
    assert str(offline.home) not in done.errors


def test_a_workspace_around_the_cache_is_not_that_of_a_repository(
    offline: Project, tmp_path: Path
) -> None:
    offline.home.mkdir(parents=True, exist_ok=True)
    (offline.home / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["**"]\n')
    work = tmp_path / "mono"
    monorepo(work, "{ workspace = true } # %s")
    done = offline.engine("lock", f"app @ git+file://{work}#subdirectory=packages/app")
    assert done.status == 2, done
    assert "no member of the workspace has this name" in done.errors
