"""Locks for several platforms: `flowstone lock --target`, `--universal`, `@pypi(platforms=…)`."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.lock_checker import Asked, SimpleIndex, check
from support.platforms import ARM, LINUX, MAC, MAJOR, MINOR, NEXT, TAG, WINDOWS
from support.project import BUILD_PYTHON, Project
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    for tag in ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64"):
        index.add(Wheel("native", "1.0", tag=f"{TAG}-abi3-{tag}"))
    index.add(Wheel("native", "2.0", tag=f"{TAG}-abi3-win_amd64"))
    index.add(
        Wheel(
            "app",
            "1.0",
            requires=[
                "native",
                "colour; sys_platform == 'win32'",
                "spawn<2; sys_platform == 'darwin'",
                "spawn>=2; sys_platform != 'darwin'",
            ],
        )
    )
    index.add(Wheel("colour", "1.0"))
    index.add(Wheel("spawn", "1.0"))
    index.add(Wheel("spawn", "2.0", requires=[f"newer; python_version >= '{NEXT}'"]))
    index.add(Wheel("newer", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str) -> str:
    done = project.engine("lock", "app", "--python", str(BUILD_PYTHON), *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def test_one_lock_serves_several_targets(project: Project, stocked: Index) -> None:
    text = lock(project, "--target", "linux-x86_64", "--target", "linux-aarch64")
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, ARM])
    assert "marker" not in text.replace("environments", "")
    assert text.count("[[packages]]") == 3


def test_what_differs_between_targets_has_a_marker(project: Project, stocked: Index) -> None:
    names = ("linux-x86_64", "macos-arm64", "windows-x86_64")
    text = lock(project, *(part for name in names for part in ("--target", name)))
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, MAC, WINDOWS])
    assert text.count('name = "native"\n') == 2
    assert """marker = 'sys_platform == "win32"'""" in text


def test_all_environments_in_one_lock(project: Project, stocked: Index) -> None:
    text = lock(project, "--universal", "--only-binary", ":all:")
    assert f'requires-python = ">={MAJOR}.{MINOR}"' in text
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, ARM, MAC])
    assert """marker = 'sys_platform == "linux" or sys_platform == "win32"'""" in text
    newer = f'python_version >= "{NEXT}" and sys_platform'
    assert f"""marker = '{newer} == "linux" or {newer} == "win32"'""" in text


def test_all_environments_are_those_that_wheels_are_made_for(
    project: Project, stocked: Index
) -> None:
    text = lock(project, "--universal")
    for platform in ("linux", "darwin", "win32"):
        assert f'sys_platform == "{platform}"' in text.partition("requires-python")[0]
    assert "emscripten" not in text


def test_check_knows_the_targets(project: Project, stocked: Index) -> None:
    lock(project, "--target", "linux-x86_64", "--target", "linux-aarch64")
    same = ("lock", "app", "--python", str(BUILD_PYTHON), "--target", "linux-x86_64")
    done = project.engine(*same, "--target", "linux-aarch64", "--check")
    assert done.status == 0, done
    done = project.engine(*same, "--target", "macos-arm64", "--check")
    assert done.status == 1, done
    assert "macos" in done.errors.lower() or "darwin" in done.errors.lower(), done


def test_an_unknown_target_is_refused(project: Project, stocked: Index) -> None:
    done = project.engine("lock", "app", "--target", "linux")
    assert done.status != 0
    assert "'linux' is not a target" in done.errors
    assert "linux-aarch64" in done.errors


def test_universal_and_target_exclude_each_other(project: Project, stocked: Index) -> None:
    done = project.engine("lock", "app", "--universal", "--target", "linux-x86_64")
    assert done.status != 0
    assert "exclude each other" in done.errors


def test_a_target_without_a_wheel_gets_an_older_version(project: Project, stocked: Index) -> None:
    text = lock(project, "--target", "macos-arm64")
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [MAC])
    assert 'name = "native"\nversion = "1.0"' in text


def test_a_target_without_any_wheel_is_a_conflict(project: Project, stocked: Index) -> None:
    done = project.engine(
        "lock", "native>=2", "--python", str(BUILD_PYTHON), "--target", "linux-x86_64"
    )
    assert done.status == 1, done
    assert "native" in done.errors
    assert "linux x86_64" in done.errors
