"""The worker, driven through its protocol by the mini-engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from flowstone.serialization import deserialize
from mini_engine import PYTHON_ROOT, MiniEngine, Store, Task, Zygote, run_attempt, send_frame

RunFlow = Callable[..., MiniEngine]

HEADER = """
import os, sys
from flowstone import *
from flowstone import FlowSpec, step

"""
FOOTER = """
if __name__ == "__main__":
    TestFlow()
"""


def flow_of(body: str, end: str = "pass") -> str:
    """A flow whose start is `body`, a list of statements, and whose end is `end`."""
    start = "\n        ".join(body.splitlines())
    last = "\n        ".join(end.splitlines())
    return (
        f"{HEADER}class TestFlow(FlowSpec):\n"
        f"    @step\n    def start(self):\n        {start}\n        self.next(self.end)\n"
        f"    @step\n    def end(self):\n        {last}\n{FOOTER}"
    )


def values(engine: MiniEngine, task: Task) -> dict[str, Any]:
    return {
        name: deserialize(bytearray(engine.store.blobs[reference["sha256"]]))
        for name, reference in task.last.artifacts.items()
    }


def only(engine: MiniEngine, step: str) -> Task:
    (task,) = engine.named(step)
    return task


def test_artifacts_flow_from_step_to_step(run_flow: RunFlow) -> None:
    engine = run_flow(flow_of("self.x = [1, 2]", "self.y = sum(self.x)\nprint(self.y)"))
    end = only(engine, "end")
    assert values(engine, end)["y"] == 3 and values(engine, end)["x"] == [1, 2]
    assert end.last.stdout == "3\n"
    assert end.last.exited is not None and end.last.exited["code"] == 0
    assert end.last.started_pid == end.last.exited["pid"]


def test_what_is_not_read_is_neither_fetched_nor_sent(run_flow: RunFlow) -> None:
    engine = run_flow(flow_of("self.x = [1]\nself.y = 'text'", "self.y"))
    end = only(engine, "end").last
    assert end.end is not None
    start = only(engine, "start").last.artifacts
    assert end.fetched == [start["y"]["sha256"]]
    assert {"x", "y"} <= set(end.end["references"])


def test_what_was_changed_in_place_is_stored_again(run_flow: RunFlow) -> None:
    engine = run_flow(flow_of("self.x = [1]", "self.x.append(2)"))
    assert values(engine, only(engine, "end"))["x"] == [1, 2]
    assert values(engine, only(engine, "start"))["x"] == [1]


def test_large_artifacts_go_by_descriptor_both_ways(run_flow: RunFlow) -> None:
    body = "self.big = bytearray(3_000_000)"
    engine = run_flow(flow_of(body, "self.big[5] = 9\nself.first = self.big[:10]"))
    assert values(engine, only(engine, "end"))["first"] == bytearray(b"\0\0\0\0\0\x09\0\0\0\0")
    assert values(engine, only(engine, "start"))["big"][5] == 0


def test_parameters_are_evaluated_once_and_read_only(run_flow: RunFlow) -> None:
    source = (
        HEADER
        + """
