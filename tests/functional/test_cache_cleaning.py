"""`flowstone cache size` and `cache clean`: what lies there, what may go, what went."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.cache_checker import check_cache, disk_usage
from support.disks import ext4_disk, small_disk
from support.index_server import Index
from support.project import ENGINE, Done, Project
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

OLD = 1_600_000_000  # 2020

WHEELS = [
    Wheel("alpha", "1.0", files={"alpha/__init__.py": b"NAME = 'alpha'\n" * 500}),
    Wheel("beta", "2.0", files={"beta/__init__.py": b"NAME = 'beta'\n" * 500}),
    Wheel("gamma", "3.0", files={"gamma/__init__.py": b"NAME = 'gamma'\n" * 500}),
]


@pytest.fixture
def locks(project: Project) -> Project:
    """one.toml has alpha and beta, two.toml has beta and gamma."""
    keep_wheels(project.path / "wheels", WHEELS)
    project.write("one.toml", lock_of(project.path / "wheels", WHEELS[:2]))
    project.write("two.toml", lock_of(project.path / "wheels", WHEELS[1:]))
    return project


def cache_of(project: Project) -> Path:
    return Path(project.environment["FLOWSTONE_HOME"])


def sync(project: Project, lock: str, *options: str) -> Path:
    """The directory of the environment."""
    done = project.engine("sync", lock, *options)
    assert done.status == 0, done
    return Path(done.output.splitlines()[0])


def clean(project: Project, *options: str) -> dict[str, Any]:
    done = project.engine("cache", "clean", "--json", *options)
    assert done.status == 0, done
    report: dict[str, Any] = json.loads(done.output)
    return report


def size(project: Project) -> dict[str, Any]:
    done = project.engine("cache", "size", "--json")
    assert done.status == 0, done
    report: dict[str, Any] = json.loads(done.output)
    return report


def expect_sound(project: Project) -> None:
    assert check_cache(cache_of(project)).findings == []


def make_old(path: Path) -> None:
    os.utime(path, (OLD, OLD))


def test_the_sizes_add_up_to_what_the_disk_has(locks: Project, index: Index) -> None:
    sync(locks, "one.toml")
    sync(locks, "two.toml", "--link-mode", "hardlink", "--compile-bytecode")
    index.add(Wheel("delta", "1.0"))
    locks.environment["FLOWSTONE_INDEX_URL"] = index.url
    assert locks.engine("lock", "delta", "-o", "delta.toml").status == 0
    sizes = size(locks)
    assert sizes["bytes"] == disk_usage(cache_of(locks))
    assert sum(kind["bytes"] for kind in sizes["kinds"].values()) == sizes["bytes"]
    counts = {name: kind["items"] for name, kind in sizes["kinds"].items()}
    assert counts["packages"] == 3
    assert counts["bytecode"] == 2
    assert counts["environments"] == 2
    assert counts["index"] == 1
    assert counts["temporary"] == counts["damaged"] == counts["downloads"] == 0


def test_a_dry_run_accounts_for_every_byte_and_changes_nothing(locks: Project) -> None:
    sync(locks, "one.toml", "--link-mode", "hardlink", "--compile-bytecode")
    before = disk_usage(cache_of(locks))
    look = clean(locks, "--dry-run")
    assert look["before"] == before == disk_usage(cache_of(locks))
    assert sum(kind["bytes"] for kind in look["kinds"].values()) == before
    removed = sum(kind["removed_bytes"] for kind in look["kinds"].values())
    assert look["after"] == before - removed
    assert look["freed"] == removed
    done = clean(locks)
    assert done["freed"] == look["freed"]
    # Directories that were made meanwhile, and the locks of the cleaning itself.
    assert abs(disk_usage(cache_of(locks)) - look["after"]) <= 64 * 1024


def test_everything_that_nobody_uses_goes(locks: Project) -> None:
    environment = sync(locks, "one.toml")
    report = clean(locks)
    assert not environment.exists()
    assert report["kinds"]["packages"]["removed_items"] == 2
    sizes = size(locks)["kinds"]
    assert all(
        sizes[kind]["items"] == 0 for kind in ("packages", "environments", "temporary", "records")
    )
    expect_sound(locks)
    assert sync(locks, "one.toml") == environment


def start_inside(project: Project, lock: str) -> subprocess.Popen[bytes]:
    """A Python in the environment of the lock, that says when it runs and ends with its input."""
    process = subprocess.Popen(
        [str(ENGINE), "exec", lock, "--", "python", "-c", LATE_IMPORT],
        cwd=project.path,
        env=project.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


LATE_IMPORT = """
import sys
print("ready", flush=True)
sys.stdin.read()
import alpha, beta
print(alpha.NAME, beta.NAME)
"""


def test_an_environment_in_use_stays_with_its_packages(locks: Project) -> None:
    one, two = sync(locks, "one.toml"), sync(locks, "two.toml")
    process = start_inside(locks, "one.toml")
    report = clean(locks)
    assert one.exists()
    assert not two.exists()
    kept = {entry["kind"]: entry["reason"] for entry in report["kept"]}
    assert f"in use by process {process.pid} (python" in kept["environments"]
    assert kept["packages"] == "part of an environment that stays"
    output, _ = process.communicate(b"")
    assert (process.returncode, output) == (0, b"alpha beta\n")
    expect_sound(locks)
    clean(locks)
    assert not one.exists()


def test_an_environment_that_somebody_runs_a_program_of_stays(locks: Project) -> None:
    one = sync(locks, "one.toml")
    process = subprocess.Popen(
        [str(one / "bin" / "python"), "-c", LATE_IMPORT],
        env={"PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    clean(locks)
    output, _ = process.communicate(b"")
    assert output == b"alpha beta\n"
    clean(locks)
    assert not one.exists()


def test_a_running_flow_keeps_its_environment(locks: Project) -> None:
    locks.write("pylock.toml", (locks.path / "one.toml").read_text())
    locks.write(
        "flow.py",
        """
        import os, time
        from flowstone import FlowSpec, step, pypi

        class LongFlow(FlowSpec):
            @pypi(lock="pylock.toml")
            @step
            def start(self):
                open("started", "w").close()
                while not os.path.exists("go on"):
                    time.sleep(0.02)
                import alpha
                print("late", alpha.NAME)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            LongFlow()
        """,
    )
    process = locks.start("run")
    deadline = time.monotonic() + 60
    while not (locks.path / "started").exists():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    report = clean(locks)
    locks.write("go on", "")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output.decode()
    assert "late alpha" in output.decode()
    assert report["kinds"]["environments"]["removed_items"] == 0


def test_by_age(locks: Project) -> None:
    old, young = sync(locks, "one.toml"), sync(locks, "two.toml")
    for path in (old, *cache_of(locks).glob("v1/arc/*/*")):
        make_old(path)
    clean(locks, "--older-than", "30d")
    assert not old.exists()
    assert young.exists()
    assert size(locks)["kinds"]["packages"]["items"] == 2
    expect_sound(locks)


def test_a_use_makes_an_environment_young_again(locks: Project) -> None:
    environment = sync(locks, "one.toml")
    make_old(environment)
    sync(locks, "one.toml")
    clean(locks, "--older-than", "30d")
    assert environment.exists()


def test_by_size_what_was_not_used_for_longest_goes(locks: Project) -> None:
    old, young = sync(locks, "one.toml"), sync(locks, "two.toml")
    make_old(old)
    total = size(locks)["bytes"]
    clean(locks, "--max-size", str(total - 1))
    assert not old.exists()
    assert young.exists()
    clean(locks, "--max-size", "0")
    assert not young.exists()
    expect_sound(locks)


def test_only_some_kinds(locks: Project) -> None:
    environment = sync(locks, "one.toml")
    clean(locks, "--kind", "environments")
    assert not environment.exists()
    assert size(locks)["kinds"]["packages"]["items"] == 2


def test_what_is_linked_from_outside_is_not_freed(locks: Project) -> None:
    assert (
        locks.engine("sync", "one.toml", "--into", ".venv", "--link-mode", "hardlink").status == 0
    )
    look = clean(locks, "--dry-run")
    assert look["freed"] < look["before"] - look["after"]
    text = locks.engine("cache", "clean", "--dry-run").output
    assert "of files that other places link, and stay on the disk" in text


def test_packages_that_a_virtual_environment_links_stay(locks: Project) -> None:
    venv = locks.path / ".venv"
    into = ("sync", "one.toml", "--into", ".venv", "--link-mode", "symlink")
    assert locks.engine(*into).status == 0
    report = clean(locks)
    assert {entry["reason"] for entry in report["kept"] if entry["kind"] == "packages"} == {
        f"linked by the virtual environment {venv}"
    }
    ran = locks.command([str(venv / "bin" / "python"), "-c", "import alpha; print(alpha.NAME)"])
    assert ran.output == "alpha\n", ran
    subprocess.run(["rm", "-r", str(venv)], check=True)
    clean(locks)
    assert size(locks)["kinds"]["packages"]["items"] == 0


def test_leftovers_are_told_apart_and_go(locks: Project) -> None:
    sync(locks, "one.toml")
    version = cache_of(locks) / "v1"
    (version / "tmp" / "1-2-3").mkdir(parents=True)
    (version / "tmp" / "1-2-3.lock").write_text("1 2 flowstone\n")
    (version / "bad" / ("a" * 64)).mkdir(parents=True)
    (version / "part").mkdir(exist_ok=True)
    (version / "part" / ("b" * 64)).write_bytes(b"half")
    counts = {name: kind["items"] for name, kind in size(locks)["kinds"].items()}
    assert (counts["temporary"], counts["damaged"], counts["downloads"]) == (1, 1, 1)
    doctor = locks.engine("doctor")
    assert "flowstone cache clean --kind damaged" in doctor.output, doctor
    assert "flowstone cache clean --kind temporary" in doctor.output, doctor
    report = clean(locks, "--older-than", "30d")
    assert report["kinds"]["damaged"]["removed_items"] == 1
    assert report["kinds"]["temporary"]["removed_items"] == 1
    assert report["kinds"]["downloads"]["removed_items"] == 0
    assert clean(locks)["kinds"]["downloads"]["removed_items"] == 1
    expect_sound(locks)


def test_two_cleanings_wait_for_each_other(locks: Project) -> None:
    sync(locks, "one.toml")
    lock = cache_of(locks) / "v1" / "lock" / "clean.lock"
    holder = subprocess.Popen(
        ["flock", str(lock), "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    waiting = subprocess.Popen(
        [str(ENGINE), "cache", "clean"],
        cwd=locks.path,
        env=locks.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert waiting.stderr is not None
    assert b"which cleans the same cache" in waiting.stderr.readline()
    holder.communicate(b"\n")
    output, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert b"freed" in output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "everything"], "'everything' is nothing that can be cleaned"),
        (["--kind", "pythons"], "`flowstone python uninstall` removes Pythons"),
        (["--max-size", "much"], "'much' is no size"),
        (["--older-than", "soon"], "'soon' is neither a date nor a duration"),
    ],
)
def test_wrong_words_are_named(project: Project, options: list[str], message: str) -> None:
    done: Done = project.engine("cache", "clean", *options)
    assert done.status == 2, done
    assert message in done.errors


def test_a_cache_that_is_not_there_stays_away(project: Project) -> None:
    done = project.engine("cache", "clean")
    assert done.status == 0, done
    assert not cache_of(project).exists()
    assert size(project)["bytes"] == 0


def test_a_killed_user_keeps_nothing(locks: Project) -> None:
    sync(locks, "one.toml")
    process = start_inside(locks, "one.toml")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert clean(locks)["kept"] == []


def test_a_full_disk_is_cleaned_once(tmp_path: Path) -> None:
    """What was not used for long makes room for what is wanted now."""
    chance = random.Random(7)
    wheels = [
        Wheel(name, "1.0", files={f"{name}/__init__.py": b"", f"{name}/noise": noise})
        for name in ("alpha", "beta")
        for noise in (chance.randbytes(3_000_000),)
    ]
    with small_disk(tmp_path / "home" / "cache", 5):
        project = Project(tmp_path / "project", tmp_path / "home")
        folder = project.path / "wheels"
        keep_wheels(folder, wheels)
        project.write("one.toml", lock_of(folder, wheels[:1]))
        project.write("two.toml", lock_of(folder, wheels[1:]))
        first = sync(project, "one.toml")
        refused = project.engine("sync", "two.toml")
        assert refused.status == 1, refused
        assert "MiB left" in refused.errors, refused
        assert first.exists()
        for path in (first, *cache_of(project).glob("v1/arc/*/*")):
            make_old(path)
        done = project.engine("sync", "two.toml")
        assert done.status == 0, done
        assert "the disk was full: what nobody used for a day was removed" in done.errors
        assert not first.exists()
        expect_sound(project)


def test_cleaning_needs_no_room(tmp_path: Path) -> None:
    with ext4_disk(tmp_path / "home" / "cache", tmp_path / "image", 16) as disk:
        project = Project(tmp_path / "project", tmp_path / "home")
        keep_wheels(project.path / "wheels", WHEELS)
        project.write("one.toml", lock_of(project.path / "wheels", WHEELS[:2]))
        environment = sync(project, "one.toml")
        fill(disk / "filler")
        clean(project)
        assert not environment.exists()
        assert size(project)["kinds"]["packages"]["items"] == 0
        expect_sound(project)


def fill(file: Path) -> None:
    """Until nothing fits any more."""
    with file.open("wb", buffering=0) as filler:
        for size_of_piece in (1 << 20, 1 << 12, 1 << 10):
            with suppress(OSError):
                while True:
                    filler.write(bytes(size_of_piece))
