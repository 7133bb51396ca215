"""Bytecode of a first use, compiled in the background for the next one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest
from support.background import SWITCHED_ON, BackgroundCompiler, children_of, runs, wait_until
from support.cache_checker import check_cache, disk_usage
from support.disks import small_disk
from support.index_server import Index
from support.project import ENGINE, Project
from support.sources import SourceProject
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

MANY = 3000  # modules: a second of work

WHEELS = [
    Wheel("alpha", "1.0", files={"alpha/__init__.py": b"NAME = 'alpha'\n"}),
    Wheel("beta", "2.0", files={"beta/__init__.py": b"NAME = 'beta'\n"}),
    Wheel("gamma", "3.0", files={"gamma/__init__.py": b"NAME = 'gamma'\n"}),
    Wheel("plain", "1.0", files={"plain.txt": b"no module\n"}),
    Wheel(
        "large",
        "1.0",
        files={f"large/module{i}.py": b"def f(x):\n    return [x]\n" * 10 for i in range(MANY)},
    ),
]
LOCKS = {
    "one.toml": ("alpha", "beta"),
    "two.toml": ("beta", "gamma"),
    "all.toml": ("alpha", "beta", "gamma"),
    "plain.toml": ("plain",),
    "large.toml": ("large",),
    "larger.toml": ("alpha", "large"),
}


@pytest.fixture
def locks(project: Project) -> Project:
    folder = project.path / "wheels"
    keep_wheels(folder, WHEELS)
    for file, names in LOCKS.items():
        project.write(file, lock_of(folder, [wheel for wheel in WHEELS if wheel.name in names]))
    project.environment |= SWITCHED_ON
    return project


@pytest.fixture
def compiler(project: Project) -> BackgroundCompiler:
    return BackgroundCompiler(cache_of(project))


def cache_of(project: Project) -> Path:
    return Path(project.environment["FLOWSTONE_HOME"])


def sync(project: Project, *arguments: str, **variables: str) -> Path:
    """The directory of the environment."""
    done = project.engine("sync", *arguments, **variables)
    assert done.status == 0, done
    return Path(done.output.splitlines()[0])


def bytecode_of(environment: Path) -> dict[str, bool]:
    """Name → whether the package came with its bytecode."""
    record = json.loads((environment / "flowstone-environment.json").read_text())
    return {package["name"]: "bytecode" in package for package in record["packages"]}


def written_bytecode(project: Project) -> list[Path]:
    """What Python compiled by itself, into the archives that environments link."""
    return sorted(cache_of(project).glob("v1/arc/*/*/site/**/*.pyc"))


def expect_sound(project: Project) -> None:
    cleaned = project.engine("cache", "clean", "--kind", "temporary")
    assert cleaned.status == 0, cleaned
    assert check_cache(cache_of(project)).findings == []


def test_the_next_environment_has_what_the_first_had_not(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    first = sync(locks, "one.toml")
    compiler.wait()
    assert compiler.compiled() == ["alpha", "beta"]
    assert bytecode_of(first) == {"alpha": False, "beta": False}  # it stays as it is
    ran = locks.engine("exec", "two.toml", "--", "python", "-c", "import beta; print(beta.NAME)")
    assert ran.output == "beta\n", ran
    assert bytecode_of(sync(locks, "two.toml")) == {"beta": True, "gamma": False}
    assert written_bytecode(locks) == []
    compiler.wait()
    expect_sound(locks)


def test_it_is_said_to_those_who_ask_and_only_when_there_is_something_to_do(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    said = "compiling 2 packages in the background\n"
    assert said in locks.engine("sync", "-v", "one.toml").errors
    compiler.wait()
    assert "compiling" not in locks.engine("sync", "-v", "one.toml").errors
    again = locks.engine("sync", "-v", "all.toml").errors
    assert "compiling 1 package in the background\n" in again
    compiler.wait()
    quiet = locks.engine("sync", "two.toml", "-v", "--link-mode", "copy")
    assert "compiling" not in quiet.errors, quiet


def test_what_has_no_sources_starts_nothing(locks: Project, compiler: BackgroundCompiler) -> None:
    sync(locks, "plain.toml")
    assert not compiler.was_wanted()


@pytest.mark.parametrize("way", ["option", "variable", "option over a variable"])
def test_none_starts_nothing(locks: Project, compiler: BackgroundCompiler, way: str) -> None:
    if way == "option":
        environment = sync(locks, "one.toml", "--bytecode", "none")
    elif way == "variable":
        environment = sync(locks, "one.toml", FLOWSTONE_BYTECODE="none")
    else:
        environment = sync(locks, "one.toml", "--bytecode", "none", FLOWSTONE_COMPILE_BYTECODE="1")
    assert bytecode_of(environment) == {"alpha": False, "beta": False}
    assert not compiler.was_wanted()
    assert compiler.compiled() == []


@pytest.mark.parametrize("way", ["--bytecode", "--compile-bytecode", "variable"])
def test_eager_leaves_nothing_for_the_background(
    locks: Project, compiler: BackgroundCompiler, way: str
) -> None:
    if way == "variable":
        environment = sync(locks, "one.toml", FLOWSTONE_COMPILE_BYTECODE="1")
    else:
        environment = sync(locks, "one.toml", way, *(["eager"] if way == "--bytecode" else []))
    assert bytecode_of(environment) == {"alpha": True, "beta": True}
    assert not compiler.was_wanted()


def test_wrong_words_are_refused(locks: Project) -> None:
    unknown = locks.engine("sync", "one.toml", "--bytecode", "sometimes")
    assert unknown.status == 2
    assert 'bytecode cannot be made "sometimes"' in unknown.errors
    contradiction = locks.engine("sync", "one.toml", "--bytecode", "none", "--compile-bytecode")
    assert contradiction.status == 2
    assert "--compile-bytecode contradicts --bytecode none" in contradiction.errors


def test_exec_is_the_program_at_once_and_has_no_child(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    code = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    raise SystemExit(7)"
    ran = locks.engine("exec", "large.toml", "--", "python", "-c", code)
    assert ran.status == 7, ran
    assert not compiler.is_done()  # neither its end nor that of its output was waited for
    compiler.wait()
    assert compiler.compiled() == ["large"]


def test_many_at_once_leave_nothing_out(locks: Project, compiler: BackgroundCompiler) -> None:
    running = [
        subprocess.Popen(
            [str(ENGINE), "sync", lock],
            cwd=locks.path,
            env=locks.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for lock in ("large.toml", "one.toml", "two.toml", "all.toml", "larger.toml")
    ]
    assert [process.wait() for process in running] == [0] * len(running)
    compiler.wait()
    assert compiler.compiled() == ["alpha", "beta", "gamma", "large"]
    expect_sound(locks)


def test_cleaning_beside_it_harms_neither(locks: Project, compiler: BackgroundCompiler) -> None:
    environment = sync(locks, "larger.toml")
    wait_until(lambda: compiler.half_made() or compiler.is_done(), "bytecode")
    while not compiler.is_done():
        cleaned = locks.engine("cache", "clean", "--json")
        assert cleaned.status == 0, cleaned
    assert not environment.exists()
    expect_sound(locks)
    assert sync(locks, "larger.toml") == environment
    compiler.wait()
    expect_sound(locks)


def test_a_killed_one_leaves_nothing_half_made_and_the_next_use_does_it(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    sync(locks, "large.toml")
    wait_until(compiler.half_made, "bytecode")
    (process,) = compiler.processes()
    workers = children_of(process)
    os.kill(process, signal.SIGKILL)
    # Those that it started notice at their next answer.
    wait_until(lambda: not any(runs(worker) for worker in workers), "their end")
    assert compiler.compiled() == []
    assert check_cache(cache_of(locks), at_rest=False).findings == []

    sync(locks, "larger.toml")
    compiler.wait()

    assert compiler.compiled() == ["alpha", "large"]
    expect_sound(locks)


@contextmanager
def stopped(compiler: BackgroundCompiler) -> Iterator[None]:
    """Neither it nor those that it started go on meanwhile."""
    (process,) = compiler.processes()
    os.kill(process, signal.SIGSTOP)
    everybody = [process, *children_of(process)]
    for worker in everybody[1:]:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in reversed(everybody):
            os.kill(one, signal.SIGCONT)


@pytest.mark.parametrize("megabytes", [20, 120])
def test_a_full_disk_ends_it_without_a_trace(
    locks: Project, compiler: BackgroundCompiler, megabytes: int
) -> None:
    with small_disk(cache_of(locks), megabytes) as disk:
        environment = sync(locks, "large.toml")
        if megabytes > 64:  # else it does not begin
            wait_until(compiler.half_made, "bytecode")
            with stopped(compiler):
                disk.fill(leave_kilobytes=0)
        compiler.wait()
        assert compiler.compiled() == []
        assert check_cache(cache_of(locks)).findings == []
        assert environment.exists()


def test_every_byte_is_accounted_for_while_it_runs(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    sync(locks, "large.toml")
    wait_until(compiler.half_made, "bytecode")
    with stopped(compiler):
        sync(locks, "one.toml")  # its wish has to wait
        assert len(compiler.wishes()) == 1
        sizes = json.loads(locks.engine("cache", "size", "--json").output)
        assert sizes["bytes"] == disk_usage(cache_of(locks))
        assert sizes["kinds"]["other"]["items"] == 0
    compiler.wait()
    assert compiler.compiled() == ["alpha", "beta", "large"]


def test_what_builds_need_is_not_compiled(
    project: Project, index: Index, compiler: BackgroundCompiler
) -> None:
    index.add(Wheel("build-helper", "1.0"))
    source = SourceProject("made", system_requires=["build-helper"])
    index.add_file(source.name, source.filename, source.sdist())
    project.environment |= {"FLOWSTONE_INDEX_URL": index.url, **SWITCHED_ON}
    locked = project.engine("lock", "made", "--build", "made", "-o", "pylock.toml")
    assert locked.status == 0, locked
    assert not compiler.was_wanted()
    sync(project, "--build", "made", "pylock.toml")
    compiler.wait()
    assert compiler.compiled() == ["made"]


def test_a_run_does_it_for_all_its_environments(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    locks.write(
        "flow.py",
        """
        from flowstone import FlowSpec, pypi, step

        class TwoFlow(FlowSpec):
            @pypi(lock="one.toml")
            @step
            def start(self):
                import alpha
                print("here is", alpha.NAME)
                self.next(self.end)

            @pypi(lock="two.toml")
            @step
            def end(self):
                import gamma

        if __name__ == "__main__":
            TwoFlow()
        """,
    )
    done = locks.flow("-v", "run")
    assert done.status == 0, done
    assert "here is alpha" in done.output + done.errors
    assert "compiling 3 packages in the background\n" in done.errors
    compiler.wait()
    assert compiler.compiled() == ["alpha", "beta", "gamma"]


def test_a_virtual_environment_of_ones_own_starts_nothing(
    locks: Project, compiler: BackgroundCompiler
) -> None:
    done = locks.engine("sync", "one.toml", "--into", ".venv")
    assert done.status == 0, done
    assert not compiler.was_wanted()
