"""The client over a datastore that the mini-engine wrote."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any, Callable

import pytest
from directory_store import DirectoryStore
from flowstone.exceptions import (
    MetaflowInvalidPathspec,
    MetaflowNamespaceMismatch,
    MetaflowNotFound,
    MetaflowTaggingError,
)
from mini_engine import MiniEngine

from flowstone import DataArtifact, Flow, Metaflow, Run, Step, Task, get_namespace, namespace

SOURCE = """
from flowstone import FlowSpec, IncludeFile, Parameter, catch, retry, step

class WideFlow(FlowSpec):
    alpha = Parameter("alpha", default=2)
    note = IncludeFile("note", default="flow.py")
    limit = 7

    @step
    def start(self):
        self.items = ["p", "q"]
        print("hello")
        self.next(self.body, foreach="items")

    @retry(times=1)
    @catch(var="error")
    @step
    def body(self):
        self.seen = self.input
        if self.index == 1:
            raise ValueError("bad")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [branch.seen for branch in inputs]
        self._secret = 1
        self.next(self.end)

    @step
    def end(self):
        self.total = self.alpha + self.limit

if __name__ == "__main__":
    WideFlow()
"""

RunFlow = Callable[..., MiniEngine]


@pytest.fixture
def wide(run_flow: RunFlow, datastore: DirectoryStore) -> Run:
    datastore.save(run_flow(SOURCE))
    return Run("WideFlow/1")


def test_run_shows_the_data_of_its_end(wide: Run) -> None:
    assert wide.successful and wide.finished
    assert wide.data is not None and wide.data.total == 9
    assert wide.end_task == Task("WideFlow/1/end/5")
    assert wide.finished_at is not None and wide.finished_at > wide.created_at


def test_children_are_newest_first_and_private_ones_hidden(wide: Run) -> None:
    assert [step.id for step in wide] == ["end", "join", "body", "start"]
    assert [task.id for task in wide["body"]] == ["3", "2"]
    public = {artifact.id for artifact in Task("WideFlow/1/join/4")}
    assert public == {"seen", "alpha", "note", "limit", "name"}
    assert wide["_parameters"].task is not None
    assert wide["join"].task is not None and wide["join"].task["_secret"].data == 1


def test_index_miss_is_a_key_error_and_a_constructor_miss_is_not_found(wide: Run) -> None:
    with pytest.raises(KeyError):
        wide["nope"]
    assert "nope" not in wide and "start" in wide
    with pytest.raises(MetaflowNotFound, match=r"Run\('WideFlow/9'\) does not exist"):
        Run("WideFlow/9")
    with pytest.raises(MetaflowNotFound, match=r"Flow\('Nope'\) does not exist"):
        Flow("Nope")
    with pytest.raises(AttributeError, match="nope"):
        wide.data.nope  # type: ignore[union-attr]  # noqa: B018


def test_pathspecs_are_checked() -> None:
    with pytest.raises(MetaflowInvalidPathspec, match=r"Expects Step\('FlowName/RunID/StepName'\)"):
        Step("WideFlow/1")
    with pytest.raises(MetaflowInvalidPathspec):
        Task("WideFlow/1/start/")


def test_caught_failure_is_a_finished_task_that_was_not_successful(wide: Run) -> None:
    task = wide["body"]["3"]
    assert (task.finished, task.successful, task.exception) == (True, False, None)
    assert task.current_attempt == 1
    assert task.data.error.type == "builtins.ValueError"
    assert task.metadata_dict["attempt"] == "1"
    assert wide["body"]["2"].data.error is None


def test_an_older_attempt_can_be_asked_for(wide: Run) -> None:
    first = Task("WideFlow/1/body/3", attempt=0)
    assert not first.finished
    assert first.exception.exception == "bad"
    assert "ValueError: bad" in first.stderr
    with pytest.raises(MetaflowNotFound, match="smaller than 6"):
        Task("WideFlow/1/body/3", attempt=6)
    with pytest.raises(MetaflowNotFound, match="only be specified for Task"):
        Run("WideFlow/1", attempt=0)


def test_failed_run_is_not_finished_and_has_no_data(
    run_flow: RunFlow, datastore: DirectoryStore
) -> None:
    datastore.save(run_flow(SOURCE.replace('@catch(var="error")', "")))
    run = Run("WideFlow/1")
    assert (run.successful, run.finished, run.finished_at, run.data) == (False, False, None, None)
    assert run["body"].task.exception.type == "builtins.ValueError"  # type: ignore[union-attr]


def test_logs(wide: Run) -> None:
    task = wide["start"].task
    assert task is not None
    assert task.stdout == "hello\n" and task.stdout_size == 6
    assert task.stderr == ""
    assert [line for _time, line in task.loglines("stdout")] == ["hello"]


def test_foreach_index_and_relatives(wide: Run) -> None:
    body = wide["body"]["3"]
    assert body.index == 1 and wide["start"].task.index is None  # type: ignore[union-attr]
    assert [task.pathspec for task in body.parent_tasks] == ["WideFlow/1/start/1"]
    assert [task.pathspec for task in body.child_tasks] == ["WideFlow/1/join/4"]
    assert [s.id for s in wide["body"].parent_steps] == ["start"]
    assert [s.id for s in wide["join"].child_steps] == ["end"]
    assert body.metadata_dict["foreach-execution-path"] == "body:1"


def test_artifact_says_what_it_is(wide: Run) -> None:
    artifact = DataArtifact("WideFlow/1/join/4/seen")
    assert artifact.data == ["p", "q"]
    assert artifact.type == "builtins.list" and len(artifact.sha) == 64 and artifact.size > 0
    assert wide.data.note.startswith("\nfrom flowstone import")  # type: ignore[union-attr]


def test_namespaces_hide_the_runs_of_others(run_flow: RunFlow, datastore: DirectoryStore) -> None:
    engine = run_flow(SOURCE)
    datastore.save(engine)
    engine.run_id = "2"
    datastore.save(engine, system_tags=["user:bob"])
    assert [run.id for run in Flow("WideFlow")] == ["1"]
    with pytest.raises(MetaflowNamespaceMismatch, match="Object not in namespace 'user:ada'"):
        Run("WideFlow/2")
    assert Run("WideFlow/2", _namespace_check=False).id == "2"
    assert namespace(None) is None and get_namespace() is None
    assert Flow("WideFlow").latest_run == Run("WideFlow/2")
    namespace("user:nobody")
    with pytest.raises(MetaflowNamespaceMismatch):
        Flow("WideFlow")
    assert Metaflow().flows == []


def test_flow_pages_through_many_runs(run_flow: RunFlow, datastore: DirectoryStore) -> None:
    engine = run_flow(SOURCE)
    engine.tasks = []
    for number in range(10, 65):
        engine.run_id = f"r{number}"
        datastore.save(engine)
    ids = [run.id for run in Flow("WideFlow")]
    assert ids == [f"r{number}" for number in reversed(range(10, 65))]
    assert Flow("WideFlow").latest_successful_run is None


def test_tags(wide: Run) -> None:
    wide.add_tag("good")
    wide.add_tags(["a", "user:ada"])
    assert wide.user_tags == {"good", "a"}
    wide.replace_tag("a", "b")
    assert Run("WideFlow/1").user_tags == {"good", "b"}
    assert [r.id for r in Flow("WideFlow").runs("good")] == ["1"]
    assert "b" in Task("WideFlow/1/end/5").tags
    with pytest.raises(MetaflowTaggingError, match="system tags: user:ada"):
        wide.remove_tag("user:ada")
    with pytest.raises(MetaflowTaggingError, match="too long"):
        wide.add_tag("x" * 501)
    with pytest.raises(MetaflowTaggingError, match="at most 50"):
        wide.add_tags([str(number) for number in range(51)])


def test_code_of_a_run(run_flow: RunFlow, datastore: DirectoryStore, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in (".fs_code/flowstone/__init__.py", "flow.py", "helpers/a.py"):
            info = tarfile.TarInfo(name)
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
    digest = datastore.put("code", archive.getvalue())
    datastore.save(run_flow(SOURCE), code=digest)
    code = Run("WideFlow/1").code
    assert code is not None and code.id == digest
    assert code.files == ["flow.py", "helpers/a.py"]
    assert code.flowspec == "flow.py" and code.script_name == "flow.py"
    with code.extract() as folder:
        assert (Path(folder) / "helpers" / "a.py").read_text() == "helpers/a.py"


def test_objects_survive_pickling(wide: Run) -> None:
    task = pickle.loads(pickle.dumps(wide["body"]["3"]))
    assert task == Task("WideFlow/1/body/3") and task.data.seen == "q"


def test_two_objects_of_one_task_are_equal_in_all_they_say(wide: Run) -> None:
    one, other = Task("WideFlow/1/body/3"), Task("WideFlow/1/body/3")
    for name in ("metadata", "metadata_dict", "tags", "created_at", "finished_at", "parent"):
        assert getattr(one, name) == getattr(other, name), name


def test_a_corrupt_engine_answer_is_an_error(
    datastore: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowstone.exceptions import MetaflowInternalError

    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("FLOWSTONE_ENGINE", str(broken))
    monkeypatch.setenv("FLOWSTONE_DATASTORE", "/elsewhere")
    with pytest.raises(MetaflowInternalError, match="ended with status 3"):
        Flow("WideFlow")


def test_large_artifacts_are_mapped(run_flow: RunFlow, datastore: DirectoryStore) -> None:
    source = SOURCE.replace("self._secret = 1", "self.big = bytearray(1_000_000)")
    datastore.save(run_flow(source))
    big: Any = Task("WideFlow/1/join/4").data.big
    assert len(big) == 1_000_000
    big[0] = 1  # memory of its own: the stored object is untouched
    assert Task("WideFlow/1/join/4").data.big[0] == 0


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"METAFLOW_USER": "ada", "USER": "bob"}, "user:ada"),
        ({"USER": "bob"}, "user:bob"),
        ({}, "user:unknown"),
        ({"USER": "bob", "METAFLOW_PRODUCTION_TOKEN": "t1"}, "production:t1"),
    ],
)
def test_default_namespace(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowstone import default_namespace

    names = ["METAFLOW_USER", "SUDO_USER", "USERNAME", "USER", "METAFLOW_PRODUCTION_TOKEN"]
    for name in names:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_namespace() == get_namespace() == expected
    namespace("user:ada")
