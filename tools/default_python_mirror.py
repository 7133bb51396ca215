#!/usr/bin/env python3
"""Prints the URL that the installed uv downloads standalone builds of CPython from.

Flowstone's sources name no server: the default mirror is uv's own constant, read when the engine is
configured. Where there is no uv, nothing is printed, and the engine has no default.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Variables that make uv name another mirror than its own.
OVERRIDES = ("UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS_JSON_URL")


def main() -> int:
    tools = Path(__file__).resolve().parent.parent / "build" / "tools" / "bin" / "uv"
    program = shutil.which("uv") or (str(tools) if tools.exists() else None)
    if program is None:
        return 0
    variables = {name: value for name, value in os.environ.items() if name not in OVERRIDES}
    command = [program, "--no-config", "python", "list", "--only-downloads"]
    answer = subprocess.run(
        [*command, "--output-format", "json"],
        capture_output=True,
        check=False,
        env=variables,
        timeout=60,
    )
    if answer.returncode != 0:
        return 0
    for build in json.loads(answer.stdout):
        if found := re.match(r"(https://.+)/\d{8}/cpython-[^/]+$", build.get("url") or ""):
            print(found.group(1))
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
