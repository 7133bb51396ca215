"""The same flow under every interpreter of this machine that the SDK supports."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FLOWS, HERE

OLDEST = (3, 8)


def interpreters() -> list[Path]:
    """Interpreters of pyenv and of the system, one for each version."""
    candidates = sorted(Path.home().glob(".pyenv/versions/*/bin/python"))
    candidates += sorted(Path("/usr/bin").glob("python3.[0-9]*"))
    found: dict[str, Path] = {}
    for path in candidates:
        code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        result = subprocess.run(
            [str(path), "-c", code], capture_output=True, text=True, check=False
        )
        version = result.stdout.strip()
        if result.returncode == 0 and tuple(map(int, version.split(".")[:2])) >= OLDEST:
            found.setdefault(version, path)
    return [found[version] for version in sorted(found)]


@functools.lru_cache(maxsize=None)
def outcome(python: Path) -> Any:
    result = subprocess.run(
        [str(python), str(HERE / "self_check.py"), str(FLOWS / "every_interpreter.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("python", interpreters(), ids=str)
def test_flow_runs_the_same(python: Path) -> None:
    found = outcome(python)
    assert found == outcome(Path(sys.executable))
    steps = [task[0] for task in found["tasks"]]
    branches = ["body", "body", "join", "split", "left", "right"]
    assert steps == ["_parameters", "start", *branches, "meet", "choose", "end"]
    assert all(task[2] for task in found["tasks"])
    end = found["tasks"][-1][4]
    assert end["final"] == "[0.5, {'a': [1]}, 3, True, 'héllo']"
    assert end["total"] == "4"
    assert found["tasks"][-1][3] == "from a thread\n"
    assert end["seen"] == "[('p', 0, [(0, 2, 'p')], 0), ('q', 1, [(1, 2, 'q')], 1)]"
