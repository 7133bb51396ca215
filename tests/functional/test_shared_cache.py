"""One cache for several processes, a cache that cannot be written, a disk that is full."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from support.disks import small_disk
from support.index_server import Index
from support.project import BUILD_PYTHON, ENGINE, Project
from support.wheels import Wheel

NOBODY = 65534
BIG = 6_000_000  # of what does not compress

FLOW = """
    from flowstone import FlowSpec, step, pypi

    class CacheFlow(FlowSpec):
        @pypi(packages={"PACKAGE": "1.0"})
        @step
        def start(self):
            import PACKAGE, beta
            print("has", PACKAGE.__version__, beta.__version__)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        CacheFlow()
"""


def stock(index: Index) -> None:
    index.add(Wheel("alpha", "1.0", requires=["beta"]))
    index.add(Wheel("gamma", "1.0", requires=["beta"]))
    index.add(Wheel("beta", "2.0"))


def stock_big(index: Index) -> None:
    noise = random.Random(7).randbytes(BIG)
    files = {"alpha/__init__.py": b"__version__ = '1.0'\n", "alpha/noise.bin": noise}
    index.add(Wheel("alpha", "1.0", requires=["beta"], files=files))
    index.add(Wheel("beta", "2.0"))


def project_with(path: Path, home: Path, index: Index, package: str) -> Project:
    project = Project(path, home)
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    project.write("flow.py", FLOW.replace("PACKAGE", package))
    return project


def run_at_once(projects: list[Project]) -> list[str]:
    """Output of all, which succeed."""
    running = [project.start("run") for project in projects]
    outputs = [process.communicate(timeout=120)[0].decode() for process in running]
    assert [process.returncode for process in running] == [0] * len(running), outputs
    return outputs


def downloads(index: Index) -> list[str]:
    return sorted(line.split()[1] for line in index.requests if line.endswith(".whl"))


def test_the_same_environment_is_built_once(tmp_path: Path, index: Index) -> None:
    stock(index)
    projects = [project_with(tmp_path / name, tmp_path / "home", index, "alpha") for name in "abc"]
    for output in run_at_once(projects):
        assert "has 1.0 2.0" in output
    assert downloads(index) == [
        "/files/alpha-1.0-py3-none-any.whl",
        "/files/beta-2.0-py3-none-any.whl",
    ]


def test_two_environments_share_an_unpacked_wheel(tmp_path: Path, index: Index) -> None:
    stock(index)
    home = tmp_path / "home"
    alpha = project_with(tmp_path / "a", home, index, "alpha")
    gamma = project_with(tmp_path / "b", home, index, "gamma")
    outputs = run_at_once([alpha, gamma])
    assert all("has 1.0 2.0" in output for output in outputs)
    (unpacked,) = home.glob("cache/v1/arc/*/*/site/beta/__init__.py")
    installed = list(home.glob("cache/v1/env/*/lib/*/site-packages/beta/__init__.py"))
    assert len(installed) == 2, installed
    assert {path.stat().st_ino for path in installed} == {unpacked.stat().st_ino}
    doctor = alpha.engine("doctor", "--thorough")
    assert doctor.status == 0, doctor


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user may enter and write to, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(prefix="flowstone-test-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def command_of_nobody(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return subprocess.run(
        [*command, str(BUILD_PYTHON), *arguments],
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv(1)"
)
def test_a_cache_that_cannot_be_written_is_named(open_directory: Path, index: Index) -> None:
    stock(index)
    project = project_with(open_directory / "project", open_directory / "home", index, "alpha")
    project.path.chmod(0o777)
    project.home.mkdir()
    cache = project.home / "cache"
    cache.mkdir(mode=0o755)  # root's
    probe = command_of_nobody(
        project, "-c", f"import os; assert os.access({str(ENGINE)!r}, os.X_OK)"
    )
    if probe.returncode != 0:
        pytest.skip("another user cannot reach the engine here")
    done = command_of_nobody(project, "flow.py", "run")
    assert done.returncode == 1, done
    assert str(cache) in done.stderr, done.stderr
    assert "FLOWSTONE_HOME" in done.stderr, done.stderr
    assert "ermission denied" in done.stderr, done.stderr
    project.environment["FLOWSTONE_HOME"] = str(open_directory / "mine")
    done = command_of_nobody(project, "flow.py", "run")
    assert done.returncode == 0, done.stderr


def files_below(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


@pytest.mark.parametrize("megabytes", [3, 8])
def test_a_full_cache_disk(tmp_path: Path, index: Index, megabytes: int) -> None:
    """3 MB are not enough for the wheel; 8 MB are, but not for what is in it as well."""
    stock_big(index)
    with small_disk(tmp_path / "home" / "cache", megabytes) as disk:
        project = project_with(tmp_path / "project", tmp_path / "home", index, "alpha")
        done = project.flow("run")
        assert done.status == 1, done
        assert str(disk.path) in done.errors, done
        assert "alpha" in done.errors, done
        assert re.search(r"has [\d.]+ MiB left, and [\d.]+ MiB are needed", done.errors), done
        assert not [
            name for name in files_below(disk.path) if "noise" in name or name.endswith("wheel")
        ]
        assert project.engine("doctor", "--thorough").status == 0
        disk.grow(64)
        again = project.flow("run")
        assert again.status == 0, again
        assert "has 1.0 2.0" in again.output


BIG_ARTIFACT_FLOW = """
    import random
    from flowstone import FlowSpec, step

    class BigArtifactFlow(FlowSpec):
        @step
        def start(self):
            self.big = random.Random(1).randbytes(6_000_000)
            self.next(self.end)

        @step
        def end(self):
            print("size", len(self.big))

    if __name__ == "__main__":
        BigArtifactFlow()
"""


def test_a_full_datastore_disk(project: Project, tmp_path: Path) -> None:
    with small_disk(tmp_path / "store", 4) as disk:
        project.environment["FLOWSTONE_DATASTORE"] = str(disk.path)
        project.write("flow.py", BIG_ARTIFACT_FLOW)
        done = project.flow("run")
        assert done.status == 1, done
        said = done.errors + done.output
        assert "big" in said, done
        assert "o space left" in said, done
        verified = project.engine("store", "verify")
        assert verified.status == 0, verified
        disk.grow(64)
        resumed = project.flow("resume")
        assert resumed.status == 0, resumed
        assert "size 6000000" in resumed.output, resumed


def test_a_datastore_disk_without_any_room(project: Project, tmp_path: Path) -> None:
    with small_disk(tmp_path / "store", 1) as disk:
        project.environment["FLOWSTONE_DATASTORE"] = str(disk.path)
        project.write("flow.py", BIG_ARTIFACT_FLOW)
        filler = disk.fill(leave_kilobytes=0)
        done = project.flow("run")
        assert done.status == 1, done
        assert "o space left" in done.errors, done
        assert str(disk.path) in done.errors, done
        filler.unlink()
        disk.grow(64)
        again = project.flow("run")
        assert again.status == 0, again