class TestFlow(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    names = Parameter("the-names", default="a,b", separator=",")
    when = Parameter("when", default=lambda context: context.parameter_name)
    grid = Parameter("grid", type=JSONType, default='{"n": 1}')
    flag = Parameter("flag", default=False)
    limit = 12

    @step
    def start(self):
        for name in ("alpha", "limit"):
            try:
                setattr(self, name, 1)
            except AttributeError as error:
                print(error)
        self.next(self.end)

    @step
    def end(self):
        self.all = [self.alpha, self.names, self.when, self.grid, self.flag, self.limit]
        self.known = [current.parameter_names, sorted(current.graph["steps"])]
"""
        + FOOTER
    )
    engine = run_flow(source, parameters={"alpha": "3", "flag": "yes"})
    end = values(engine, only(engine, "end"))
    assert end["all"] == [3.0, ["a", "b"], "when", {"n": 1}, True, 12]
    assert end["known"] == [["alpha", "names", "when", "grid", "flag"], ["end", "start"]]
    refusal = "Flow level attributes and Parameters are not modifiable\n"
    assert only(engine, "start").last.stdout == refusal * 2


def test_a_bad_parameter_fails_its_task(run_flow: RunFlow) -> None:
    source = flow_of("pass").replace(
        "    @step", '    alpha = Parameter("alpha", type=int)\n    @step', 1
    )
    engine = run_flow(source, parameters={"alpha": "many"})
    (task,) = engine.tasks
    assert task.last.end is not None and not task.last.ok
    assert "Invalid value for --alpha: 'many'" in task.last.end["exception"]["message"]


def test_nested_foreach_and_joins(run_flow: RunFlow) -> None:
    source = (
        HEADER
        + """
class TestFlow(FlowSpec):
    @step
    def start(self):
        self.outer = ["a", "b"]
        self.next(self.middle, foreach="outer")

    @step
    def middle(self):
        self.inner = [1, 2]
        self.next(self.leaf, foreach="inner")

    @step
    def leaf(self):
        self.name = self.name if False else None
        self.next(self.join_inner)

    @step
    def join_inner(self, inputs):
        self.next(self.join_outer)

    @step
    def join_outer(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
        + FOOTER
    ).replace(
        "        self.name = self.name if False else None\n",
        "        self.stack = self.foreach_stack()\n        print(self)\n",
    )
    source = source.replace(
        "    def join_inner(self, inputs):\n",
        "    def join_inner(self, inputs):\n"
        "        self.seen = [(b.index, b.input, b.stack) for b in inputs]\n"
        "        self.mine = (self.index, self.input)\n",
    )
    engine = run_flow(source)
    second = engine.named("join_inner")[1]
    assert values(engine, second)["seen"] == [
        (0, 1, [(1, 2, "b"), (0, 2, 1)]),
        (1, 2, [(1, 2, "b"), (1, 2, 2)]),
    ]
    # The outer loop's variable ended at the split: only its index is still known.
    assert values(engine, second)["mine"] == (1, None)
    assert engine.named("leaf")[3].last.stdout == "<flow TestFlow step leaf[1,1] (input: 2)>\n"
    assert only(engine, "end").last.ok


SPLIT = (
    HEADER
    + """
class TestFlow(FlowSpec):
    @step
    def start(self):
        self.common = "same"
        self.next(self.a, self.b)

    @step
    def a(self):
        self.x = 1
        self.only_a = "a"
        self.next(self.join)

    @step
    def b(self):
        self.x = 2
        self.next(self.join)

    @step
    def join(self, inputs):
        MERGE
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    + FOOTER
)


def test_merge_passes_on_what_the_branches_agree_on(run_flow: RunFlow) -> None:
    merge = "self.x = inputs.a.x + inputs.b.x; self.merge_artifacts(inputs)"
    engine = run_flow(SPLIT.replace("MERGE", merge))
    join = only(engine, "join")
    found = values(engine, join)
    assert (found["x"], found["common"], found["only_a"]) == (3, "same", "a")
    assert join.last.end is not None and "common" in join.last.end["references"]
    assert only(engine, "end").last.ok


@pytest.mark.parametrize(
    ("merge", "message"),
    [
        ("self.merge_artifacts(inputs)", "having conflicting values:\n[x]."),
        ("self.merge_artifacts(inputs, include=['nope'])", "[nope] are not present."),
        ("self.merge_artifacts(inputs, include=['x'], exclude=['x'])", "mutually exclusive"),
    ],
)
def test_merge_refuses(run_flow: RunFlow, merge: str, message: str) -> None:
    engine = run_flow(SPLIT.replace("MERGE", merge))
    join = only(engine, "join").last
    assert join.end is not None and message in join.end["exception"]["message"]
    assert not join.ok


def test_merge_outside_of_a_join(run_flow: RunFlow) -> None:
    engine = run_flow(flow_of("self.merge_artifacts([])"))
    assert "can only be called in a join" in only(engine, "start").last.stderr


def test_switch_takes_the_case_of_its_condition(run_flow: RunFlow) -> None:
    source = (
        HEADER
        + """
class TestFlow(FlowSpec):
    @step
    def start(self):
        self.kind = "y"
        self.next({"x": self.never, "y": self.end}, condition="kind")

    @step
    def never(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
        + FOOTER
    )
    engine = run_flow(source)
    start = only(engine, "start").last
    assert start.end is not None
    assert start.end["transition"] == {
        "next": ["end"], "foreach": None, "condition": "kind", "case": "y",
    }  # fmt: skip
    engine = run_flow(source.replace('self.kind = "y"', 'self.kind = "z"'))
    assert "which is not in the available cases: ['x', 'y']" in only(engine, "start").last.stderr


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ("self.next(self.end)", "Multiple self.next() calls detected in step *start*."),
        ("self.next(print)", "the 1. argument in self.next() is not a function."),
        ("self.next()", "Specify at least one step function"),
        (
            "self.next(self.end, foreach='xs')",
            "Foreach variable *self.xs* in step *start* does not",
        ),
        ("self.xs = []\nself.next(self.end, foreach='xs')", "produced zero splits."),
        ("self.xs = 1\nself.next(self.end, foreach='xs')", "is not iterable."),
        ("self.next(self.end, wrong=1)", "passes an unknown keyword argument 'wrong'"),
        ("self.next({'a': self.end})", "Dictionary argument requires 'condition' parameter."),
        ("self.next({'a': self.end}, condition='c')", "Condition variable *self.c* in step"),
    ],
)
def test_wrong_transitions(run_flow: RunFlow, statements: str, message: str) -> None:
    engine = run_flow(flow_of(statements))
    start = only(engine, "start").last
    assert start.end is not None and message in start.end["exception"]["message"]
    assert "line " in start.end["exception"]["message"] and not start.ok


