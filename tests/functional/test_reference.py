"""The committed reference pages are what the engine prints."""

from __future__ import annotations

import subprocess
import sys

from support.project import ENGINE, ROOT


def test_reference_pages_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools/make_reference.py"), str(ENGINE), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
