"""The same flows under Metaflow and here: exit codes, console, artifacts, statuses and client
answers must be equal.

Metaflow is that of FLOWSTONE_METAFLOW_PYTHON, else of the interpreter that runs the tests. What it
answered is kept in `build/metaflow-answers`, named by everything that it depends on, because a
task of Metaflow is an interpreter started anew.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest
from conftest import FLOWS, HERE, PYTHON_ROOT
from directory_store import DirectoryStore
from mini_engine import MiniEngine, Zygote

ROOT = HERE.parents[1]
METAFLOW_PYTHON = os.environ.get("FLOWSTONE_METAFLOW_PYTHON", sys.executable)
BUILD = Path(os.environ.get("FLOWSTONE_TEST_BUILD", ROOT / "build"))
ENGINE = Path(os.environ.get("FLOWSTONE_TEST_ENGINE", BUILD / "bin" / "flowstone"))

# Where the two differ on purpose: what Metaflow says in prose of its own.
KNOWN_DIFFERENCES = {"errors": {"artifact"}}
# Scenarios with a step that leads to itself: every turn is a parent of every turn in Metaflow, its
# own included; here it is the turn before.
LOOPS = {"switching"}
# Scenarios with a step that leaves without an exception: Metaflow stores what it inherited.
LEAVING = {"mistake: exit", "mistake: interrupt"}


class Command(NamedTuple):
    arguments: tuple[str, ...] = ("run",)
    variables: tuple[tuple[str, str], ...] = ()


class Scenario(NamedTuple):
    """Commands for one flow, one after the other, in one folder."""

    flow: str
    commands: tuple[Command, ...] = (Command(),)


PARAMETERS = (
    *("--whole", "7", "--real", "2", "--flag", "yes", "--other-flag", "no", "--grid", "[1, {}]"),
    *("--words", "a;b c", "--needed", "yes", "--raw", __file__, "--absent", "-1"),
)
SCENARIOS = {
    "every_interpreter": Scenario("every_interpreter"),
    "nested": Scenario("nested"),
    "failing": Scenario("failing"),
    "branches_in_loops": Scenario("branches_in_loops"),
    "caught": Scenario("caught"),
    "conflicting": Scenario("conflicting"),
    "switching": Scenario("switching"),
    "parameters-given": Scenario("parameters", (Command(("run", *PARAMETERS)),)),
    "parameters-default": Scenario("parameters", (Command(("run", "--needed", "")),)),
    "resumed": Scenario(
        "resumed",
        (Command(), Command(("resume",), (("FIXED", "1"),))),
    ),
    "resumed-from-a-step": Scenario(
        "resumed",
        (
            Command(("run", "--size", "3", "--tag", "first"), (("FIXED", "1"),)),
            Command(("resume", "gather"), (("FIXED", "1"),)),
        ),
    ),
}
MISTAKES = (
    *("nothing to iterate", "not iterable", "missing", "attribute", "exit", "interrupt"),
    *("include and exclude", "unknown artifact", "unknown case", "no next", "merge without join"),
)
SCENARIOS.update(
    {
        f"mistake: {mistake}": Scenario("mistakes", (Command(("run",), (("MISTAKE", mistake),)),))
        for mistake in MISTAKES
    }
)
SCENARIOS["caught from the command line"] = Scenario(
    "failing",
    (
        Command(
            ("run", "--size", "1", "--with", "catch:var=problem", "--with", "timeout:seconds=60")
        ),
    ),
)
# Commands that start no run: the exit status is all that there is to compare.
REFUSED = {
    "required parameter": Command(("run",)),
    "no integer": Command(("run", "--needed", "x", "--whole", "many")),
    "no JSON": Command(("run", "--needed", "x", "--grid", "{")),
    "no such file": Command(("run", "--needed", "x", "--raw", "/no/such/file")),
    "unknown option": Command(("run", "--needed", "x", "--nope")),
    "unknown command": Command(("walk",)),
    "nothing to resume": Command(("resume",)),
}


@functools.lru_cache(maxsize=None)
def metaflow_version() -> str | None:
    code = "import metaflow, sys; print(metaflow.__version__, sys.version)"
    found = subprocess.run(
        [METAFLOW_PYTHON, "-I", "-c", code], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else None


needs_metaflow = pytest.mark.skipif(
    metaflow_version() is None, reason="Metaflow cannot be imported"
)


def outcome(
    python: str, scenario: Scenario, env: dict[str, str], folder: Path, options: tuple[str, ...]
) -> Any:
    """Exit codes and console of the commands, and what the client says afterwards."""
    flow = FLOWS / f"{scenario.flow}.py"
    folder.mkdir(exist_ok=True)
    codes, consoles = [], []
    for command in scenario.commands:
        done = subprocess.run(
            [python, str(flow), *options, *command.arguments],
            cwd=folder,
            env={**os.environ, **env, **dict(command.variables)},
            capture_output=True,
            text=True,
            check=False,
        )
        codes.append(done.returncode)
        consoles.append(console_of(done.stdout))
    return {
        "codes": codes,
        "consoles": consoles,
        "client": answers_of(python, class_name(flow), env, folder),
    }


def class_name(flow: Path) -> str:
    found = re.search(r"^class (\w+)\(FlowSpec\)", flow.read_text(), re.MULTILINE)
    assert found
    return found.group(1)


def console_of(output: str) -> list[str]:
    """Lines of tasks and of the run, without what differs from run to run, in no order: tasks run
    side by side.
    """
    lines = []
    for line in output.splitlines():
        body = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ", "", line)
        body = re.sub(r"^\[\d+/(\w+)/\d+( \(pid \d+\))?\]", r"[\1]", body)
        body = re.sub(r"run-id \d+", "run-id RUN", body)
        if is_compared(body):
            lines.append(body)
    return sorted(lines)


def is_compared(line: str) -> bool:
    """Whether both say it in the same words. Tracebacks show the frames of either, what steps print
    is compared by their logs, and lines of tasks that Metaflow clones at once are torn.
    """
    words = ("Task ", "Foreach yields", "<flow ", "This failed task")
    return line.startswith(("Workflow starting", "Done!")) or any(
        line.partition("] ")[2].startswith(start) for start in words
    )


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


def metaflow_variables(folder: Path) -> dict[str, str]:
    return {"METAFLOW_USER": "ada", "METAFLOW_HOME": str(folder / "home"), "PYTHONPATH": ""}


def remembered(scenario: Any, sources: list[Path], compute: Callable[[], Any]) -> Any:
    """What Metaflow says, from an earlier time when nothing has changed since."""
    digest = hashlib.sha256(repr((scenario, metaflow_version())).encode())
    for source in sources:
        digest.update(source.read_bytes())
    path = ROOT / "build" / "metaflow-answers" / f"{digest.hexdigest()}.json"
    if not path.is_file():
        answer = compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(answer))
        draft.replace(path)
    return json.loads(path.read_text())


def under_metaflow(scenario: Scenario, folder: Path) -> Any:
    sources = [FLOWS / f"{scenario.flow}.py", HERE / "client_answers.py", Path(__file__)]
    return remembered(
        scenario,
        sources,
        lambda: outcome(
            METAFLOW_PYTHON,
            scenario,
            metaflow_variables(folder),
            folder / "metaflow",
            ("--no-pylint",),
        ),
    )


def our_variables(folder: Path, engine: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join([str(PYTHON_ROOT), str(PYTHON_ROOT / "metaflow")]),
        "FLOWSTONE_DATASTORE": str(folder / "datastore"),
        "FLOWSTONE_ENGINE": str(engine),
        "METAFLOW_USER": "ada",
    }


def by_mini_engine(flow: Path, description: Any, folder: Path) -> None:
    with Zygote() as zygote:
        assert zygote.load(flow, description["flow"]["name"])["type"] == "loaded"
        engine = MiniEngine(zygote, description)
        engine.run()
    DirectoryStore(folder).save(engine)


@needs_metaflow
@pytest.mark.parametrize("name", ["every_interpreter", "nested", "failing"])
def test_records_of_the_protocol_alone_answer_the_same(
    name: str, describe: Callable[..., Any], rpc_engine: Path, tmp_path: Path
) -> None:
    flow = FLOWS / f"{name}.py"
    by_mini_engine(flow, describe(flow), tmp_path / "datastore")
    env = our_variables(tmp_path, rpc_engine)
    ours = answers_of(sys.executable, class_name(flow), env, tmp_path)
    assert ours == under_metaflow(SCENARIOS[name], tmp_path)["client"]


@needs_metaflow
@pytest.mark.skipif(not ENGINE.is_file(), reason="the engine is not built")
@pytest.mark.parametrize("name", SCENARIOS)
def test_runs_are_equal(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    env = our_variables(tmp_path, ENGINE)
    ours = outcome(sys.executable, scenario, env, tmp_path / "ours", ())
    theirs = under_metaflow(scenario, tmp_path)
    assert ours["codes"] == theirs["codes"]
    assert ours["consoles"] == theirs["consoles"]
    if name in LOOPS:
        for answer in (ours, theirs):
            for step in answer["client"]["steps"].values():
                for task in step["tasks"]:
                    del task["parents"], task["children"]
    if name not in LEAVING:
        assert ours["client"] == theirs["client"]


@needs_metaflow
@pytest.mark.skipif(not ENGINE.is_file(), reason="the engine is not built")
@pytest.mark.parametrize("flow", ["parameters", "broken_graph"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_metaflow_refuses_is_refused(flow: str, name: str, tmp_path: Path) -> None:
    arguments = [str(FLOWS / f"{flow}.py"), *REFUSED[name].arguments]

    def refused(python: str, env: dict[str, str]) -> bool:
        done = subprocess.run(
            [python, *arguments],
            cwd=tmp_path,
            env={**os.environ, **env},
            capture_output=True,
            check=False,
        )
        return done.returncode != 0

    sources = [FLOWS / f"{flow}.py"]
    theirs = remembered(
        (flow, name, arguments[1:]),
        sources,
        lambda: refused(METAFLOW_PYTHON, metaflow_variables(tmp_path)),
    )
    assert refused(sys.executable, our_variables(tmp_path, ENGINE)) == theirs
