"""Fixtures: a described flow, run by the mini-engine through a real zygote."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import pytest

HERE = Path(__file__).resolve().parent
PYTHON_ROOT = HERE.parents[1] / "python"
FLOWS = HERE / "flows"

for folder in (PYTHON_ROOT, HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from mini_engine import MiniEngine, Zygote  # noqa: E402


@pytest.fixture(scope="session")
def echo_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine that prints what it was given."""
    path = tmp_path_factory.mktemp("engine") / "flowstone"
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "description = json.load(os.fdopen(int(sys.argv[2])))\n"
        "print(json.dumps({'argv': sys.argv[1:], 'description': description}))\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


Launch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def launch(echo_engine: Path) -> Launch:
    """`python FLOW.py ARGUMENT…` with the engine that echoes."""

    def run(
        flow: Path, *arguments: str, env: dict[str, str] | None = None, python: str = sys.executable
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PYTHON_ROOT), str(PYTHON_ROOT / "metaflow")]),
            "FLOWSTONE_ENGINE": str(echo_engine),
            **(env or {}),
        }
        return subprocess.run(
            [python, flow.name, *arguments],
            cwd=flow.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def describe(launch: Launch) -> Callable[..., dict[str, Any]]:
    """The description of a flow's file, as an engine receives it."""

    def run(flow: Path, *arguments: str) -> dict[str, Any]:
        result = launch(flow, "run", *arguments)
        assert result.returncode == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)["description"]
        return found

    return run


@pytest.fixture
def run_flow(
    describe: Callable[..., dict[str, Any]], tmp_path: Path
) -> Iterator[Callable[..., MiniEngine]]:
    """Writes a flow, describes it, runs it with the mini-engine; `flow` is the body of the
    class.
    """
    zygotes: list[Zygote] = []

    def run(
        source: str,
        parameters: dict[str, str] | None = None,
        arguments: Sequence[str] = (),
        overrides: dict[str, Any] | None = None,
    ) -> MiniEngine:
        path = tmp_path / "flow.py"
        path.write_text(source)
        description = describe(path, *arguments)
        zygote = Zygote()
        zygotes.append(zygote)
        loaded = zygote.load(path, description["flow"]["name"])
        assert loaded["type"] == "loaded", loaded
        engine = MiniEngine(zygote, description)
        engine.overrides = overrides or {}
        engine.run(**(parameters or {}))
        return engine

    yield run
    for zygote in zygotes:
        zygote.close()
