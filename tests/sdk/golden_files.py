"""Golden files: FLOWSTONE_UPDATE_GOLDEN=1 rewrites them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parent / "golden"


def expect_golden_json(name: str, value: Any) -> None:
    expect_golden(name, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def expect_golden(name: str, content: bytes) -> None:
    path = GOLDEN / name
    if os.environ.get("FLOWSTONE_UPDATE_GOLDEN"):
        path.write_bytes(content)
    assert path.read_bytes() == content, f"{name} differs; FLOWSTONE_UPDATE_GOLDEN=1 rewrites it"
