"""The Pythons of this machine that flows and environments are tried with."""

from __future__ import annotations

import subprocess
from pathlib import Path

SYSTEM_PYTHON = Path("/usr/bin/python3")


def interpreters() -> list[Path]:
    """Every supported interpreter of this machine that can be found without the engine."""
    candidates = [SYSTEM_PYTHON, *Path.home().glob(".pyenv/versions/3.*/bin/python3")]
    found = {path.resolve() for path in candidates if path.exists()}
    return sorted(path for path in found if minor_of(path) >= 8)


def minor_of(python: Path) -> int:
    code = "import sys; print(sys.version_info[1])"
    return int(subprocess.check_output([python, "-I", "-c", code], text=True))
