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

from directory_store import DirectoryStore  # noqa: E402
from mini_engine import MiniEngine, Zygote  # noqa: E402


@pytest.fixture(scope="session")
def echo_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine that prints what it was given."""
    path = tmp_path_factory.mktemp("engine") / "flowstone"
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$#" "$@"\neval "exec cat <&$2"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def echoed(output: str) -> tuple[list[str], dict[str, Any]]:
    """What the engine that echoes was given: arguments and description."""
    count, rest = output.split("\n", 1)
    *arguments, description = rest.split("\n", int(count))
    return arguments, json.loads(description)


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
        return echoed(result.stdout)[1]

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


@pytest.fixture(scope="session")
def rpc_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine that knows one command: `rpc`."""
    path = tmp_path_factory.mktemp("rpc") / "flowstone"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "fake_rpc.py"} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def datastore(
    rpc_engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DirectoryStore]:
    """A datastore on disk that the client of this process reads, in the namespace of ada."""
    from flowstone import namespace

    root = tmp_path / "datastore"
    monkeypatch.setenv("FLOWSTONE_DATASTORE", str(root))
    monkeypatch.setenv("FLOWSTONE_ENGINE", str(rpc_engine))
    namespace("user:ada")
    yield DirectoryStore(root)
    namespace("user:ada")