def test_failure_shows_the_frames_of_the_author(run_flow: RunFlow) -> None:
    body = (
        "self.before = 1\ntry:\n    {}['k']\n"
        "except KeyError as error:\n    raise ValueError('bad') from error"
    )
    engine = run_flow(flow_of(body))
    start = only(engine, "start").last
    assert start.stderr.startswith("<flow TestFlow step start> failed:\nTraceback (most recent")
    assert "KeyError: 'k'" in start.stderr and "ValueError: bad" in start.stderr
    assert str(PYTHON_ROOT) not in start.stderr
    assert start.end is not None and start.end["reason"] == "user"
    assert start.exited is not None and start.exited["code"] == 1
    # What a failed attempt made is kept, for whoever looks for the reason.
    assert values(engine, only(engine, "start"))["before"] == 1
    assert values(engine, only(engine, "start"))["_exception"].type == "builtins.ValueError"


def test_unpicklable_artifact_is_named(run_flow: RunFlow) -> None:
    start = only(run_flow(flow_of("self.callback = (i for i in [])")), "start").last
    assert start.end is not None and start.end["reason"] == "unpicklable"
    message = start.end["exception"]["message"]
    assert 'artifact named "callback" of type builtins.generator' in message
    assert not start.ok


def test_retry_then_catch(run_flow: RunFlow) -> None:
    body = "if current.retry_count == 0:\n    os._exit(7)\nraise ValueError('bad')"
    source = flow_of(body).replace(
        "    @step", "    @retry(times=1)\n    @catch(var='e')\n    @step", 1
    )
    start = only(run_flow(source), "start")
    first, second = start.attempts
    assert first.end is None and first.exited is not None and first.exited["code"] == 7
    assert second.end is not None and second.ok
    assert (second.end["caught"], second.end["successful"]) == (True, False)
    assert second.end["transition"]["next"] == ["end"]
    assert second.stdout.startswith(
        "@catch caught an exception from <flow TestFlow step start>\n> "
    )


