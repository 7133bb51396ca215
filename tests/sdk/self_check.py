"""Checks the SDK under the interpreter that runs this file. Standard library only.

`PYTHON self_check.py FLOW` describes the flow, runs it through a real zygote of the same
interpreter and prints one JSON object: what the steps saw and made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from mini_engine import PYTHON_ROOT, MiniEngine, Zygote  # noqa: E402

sys.path.insert(0, str(PYTHON_ROOT))

from flowstone.serialization import deserialize  # noqa: E402


def describe(flow: Path, folder: Path) -> dict[str, Any]:
    engine = folder / "engine"
    engine.write_text('#!/bin/sh\neval "exec cat <&$2"\n')
    engine.chmod(0o755)
    path = os.pathsep.join([str(PYTHON_ROOT), str(PYTHON_ROOT / "metaflow")])
    result = subprocess.run(
        [sys.executable, str(flow), "run"],
        env={**os.environ, "PYTHONPATH": path, "FLOWSTONE_ENGINE": str(engine)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(result.stdout.decode())
    return found


def main() -> None:
    flow = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        description = describe(flow, Path(folder))
    with Zygote(sys.executable, isolated=True) as zygote:
        loaded = zygote.load(flow, description["flow"]["name"])
        assert loaded == {"type": "loaded", "threads": 0}, loaded
        engine = MiniEngine(zygote, description)
        engine.run()
    tasks = []
    for task in engine.tasks:
        artifacts = {
            name: repr(deserialize(bytearray(engine.store.blobs[reference["sha256"]])))
            for name, reference in sorted(task.last.artifacts.items())
            if name not in ("_graph_info", "_catch_exception", "error", "text")
        }
        last = task.last
        tasks.append([task.step, len(task.attempts), last.ok, last.stdout, artifacts])
    lines = {step["name"]: [step["line"], step["transition_line"]] for step in description["steps"]}
    json.dump({"tasks": tasks, "lines": lines}, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
