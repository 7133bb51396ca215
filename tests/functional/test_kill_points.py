"""The engine is killed before each call that changes the disk, or (quickly) before some of them:
what is there is the old state or the new one. FLOWSTONE_KILL_STEP=1 tries every call.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from support.cache_checker import check_cache
from support.kill_points import build_killer, kill_everywhere
from support.project import ENGINE, Project
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

WHEELS = [
    Wheel(
        "alpha",
        "1.0",
        files={"alpha/__init__.py": b"NAME = 'alpha'\n", "alpha/deep/data.txt": b"x" * 5000},
        entry_points="[console_scripts]\nalpha = alpha:main\n",
    ),
    Wheel("beta", "2.0"),
    Wheel("gamma", "3.0"),
]
NEXT_ALPHA = Wheel("alpha", "1.1", files={"alpha/__init__.py": b"NAME = 'next alpha'\n"})

Command = Callable[[dict[str, str]], "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def killer(tmp_path: Path) -> Path:
    return build_killer(tmp_path)


@pytest.fixture
def locks(project: Project) -> Project:
    folder = project.path / "wheels"
    keep_wheels(folder, [*WHEELS, NEXT_ALPHA])
    project.write("one.toml", lock_of(folder, WHEELS[:2]))
    project.write("two.toml", lock_of(folder, WHEELS[1:]))
    project.write("next.toml", lock_of(folder, [NEXT_ALPHA, WHEELS[2]]))
    return project


def cache_of(project: Project) -> Path:
    return Path(project.environment["FLOWSTONE_HOME"])


def copy_tree(source: Path, place: Path) -> None:
    """With times, modes, and hard links among the files."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(place)], check=True)