def test_catch_records_a_process_that_died(run_flow: RunFlow) -> None:
    source = flow_of("os.kill(os.getpid(), 9)").replace(
        "    @step", "    @catch(var='e')\n    @step", 1
    )
    engine = run_flow(source)
    start = only(engine, "start")
    killed, fallback = start.attempts
    assert killed.exited is not None and killed.exited["signal"] == signal.SIGKILL
    assert fallback.ok and fallback.end is not None and fallback.end["caught"]
    wrapper = values(engine, start)["e"]
    assert wrapper.type.endswith("FailureHandledByCatch")
    assert "kept failing over 1 attempts" in wrapper.exception
    assert only(engine, "end").last.ok


def test_timeout_interrupts_the_step(run_flow: RunFlow) -> None:
    body = (
        "import signal\nsignal.alarm = lambda s: os.kill(os.getpid(), signal.SIGALRM) if s else 0"
    )
    source = flow_of("while True: pass").replace(
        "    @step", "    @timeout(seconds=2, minutes=1)\n    @step", 1
    )
    # The alarm rings at once: what is tested is what it does, not the kernel's clock.
    source = source.replace("import os, sys", f"import os, sys\n{body}", 1)
    start = only(run_flow(source), "start").last
    assert start.end is not None and start.end["reason"] == "timeout"
    assert "Step start timed out after 0 hours, 1 minutes, 2 seconds" in start.stderr


def test_environment_of_the_task(run_flow: RunFlow) -> None:
    engine = run_flow(
        flow_of("self.seen = [os.environ['COLOR'], os.environ['FLOWSTONE_DATASTORE']]"),
        overrides={"environment": {"COLOR": "blue"}, "datastore": "/data"},
    )
    assert values(engine, only(engine, "start"))["seen"] == ["blue", "/data"]


def test_with_decorators_reach_the_worker(run_flow: RunFlow) -> None:
    source = flow_of("raise ValueError")
    start = only(run_flow(source, arguments=["--with", "catch:var=oops"]), "start").last
    assert start.ok and "oops" in start.artifacts


def test_current_knows_the_task(run_flow: RunFlow) -> None:
    body = (
        "self.seen = [current.pathspec, current.username, current.namespace, current.retry_count,\n"
        "             sorted(current.tags), current.is_running_flow, current.get('nope', 'no')]"
    )
    engine = run_flow(flow_of(body))
    seen = values(engine, only(engine, "start"))["seen"]
    tags = ["nightly", "user:ada"]
    assert seen == ["TestFlow/1/start/1", "ada", "user:ada", 0, tags, True, "no"]


def test_task_processes_are_on_their_own(run_flow: RunFlow) -> None:
    body = (
        "import signal\n"
        "self.seen = [os.getpgrp() == os.getpid(), sys.stdin.read(),\n"
        "             signal.getsignal(signal.SIGINT) is signal.default_int_handler,\n"
        "             signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, sys.argv,\n"
        "             __name__, sys.modules['__main__'].TestFlow is type(self)]"
    )
    engine = run_flow(flow_of(body))
    seen = values(engine, only(engine, "start"))["seen"]
    assert seen == [True, "", True, True, ["flow.py"], "__main__", True]


def test_objects_of_classes_in_the_flow_file(run_flow: RunFlow) -> None:
    source = flow_of("self.point = Point(3)", "print(self.point.x)").replace(
        "class TestFlow",
        "class Point:\n    def __init__(self, x):\n        self.x = x\n\nclass TestFlow",
    )
    assert only(run_flow(source), "end").last.stdout == "3\n"


def test_exit_handlers_and_threads_end_with_the_task(run_flow: RunFlow) -> None:
    body = (
        "import atexit, threading\n"
        "atexit.register(print, 'handler')\n"
        "threading.Thread(target=print, args=['thread']).start()"
    )
    assert set(only(run_flow(flow_of(body)), "start").last.stdout.split()) == {"thread", "handler"}


