"""Other tools that install from a `pylock.toml`, at the versions of tools/requirements.txt."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support.project import BUILD_PYTHON, ROOT

TOOLS = ROOT / "build" / "tools" / "bin"


def install_with_uv(
    lock_file: Path, place: Path, extras: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(str(TOOLS / "uv"), "pip", "install", "-r", str(lock_file), "--target", str(place)),
            *(part for extra in extras for part in ("--extra", extra)),
            *("--no-config", "--cache-dir", str(place.parent / "uv-cache")),
            *("--python", str(BUILD_PYTHON)),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(place.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def install_with_pip(
    lock_file: Path, place: Path, extras: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    chosen = f"[{','.join(extras)}]" if extras else ""
    return subprocess.run(
        [
            *(str(TOOLS / "python"), "-m", "pip", "--isolated", "--python", str(BUILD_PYTHON)),
            *("install", "--no-cache-dir", "--disable-pip-version-check", "--no-deps"),
            *("-r", str(lock_file) + chosen, "--target", str(place)),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(place.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


Installer = Callable[..., "subprocess.CompletedProcess[str]"]
INSTALLERS = [install_with_uv, install_with_pip]


def skip_without(installer: Installer) -> None:
    """Skips the test when the tool is not there, or too old to read locks."""
    if installer is install_with_uv and not (TOOLS / "uv").exists():
        pytest.skip("uv is not installed in build/tools")
    if installer is install_with_pip and pip_version() < (26, 1):
        pytest.skip("pip of build/tools is older than 26.1 and cannot read pylock.toml")


def pip_version() -> tuple[int, ...]:
    answer = subprocess.run(
        [str(TOOLS / "python"), "-m", "pip", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.match(r"pip (\d+)\.(\d+)", answer.stdout)
    return tuple(int(number) for number in found.groups()) if found else (0,)
