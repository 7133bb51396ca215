"""The programs that answer for Flowstone: a JSON question a line, a JSON answer a line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Sequence

import pytest

ROOT = Path(__file__).resolve().parents[2]


def oracle_program(name: str) -> Path:
    """The one in the directory FLOWSTONE_ORACLES, or the one that was built last."""
    named = os.environ.get("FLOWSTONE_ORACLES")
    if named:
        return Path(named) / name
    built = sorted(ROOT.glob(f"build/*/bin/{name}"), key=lambda path: path.stat().st_mtime)
    if not built:
        pytest.skip(f"{name} is not built")
    return built[-1]


def ask(name: str, questions: Sequence[dict[str, Any]], *arguments: str) -> list[Any]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        [str(oracle_program(name)), *arguments],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), done.stderr
    return answers