def test_leaving_the_step_by_exit_is_no_end(run_flow: RunFlow) -> None:
    start = only(run_flow(flow_of("sys.exit(0)")), "start").last
    assert start.end is None
    assert start.exited is not None and start.exited["code"] == 0


def test_missing_artifact_is_named(run_flow: RunFlow) -> None:
    engine = run_flow(flow_of("self.x = [1]", "self.x"))
    engine.store.blobs.clear()
    start = only(engine, "start")
    task = engine._run_task("end", [start], None, [], {})
    assert "is missing" in task.last.stderr and not task.last.ok


def test_exception_that_cannot_be_shown(run_flow: RunFlow) -> None:
    source = flow_of("raise Mute('x' * 10)").replace(
        "class TestFlow",
        "class Mute(Exception):\n    def __str__(self):\n        return 1 / 0\n\nclass TestFlow",
    )
    start = only(run_flow(source), "start").last
    assert start.end is not None
    assert start.end["exception"]["message"] == "<no text: ZeroDivisionError in its __str__>"


def test_text_that_is_no_utf8_is_still_json(run_flow: RunFlow) -> None:
    body = (
        "self.names = ['caf\\udce9']\n"
        "self.next(self.end, foreach='names')\n"
        "raise OSError('\\udce9')"
    )
    start = only(run_flow(flow_of(body)), "start").last
    assert start.end is not None and start.end["exception"]["message"] == "?"
    assert start.end["transition"]["foreach"]["values"] == ["caf?"]


def test_huge_message_is_shortened(run_flow: RunFlow) -> None:
    start = only(run_flow(flow_of("raise ValueError('x' * 10_000_000)")), "start").last
    assert start.end is not None and len(start.end["exception"]["message"]) < 300_000
    assert "characters left out" in start.end["exception"]["message"]


# The zygote itself.


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "flow.py"
    path.write_text(flow_of("print('here')"))
    return path


def task_frame(step: str = "start", graph: Any = ()) -> dict[str, Any]:
    return {
        "kind": "step", "flow": "TestFlow", "run_id": "1", "step": step, "task_id": "1",
        "attempt": 0, "inputs": [], "parameters": {}, "graph": list(graph),
    }  # fmt: skip


def test_import_error_is_reported_with_the_authors_frames(flow_file: Path) -> None:
    flow_file.write_text("import nowhere_at_all\n")
    with Zygote() as zygote:
        failed = zygote.load(flow_file, "TestFlow")
    assert failed["type"] == "load_failed"
    assert failed["exception"]["type"] == "builtins.ModuleNotFoundError"
    assert str(flow_file) in failed["exception"]["traceback"]
    assert str(PYTHON_ROOT) not in failed["exception"]["traceback"]


def test_a_file_without_the_flow(flow_file: Path) -> None:
    with Zygote() as zygote:
        failed = zygote.load(flow_file, "OtherFlow")
    assert "defines no flow OtherFlow" in failed["exception"]["message"]


def test_threads_of_the_import_are_counted(flow_file: Path) -> None:
    flow_file.write_text(
        "import threading\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        + flow_file.read_text()
    )
    with Zygote() as zygote:
        assert zygote.load(flow_file, "TestFlow") == {"type": "loaded", "threads": 1}


def test_run_here_makes_the_process_the_task(flow_file: Path) -> None:
    with Zygote() as zygote:
        zygote.load(flow_file, "TestFlow")
        attempt = run_attempt(zygote, Store(), task_frame(), verb="run_here")
        assert zygote.process.wait(timeout=20) == 0
    assert attempt.ok and attempt.stdout == "here\n"
    assert attempt.started_pid == zygote.process.pid


