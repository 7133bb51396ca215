"""From a lock to unpacked archives: killed downloads, damaged archives, bytecode."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support.index_server import Fault, Index
from support.project import ENGINE, Project
from support.sources import SourceProject
from support.wheels import Wheel

PATIENCE = 20.0  # seconds for what should take a moment
BIG_FILE = "/files/big-1.0-py3-none-any.whl"


@pytest.fixture
def locked(index: Index, project: Project) -> Index:
    """A lock of two packages, one of them 200 KB that do not compress."""
    noise = random.Random(7).randbytes(200_000)
    index.add(Wheel("big", "1.0", files={"big/__init__.py": b"", "big/noise.bin": noise}))
    index.add(Wheel("small", "1.0", requires=["big"]))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    done = project.engine("lock", "small", "-o", "pylock.toml")
    assert done.status == 0, done
    index.requests.clear()
    index.headers_seen.clear()
    return index


def archives(project: Project) -> list[Path]:
    return sorted((project.home / "cache" / "v1" / "arc").glob("*/*"))


def partial_sizes(project: Project) -> list[int]:
    files = (project.home / "cache" / "v1" / "part").glob("*")
    return sorted(file.stat().st_size for file in files if not file.suffix)


def test_a_download_that_is_killed_is_continued(project: Project, locked: Index) -> None:
    locked.faults[BIG_FILE] = Fault(stall_after=120_000)
    process = subprocess.Popen(
        [str(ENGINE), "sync", "pylock.toml"],
        cwd=project.path,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE
    while 120_000 not in partial_sizes(project):
        assert time.monotonic() < deadline, partial_sizes(project)
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    locked.faults.clear()
    locked.requests.clear()
    locked.headers_seen.clear()

    done = project.engine("sync", "pylock.toml")

    assert done.status == 0, done
    again = locked.headers_seen[locked.requests.index(f"GET {BIG_FILE}")]
    assert again["Range"] == "bytes=120000-"
    assert again["If-Range"].startswith('"')
    # The kill may have left what came of another wheel, too, unpacked and not yet removed.
    assert max(partial_sizes(project), default=0) < 120_000


def damage_by_flipping(file: Path) -> None:
    content = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    file.chmod(0o444)


def damage_by_truncating(file: Path) -> None:
    file.chmod(0o644)
    with file.open("r+b") as opened:
        opened.truncate(10)
    file.chmod(0o444)


DAMAGES = {
    "flipped": damage_by_flipping,
    "truncated": damage_by_truncating,
    "deleted": Path.unlink,
    "writable": lambda file: file.chmod(0o644),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_is_set_aside_and_fetched_again(
    project: Project, locked: Index, damage: str
) -> None:
    assert project.engine("sync", "pylock.toml").status == 0
    (file,) = (project.home / "cache" / "v1" / "arc").glob("*/*/site/small/__init__.py")
    DAMAGES[damage](file)
    for environment in (project.home / "cache" / "v1" / "env").iterdir():
        environment.rename(project.home / f"old-{environment.name}")

    done = project.engine("sync", "pylock.toml")

    assert done.status == 0, done
    assert "was damaged and was unpacked anew" in done.errors, done
    assert "small/__init__.py" in done.errors, done
    assert file.read_bytes() == b"__version__ = '1.0'\n"
    assert file.stat().st_mode & 0o222 == 0
    aside = project.home / "cache" / "v1" / "bad" / file.parents[2].name
    assert aside.is_dir()
    assert len(archives(project)) == 2


BYTECODE_FILES = {
    "speedy/__init__.py": b"VALUE = frozenset({'a', 'b', 'c'})\n",
    "speedy/deep/module.py": b"def where():\n    raise RuntimeError('here')\n",
    "speedy/broken.py": b"this is no Python\n",
    "speedy/nul.py": b"x = 1\x00\n",
}

SHOW_ORIGIN = """
import os, sys, traceback
import speedy, speedy.deep.module as module
print(os.path.exists(speedy.__cached__), open(speedy.__cached__, "rb").read(8)[4])
try:
    module.where()
except RuntimeError:
    print(traceback.extract_tb(sys.exc_info()[2])[-1].filename == module.__file__)
