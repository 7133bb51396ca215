"""Builds where the disk is full or must not be written: a clean error, nothing left behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support.disks import small_disk
from support.index_server import Index
from support.project import Done, Project
from support.sources import SourceProject

WRITE = "open('large.bin', 'wb').write(bytes(12 << 20))"


def publish(index: Index, project: Project, source: SourceProject) -> None:
    index.max_age = 0
    index.add_file(source.name, source.filename, source.sdist())
    project.environment["FLOWSTONE_INDEX_URL"] = index.url


def expect_nothing_left(project: Project) -> None:
    cache = Path(project.environment["FLOWSTONE_HOME"]) / "v1"
    assert [str(entry) for entry in (cache / "tmp").glob("*")] == []
    assert not list((cache / "build").rglob("*.whl"))
    doctor = project.engine("doctor", "--thorough")
    assert doctor.status == 0, doctor


def expect_built(project: Project, done: Done) -> None:
    assert done.status == 0, done
    ran = project.engine(
        "exec", "--allow-build", "pylock.toml", "python", "-c", "import big; print(big.VERSION)"
    )
    assert (ran.status, ran.output) == (0, "1.0\n"), ran


@pytest.mark.parametrize("hook", ["prepare_metadata", "build"])
def test_a_build_that_fills_the_disk(
    project: Project, index: Index, tmp_path: Path, hook: str
) -> None:
    publish(index, project, SourceProject("big", code={hook: WRITE}))
    with small_disk(tmp_path / "disk", 8) as disk:
        project.environment["FLOWSTONE_HOME"] = str(disk.path)
        done = project.engine("lock", "big", "--allow-build")
        if hook == "build":
            assert done.status == 0, done
            done = project.engine("sync", "--allow-build", "pylock.toml")
        assert done.status != 0, done
        assert "No space left on device" in done.errors
        assert "building big 1.0 failed" in done.errors
        expect_nothing_left(project)
        disk.grow(64)
        expect_built(project, project.engine("lock", "big", "--allow-build"))


def test_a_disk_without_room_for_the_source(project: Project, index: Index, tmp_path: Path) -> None:
    noise = {"build": "# " + os.urandom(1 << 20).hex()}
    publish(index, project, SourceProject("big", code=noise))
    with small_disk(tmp_path / "disk", 8) as disk:
        project.environment["FLOWSTONE_HOME"] = str(disk.path)
        assert project.engine("lock", "big", "--no-index").status == 1  # the cache is laid out
        filler = disk.fill(leave_kilobytes=512)
        done = project.engine("lock", "big", "--allow-build")
        assert done.status == 1, done
        assert str(disk.path) in done.errors, done
        assert "o space left" in done.errors, done
        filler.unlink()
        expect_nothing_left(project)
        disk.grow(64)
        expect_built(project, project.engine("lock", "big", "--allow-build"))


def test_a_cache_that_must_not_be_written(project: Project, index: Index, tmp_path: Path) -> None:
    publish(index, project, SourceProject("big"))
    with small_disk(tmp_path / "disk", 8) as disk:
        project.environment["FLOWSTONE_HOME"] = str(disk.path / "cache")
        subprocess.run(["mount", "-o", "remount,ro", str(disk.path)], check=True)
        done = project.engine("lock", "big", "--allow-build")
        assert done.status == 1, done
        assert str(disk.path / "cache") in done.errors, done
        assert "FLOWSTONE_HOME" in done.errors, done
        subprocess.run(["mount", "-o", "remount,rw", str(disk.path)], check=True)
        expect_built(project, project.engine("lock", "big", "--allow-build"))