def command_of(project: Project, *arguments: str) -> Command:
    def run(variables: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(ENGINE), *arguments],
            cwd=project.path,
            env={**project.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    return run


def succeed(run: Command) -> bytes:
    done = run({})
    assert done.returncode == 0, done
    return done.stdout


def expect_whole(cache: Path, point: int, *, at_rest: bool) -> None:
    assert check_cache(cache, at_rest=at_rest).findings == [], f"killed before call {point}"


@pytest.mark.parametrize("mode", ["symlink", "hardlink"])
def test_making_an_environment(locks: Project, killer: Path, tmp_path: Path, mode: str) -> None:
    cache, before = cache_of(locks), tmp_path / "before"
    succeed(command_of(locks, "sync", "two.toml"))  # has beta, and knows the interpreter
    copy_tree(cache, before)
    make = command_of(locks, "sync", "one.toml", "--link-mode", mode)

    def check(point: int) -> None:
        expect_whole(cache, point, at_rest=False)
        place = Path(succeed(make).decode().splitlines()[0])
        succeed(command_of(locks, "cache", "clean", "--kind", "temporary"))
        expect_whole(cache, point, at_rest=True)
        assert (place / "bin" / "alpha").exists()

    killed = kill_everywhere(killer, make, lambda: copy_tree(before, cache), check)
    assert killed > 3


def wish_for_bytecode(cache: Path) -> None:
    """As docs/formats/cache.md has it, for all archives and the Python that they were made for."""
    (record, *_) = cache.glob("v1/env/*/flowstone-environment.json")
    python = json.loads(record.read_text())["interpreter"]["executable"]
    show_tag = [python, "-c", "import sys; print(sys.implementation.cache_tag)"]
    tag = subprocess.run(show_tag, capture_output=True, text=True, check=True).stdout.strip()
    wheels = sorted(path.name for path in cache.glob("v1/arc/*/*"))
    (cache / "v1/compile").mkdir(exist_ok=True)
    lines = ["flowstone-bytecode-wish 1", python, tag, *wheels]
    (cache / "v1/compile/wish").write_text("\n".join(lines) + "\n")


def test_compiling_what_waits(locks: Project, killer: Path, tmp_path: Path) -> None:
    cache, before = cache_of(locks), tmp_path / "before"
    succeed(command_of(locks, "sync", "one.toml"))
    wish_for_bytecode(cache)
    copy_tree(cache, before)
    compile_ = command_of(locks, "compile")

    def check(point: int) -> None:
        expect_whole(cache, point, at_rest=False)
        wish_for_bytecode(cache)
        succeed(compile_)
        succeed(command_of(locks, "cache", "clean", "--kind", "temporary"))
        expect_whole(cache, point, at_rest=True)
        compiled = {path.name.split("-")[0] for path in cache.glob("v1/pyc/*/*/*/site/*.dist-info")}
        assert compiled == {"alpha", "beta"}, f"killed before call {point}"

    killed = kill_everywhere(killer, compile_, lambda: copy_tree(before, cache), check)
    assert killed > 3


def test_cleaning(locks: Project, killer: Path, tmp_path: Path) -> None:
    cache, before = cache_of(locks), tmp_path / "before"
    succeed(command_of(locks, "sync", "one.toml", "--link-mode", "hardlink", "--compile-bytecode"))
    succeed(command_of(locks, "sync", "two.toml"))
    copy_tree(cache, before)
    clean = command_of(locks, "cache", "clean")

    def check(point: int) -> None:
        expect_whole(cache, point, at_rest=False)
        succeed(clean)
        left = check_cache(cache)
        assert left.findings == [], f"killed before call {point}"
        assert (left.environments, left.archives) == (0, 0), f"killed before call {point}"

    killed = kill_everywhere(killer, clean, lambda: copy_tree(before, cache), check)
    assert killed > 3
    succeed(command_of(locks, "exec", "two.toml", "--", "python", "-c", "import beta, gamma"))


def state_of(venv: Path) -> dict[str, str]:
    """What an installer has put there; not what Python and pip write for themselves."""
    state = {}
    for path in sorted(venv.rglob("*")):
        name = str(path.relative_to(venv))
        if path.is_symlink():
            state[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith(".flowstone-sync/"):
            state[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return state


def packages_seen(venv: Path) -> dict[str, str]:
    """Of each package that Python sees: whether all files are there that its RECORD lists."""
    seen = {}
    for info in venv.glob("lib/python*/site-packages/*.dist-info"):
        rows = [line.rsplit(",", 2)[0] for line in (info / "RECORD").read_text().splitlines()]
        missing = [row for row in rows if not (info.parent / row).exists()]
        seen[info.name] = f"lacks {missing}" if missing else "whole"
    return seen


def test_changing_a_virtual_environment(locks: Project, killer: Path, tmp_path: Path) -> None:
    venv, before, wanted = locks.path / ".venv", tmp_path / "before", tmp_path / "wanted"
    succeed(command_of(locks, "sync", "one.toml", "--into", ".venv"))
    copy_tree(venv, before)
    change = command_of(locks, "sync", "next.toml", "--into", ".venv")
    succeed(change)
    copy_tree(venv, wanted)

    def check(point: int) -> None:
        assert set(packages_seen(venv).values()) <= {"whole"}, f"killed before call {point}"
        succeed(change)
        assert state_of(venv) == state_of(wanted), f"killed before call {point}"

    killed = kill_everywhere(killer, change, lambda: copy_tree(before, venv), check)
    assert killed > 3


def test_making_a_virtual_environment(locks: Project, killer: Path, tmp_path: Path) -> None:
    venv, wanted = locks.path / ".venv", tmp_path / "wanted"
    make = command_of(locks, "sync", "one.toml", "--into", ".venv")
    succeed(make)
    copy_tree(venv, wanted)

    def check(point: int) -> None:
        assert set(packages_seen(venv).values()) <= {"whole"}, f"killed before call {point}"
        succeed(make)
        assert state_of(venv) == state_of(wanted), f"killed before call {point}"

    killed = kill_everywhere(killer, make, lambda: shutil.rmtree(venv, ignore_errors=True), check)
    assert killed > 3