"""


@pytest.fixture
def compiled(index: Index, project: Project) -> Index:
    index.add(Wheel("speedy", "1.0", files=BYTECODE_FILES))
    index.add(Wheel("other", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    for name in ("speedy", "other"):
        assert project.engine("lock", name, "-o", f"pylock.{name}.toml").status == 0
    assert project.engine("lock", "speedy", "other", "-o", "pylock.both.toml").status == 0
    return index


def environment_of(project: Project, *arguments: str, **variables: str) -> Path:
    """The environment as a tree of files, which can be walked."""
    done = project.engine("sync", "--link-mode", "hardlink", *arguments, **variables)
    assert done.status == 0, done
    return Path(done.output.splitlines()[0])


def bytecode_in(environment: Path) -> list[str]:
    return sorted(path.name for path in environment.rglob("site-packages/**/*.pyc"))


@pytest.mark.parametrize("way", ["option", "variable"])
def test_bytecode_is_there_before_the_first_import(
    project: Project, compiled: Index, way: str
) -> None:
    if way == "option":
        environment = environment_of(project, "--compile-bytecode", "pylock.speedy.toml")
    else:
        environment = environment_of(project, "pylock.speedy.toml", FLOWSTONE_COMPILE_BYTECODE="1")
    assert [name.split(".")[0] for name in bytecode_in(environment)] == ["__init__", "module"]
    assert all(
        path.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # by hash, and never checked
        for path in environment.rglob("site-packages/**/*.pyc")
    )
    ran = project.command([str(environment / "bin/python"), "-c", SHOW_ORIGIN])
    assert ran.output == "True 1\nTrue\n", ran


def test_bytecode_is_compiled_once_and_shared_by_later_environments(
    project: Project, compiled: Index
) -> None:
    first = environment_of(project, "--compile-bytecode", "pylock.speedy.toml")
    second = environment_of(project, "pylock.both.toml")
    (one,) = first.rglob("__init__.*.pyc")
    (two,) = second.rglob("speedy/**/__init__.*.pyc")
    assert one.stat().st_ino == two.stat().st_ino
    assert not list(second.rglob("other/**/*.pyc"))


def test_bytecode_is_listed_in_record_and_uninstalled(project: Project, compiled: Index) -> None:
    environment = environment_of(project, "--compile-bytecode", "pylock.speedy.toml")
    (record,) = environment.rglob("speedy-1.0.dist-info/RECORD")
    listed = {line.split(",")[0] for line in record.read_text().splitlines()}
    site = record.parents[1]
    there = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert listed == there


def test_bytecode_serves_folded_environments(project: Project, compiled: Index) -> None:
    code = "import speedy, sys; print(speedy.__cached__, open(speedy.__cached__, 'rb').read(8)[4])"
    ran = project.engine(
        "exec", "--compile-bytecode", "pylock.speedy.toml", "--", "python", "-c", code
    )
    assert ran.output.endswith(" 1\n"), ran
    assert "/env/" in ran.output, ran


def test_what_python_compiles_by_itself_is_no_damage(project: Project, compiled: Index) -> None:
    run = ("exec", "pylock.speedy.toml", "--", "python", "-c", "import speedy")
    assert project.engine(*run).status == 0
    assert list((project.home / "cache/v1/arc").rglob("__pycache__/*.pyc"))
    again = project.engine("sync", "pylock.both.toml")
    assert again.status == 0, again
    assert "damaged" not in again.errors, again
    assert not (project.home / "cache/v1/bad").exists()


def test_an_unwanted_compilation_does_not_happen(project: Project, compiled: Index) -> None:
    plain = environment_of(project, "pylock.speedy.toml")
    assert bytecode_in(plain) == []
    assert environment_of(project, "--compile-bytecode", "pylock.speedy.toml") != plain


def test_the_bytecode_of_a_wheel_is_the_same_wherever_it_is_made(
    project: Project, compiled: Index, tmp_path: Path
) -> None:
    def pyc_bytes(home: str) -> dict[str, bytes]:
        environment = environment_of(
            project, "--compile-bytecode", "pylock.speedy.toml", FLOWSTONE_HOME=str(tmp_path / home)
        )
        return {path.name: path.read_bytes() for path in environment.rglob("speedy/**/*.pyc")}

    assert pyc_bytes("here") == pyc_bytes("elsewhere/far/away")


def test_what_builds_need_is_not_compiled(project: Project, index: Index) -> None:
    index.add(Wheel("build-helper", "1.0"))
    source = SourceProject("made", system_requires=["build-helper"])
    index.add_file(source.name, source.filename, source.sdist())
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    locked = project.engine("lock", "made", "--build", "made", "-o", "pylock.toml")
    assert locked.status == 0, locked
    environment_of(project, "--compile-bytecode", "--build", "made", "pylock.toml")
    compiled = (project.home / "cache" / "v1" / "pyc").rglob("*.dist-info")
    assert {path.name for path in compiled} == {"made-1.0.dist-info"}
    assert list((project.home / "cache" / "v1" / "arc").rglob("build_helper-1.0.dist-info"))