def test_isolated_worker_sees_the_flow_folder_and_metaflow_alone(flow_file: Path) -> None:
    flow_file.write_text(
        "import sys, metaflow, flowstone\n"
        f"assert {str(PYTHON_ROOT)!r} not in sys.path\n"
        f"assert {str(PYTHON_ROOT / 'metaflow')!r} not in sys.path\n"
        "assert sys.path[0] == " + repr(str(flow_file.parent)) + "\n"
        "assert metaflow.FlowSpec is flowstone.FlowSpec\n" + flow_file.read_text()
    )
    with Zygote() as zygote:
        assert zygote.load(flow_file, "TestFlow")["type"] == "loaded"


def test_flow_that_is_a_module_of_a_package(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text("GREETING = 'hi'\n")
    flow = package / "hello.py"
    flow.write_text("from .words import GREETING\n" + flow_of("print(GREETING)"))
    with Zygote() as zygote:
        loaded = zygote.load(flow, "TestFlow", directory=str(tmp_path), module="pkg.hello")
        assert loaded["type"] == "loaded", loaded
        assert run_attempt(zygote, Store(), task_frame()).stdout == "hi\n"


def test_the_metaflow_that_described_the_flow_wins(flow_file: Path) -> None:
    (flow_file.parent / "metaflow.py").write_text("FlowSpec = None\n")
    flow_file.write_text(
        "import flowstone, metaflow\n"
        "assert metaflow.FlowSpec is flowstone.FlowSpec\n" + flow_file.read_text()
    )
    with Zygote() as zygote:
        assert zygote.load(flow_file, "TestFlow")["type"] == "loaded"


def test_another_metaflow_of_the_description_stays(flow_file: Path) -> None:
    (flow_file.parent / "metaflow.py").write_text("ours = False\n")
    flow_file.write_text("import metaflow\nassert not metaflow.ours\n" + flow_file.read_text())
    with Zygote() as zygote:
        assert zygote.load(flow_file, "TestFlow", compat_root=None)["type"] == "loaded"


def test_end_of_the_channel_kills_what_a_task_started(flow_file: Path) -> None:
    flow_file.write_text(
        flow_of(
            "import subprocess\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
            "print(child.pid, flush=True)\nchild.wait()"
        )
    )
    zygote = Zygote()
    zygote.load(flow_file, "TestFlow")
    ours, theirs = socket.socketpair()
    out_read, out_write = os.pipe()
    frame = {"type": "fork", "key": "k", "task": task_frame()}
    send_frame(zygote.connection, frame, descriptors=(theirs.fileno(), out_write, out_write))
    for descriptor in (theirs.detach(), out_write):
        os.close(descriptor)
    with os.fdopen(out_read) as stdout:
        grandchild = int(stdout.readline())
        assert os.path.exists(f"/proc/{grandchild}")  # noqa: PTH110
        assert zygote.close() == 0
        assert stdout.read() == ""  # nothing is left that holds the pipe
    ours.close()


def test_a_broken_frame_ends_the_zygote() -> None:
    zygote = Zygote()
    zygote.connection.sendall(b"\xff" * 12)
    assert zygote.process.wait(timeout=20) == 1
    zygote.close()


def test_interrupt_does_not_end_the_zygote(flow_file: Path) -> None:
    with Zygote() as zygote:
        zygote.load(flow_file, "TestFlow")
        zygote.process.send_signal(signal.SIGINT)
        assert run_attempt(zygote, Store(), task_frame()).ok


def test_terminate_ends_it(flow_file: Path) -> None:
    zygote = Zygote()
    zygote.load(flow_file, "TestFlow")
    zygote.process.send_signal(signal.SIGTERM)
    assert zygote.process.wait(timeout=20) == 0
    zygote.close()


def test_start_imports_little() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(PYTHON_ROOT)!r}); before = set(sys.modules)\n"
        "import flowstone.worker.zygote\nfrom flowstone import FlowSpec, step, Parameter, retry\n"
        "print(*set(sys.modules) - before)"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    slow = {"typing", "inspect", "ast", "pickle", "subprocess", "asyncio", "ctypes", "pathlib",
            "tempfile", "traceback", "dataclasses", "threading"}  # fmt: skip
    assert not loaded & slow
