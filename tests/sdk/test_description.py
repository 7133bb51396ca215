"""The description of a flow, and how a launch hands it over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import FLOWS, PYTHON_ROOT, Launch, echoed
from golden_files import expect_golden_json

Describe = Callable[..., dict[str, Any]]


def one_step(decorators: str = "", statements: str = "self.next(self.end)", head: str = "") -> str:
    indented = "\n        ".join(statements.splitlines())
    return (
        "from flowstone import *\nfrom flowstone import FlowSpec, step\n"
        f"{head}\n"
        "class OneFlow(FlowSpec):\n"
        f"    {decorators}\n    @step\n    def start(self):\n        {indented}\n"
        "    @step\n    def end(self):\n        pass\n"
        "if __name__ == '__main__':\n    OneFlow()\n"
    )


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "flow.py"
    path.write_text(one_step())
    return path


def test_description_of_everything(describe: Describe) -> None:
    found = describe(FLOWS / "described.py")
    # What is of this machine.
    assert found.pop("python")["executable"] == sys.executable
    assert found.pop("sdk") == {
        "version": "0.1.0",
        "root": str(PYTHON_ROOT),
        "compat_root": str(PYTHON_ROOT / "metaflow"),
    }
    found["flow"]["file"] = Path(found["flow"]["file"]).name
    for step in found["steps"]:
        step["file"] = Path(step["file"]).name
    expect_golden_json("description_v1.json", found)


def test_arguments_reach_the_engine_untouched(launch: Launch, flow_file: Path) -> None:
    arguments = ["--quiet", "run", "--with", "retry:times=1", "--alpha=x y", "--", "--with", "zz"]
    result = launch(flow_file, *arguments)
    given, description = echoed(result.stdout)
    assert given[0] == "--description-fd" and given[2:] == ["--", *arguments]
    assert [d["name"] for d in description["steps"][0]["decorators"]] == ["retry"]


def test_with_adds_a_decorator_where_it_is_missing(launch: Launch, flow_file: Path) -> None:
    flow_file.write_text(one_step("@timeout(seconds=1)"))
    result = launch(flow_file, "run", "--with=timeout:minutes=2,hours=1")
    start, end = echoed(result.stdout)[1]["steps"]
    assert [d["inserted_by"] for d in start["decorators"]] == [None]
    (added,) = end["decorators"]
    assert added["inserted_by"] == "--with"
    assert added["attributes"] == {"seconds": 0, "minutes": 2, "hours": 1}


@pytest.mark.parametrize(
    ("decorators", "message"),
    [
        ("@retry(times=5)", "The maximum number of retries is @retry(times=4)."),
        ("@timeout", "Specify a duration for @timeout."),
        ("@environment(vars=3)", "vars must be a dictionary, not int."),
        ("@pypi(packages={'a': 1})", "the version of 'a' must be text"),
    ],
)
def test_wrong_attributes_are_told_before_the_run(
    launch: Launch, flow_file: Path, decorators: str, message: str
) -> None:
    flow_file.write_text(one_step(decorators))
    result = launch(flow_file, "run")
    assert result.returncode == 1 and message in result.stderr
    assert "Traceback" not in result.stderr and result.stdout == ""


@pytest.mark.parametrize(
    ("decorators", "message"),
    [
        ("@retry(delay=5)", "Decorator 'retry' does not support the attribute 'delay'."),
        ("@retry\n    @retry", "Step 'start' already has a decorator 'retry'."),
    ],
)
def test_wrong_use_of_a_decorator_fails_where_it_is(
    launch: Launch, flow_file: Path, decorators: str, message: str
) -> None:
    flow_file.write_text(one_step(decorators))
    result = launch(flow_file, "run")
    assert result.returncode == 1 and message in result.stderr


def test_decorator_below_step(launch: Launch, flow_file: Path) -> None:
    flow_file.write_text(one_step().replace("    @step\n", "    @step\n    @retry\n", 1))
    result = launch(flow_file, "run")
    assert "You tried to apply decorator 'retry' on 'start' which is not declared" in result.stderr


def test_unknown_with(launch: Launch, flow_file: Path) -> None:
    result = launch(flow_file, "run", "--with", "kubernetes")
    assert result.returncode == 1
    assert "Unknown step decorator *kubernetes*." in result.stderr


@pytest.mark.parametrize("transition", ["foreach='xs'", "condition='c'"])
def test_catch_is_refused_where_its_transition_cannot_be_known(
    launch: Launch, flow_file: Path, transition: str
) -> None:
    target = "{'a': self.end, 'b': self.end}" if "condition" in transition else "self.end"
    flow_file.write_text(one_step("@catch", f"self.next({target}, {transition})"))
    result = launch(flow_file, "run")
    assert result.returncode == 1 and "@catch is not supported in" in result.stderr


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ("self.next(end)", "argument 1 of self.next() is not of the form self.STEP"),
        ("self.next(*[self.end])", "argument 1 of self.next() is not of the form self.STEP"),
        ("self.next(self.end, foreach=name)", "the value of 'foreach' must be a string"),
        ("self.next(self.end, self.end, foreach='x')", "'foreach' needs exactly one step"),
        ("self.next(self.end, num_parallel=2)", "self.next() has no option 'num_parallel'"),
        ("self.next(cases, condition='c')", "a switch needs one dictionary"),
        ("self.next({k: self.end}, condition='c')", "must be literal values"),
        ("self.next()", "self.next() names no step"),
    ],
)
def test_transitions_that_cannot_be_read(
    describe: Describe, flow_file: Path, statements: str, message: str
) -> None:
    flow_file.write_text(one_step(statements=statements))
    start = describe(flow_file)["steps"][0]
    assert start["transition"]["kind"] == "invalid"
    assert message in start["transition"]["message"]
    assert start["transition"]["line"] == start["transition_line"] == 8


def test_steps_of_a_base_class_in_another_file(describe: Describe, flow_file: Path) -> None:
    (flow_file.parent / "base.py").write_text(
        "from flowstone import FlowSpec, step, Parameter\n"
        "class BaseFlow(FlowSpec):\n"
        "    alpha = Parameter('alpha', default=1)\n"
        "    @step\n    def start(self):\n        self.next(self.middle)\n"
        "    @step\n    def middle(self):\n        self.next(self.end)\n"
    )
    flow_file.write_text(
        "from flowstone import FlowSpec, step\nfrom base import BaseFlow\n"
        "class TopFlow(BaseFlow):\n"
        "    @step\n    def middle(self):\n        self.x = 1\n        self.next(self.end)\n"
        "    @step\n    def end(self):\n        pass\n"
        "if __name__ == '__main__':\n    TopFlow()\n"
    )
    found = describe(flow_file)
    steps = [(s["name"], Path(s["file"]).name, s["line"]) for s in found["steps"]]
    assert steps == [("start", "base.py", 5), ("middle", "flow.py", 5), ("end", "flow.py", 9)]
    assert [p["variable"] for p in found["parameters"]] == ["alpha"]
    assert found["flow"]["line"] == 3


def test_attributes_that_are_no_json_say_what_they_are(describe: Describe, flow_file: Path) -> None:
    flow_file.write_text(one_step("@resources(cpu=object)"))
    attributes = describe(flow_file)["steps"][0]["decorators"][0]["attributes"]
    assert attributes["cpu"] == {"$python": "<class 'object'>"}


def test_no_engine(flow_file: Path, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(PYTHON_ROOT), "PATH": str(tmp_path / "nowhere")}
    environment["FLOWSTONE_ENGINE"] = str(tmp_path / "missing")
    result = subprocess.run(
        [sys.executable, str(flow_file), "run"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Engine not found:\n    FLOWSTONE_ENGINE is '")


def test_engine_is_found_beside_the_interpreter_before_path(tmp_path: Path) -> None:
    for folder in ("scripts", "path"):
        (tmp_path / folder).mkdir()
        engine = tmp_path / folder / "flowstone"
        engine.write_text("#!/bin/sh\n")
        engine.chmod(0o755)
    code = (
        f"import sys; sys.executable = {str(tmp_path / 'scripts' / 'python')!r}\n"
        "from flowstone.engine import find_engine\nprint(find_engine())"
    )
    environment = {"PYTHONPATH": str(PYTHON_ROOT), "PATH": str(tmp_path / "path")}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == str(tmp_path / "scripts" / "flowstone")


def test_the_launcher_becomes_the_engine(tmp_path: Path, flow_file: Path) -> None:
    engine = tmp_path / "engine"
    engine.write_text("#!/bin/sh\necho $$\nexit 7\n")
    engine.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, str(flow_file)],
        env={**os.environ, "PYTHONPATH": str(PYTHON_ROOT), "FLOWSTONE_ENGINE": str(engine)},
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate()
    assert (int(output), process.returncode) == (process.pid, 7)


def test_metaflow_has_what_flowstone_has_and_nothing_else() -> None:
    code = (
        "import metaflow, flowstone\n"
        "assert metaflow.__all__ == flowstone.__all__\n"
        "for name in flowstone.__all__:\n"
        "    assert getattr(metaflow, name) is getattr(flowstone, name), name\n"
        "from metaflow.exception import MetaflowException\n"
        "from metaflow.includefile import IncludedFile\n"
        "from metaflow import client, decorators, parameters, util, metaflow_current\n"
        "try:\n    from metaflow import kubernetes\n"
        "except ImportError as error:\n    print(error)\n"
    )
    path = os.pathsep.join([str(PYTHON_ROOT), str(PYTHON_ROOT / "metaflow")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot import name 'kubernetes' from 'metaflow'" in result.stdout


def test_a_parameter_cannot_hide_a_member_of_every_flow(tmp_path: Path, echo_engine: Path) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text(one_step(decorators="name = Parameter('who', default='x')"))
    result = subprocess.run(
        [sys.executable, str(flow)],
        env={"PYTHONPATH": str(PYTHON_ROOT), "FLOWSTONE_ENGINE": str(echo_engine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Parameter *who* cannot be the attribute *name* of OneFlow" in result.stderr


def test_module_of_python_m(tmp_path: Path, echo_engine: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "hello.py").write_text(one_step())
    result = subprocess.run(
        [sys.executable, "-m", "pkg.hello"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PYTHON_ROOT), "FLOWSTONE_ENGINE": str(echo_engine)},
        capture_output=True,
        text=True,
        check=True,
    )
    flow = echoed(result.stdout)[1]["flow"]
    assert (flow["module"], flow["file"]) == ("pkg.hello", str(tmp_path / "pkg" / "hello.py"))
