"""The same flows under Metaflow and here: artifacts, statuses and client answers must be equal.

Needs an interpreter with Metaflow 2.19: FLOWSTONE_METAFLOW_PYTHON names it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import FLOWS, HERE, PYTHON_ROOT
from directory_store import DirectoryStore
from mini_engine import MiniEngine, Zygote

METAFLOW_PYTHON = os.environ.get("FLOWSTONE_METAFLOW_PYTHON")

pytestmark = pytest.mark.skipif(
    METAFLOW_PYTHON is None, reason="FLOWSTONE_METAFLOW_PYTHON names no interpreter with Metaflow"
)

# Where the two differ on purpose: what Metaflow says in prose of its own.
KNOWN_DIFFERENCES = {"errors": {"artifact"}}


def answers_of(python: str, flow_name: str, env: dict[str, str], folder: Path) -> Any:
    result = subprocess.run(
        [python, str(HERE / "client_answers.py"), flow_name],
        env={**os.environ, **env},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    answers = json.loads(result.stdout)
    for key, names in KNOWN_DIFFERENCES.items():
        for name in names:
            answers[key].pop(name)
    return answers


def under_metaflow(flow: Path, name: str, folder: Path) -> Any:
    assert METAFLOW_PYTHON is not None
    env = {"METAFLOW_USER": "ada", "METAFLOW_HOME": str(folder / "home")}
    subprocess.run(
        [METAFLOW_PYTHON, str(flow), "--no-pylint", "run"],
        env={**os.environ, **env},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return answers_of(METAFLOW_PYTHON, name, env, folder)


def by_mini_engine(flow: Path, description: Any, folder: Path) -> None:
    with Zygote() as zygote:
        assert zygote.load(flow, description["flow"]["name"])["type"] == "loaded"
        engine = MiniEngine(zygote, description)
        engine.run()
    DirectoryStore(folder).save(engine)


@pytest.mark.parametrize("name", ["every_interpreter", "nested", "failing"])
@pytest.mark.parametrize("engine", ["mini", "built"])
def test_answers_are_equal(
    engine: str, name: str, describe: Callable[..., Any], rpc_engine: Path, tmp_path: Path
) -> None:
    flow = FLOWS / f"{name}.py"
    description = describe(flow)
    flow_name = description["flow"]["name"]
    env = {
        "PYTHONPATH": os.pathsep.join([str(PYTHON_ROOT), str(PYTHON_ROOT / "metaflow")]),
        "FLOWSTONE_DATASTORE": str(tmp_path / "datastore"),
        "METAFLOW_USER": "ada",
    }
    if engine == "mini":
        by_mini_engine(flow, description, tmp_path / "datastore")
        env["FLOWSTONE_ENGINE"] = str(rpc_engine)
    else:
        built = Path(os.environ.get("FLOWSTONE_BUILD", "nowhere")) / "bin" / "flowstone"
        if not built.is_file():
            pytest.skip("FLOWSTONE_BUILD names no folder with an engine")
        env["FLOWSTONE_ENGINE"] = str(built)
        command = [sys.executable, str(flow), "run"]
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **env}, capture_output=True, check=False
        )
    ours = answers_of(sys.executable, flow_name, env, tmp_path)
    assert ours == under_metaflow(flow, flow_name, tmp_path)
