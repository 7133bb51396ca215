"""`Task`: one execution of a step, and its artifacts, logs, metadata and environment.

A task has attempts. What it shows is its newest attempt that has ended, or the one that was asked
for: `Task(pathspec, attempt=0)`.
"""

from __future__ import annotations

from collections import namedtuple

from ..exceptions import MetaflowNotFound
from .artifact import DataArtifact, MetaflowData
from .metadata import Metadata, task_metadata
from .objects import MetaflowObject, connection, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Iterator

    from .code import MetaflowCode
    from .run import Run
    from .step import Step


class Task(MetaflowObject[DataArtifact]):
    """A task: `Task("HelloFlow/1795336457223/start/1")`. Its children are artifacts."""

    _depth = 4
    _example = "FlowName/RunID/StepName/TaskID"
    _takes_attempt = True

    def _read(self) -> Any:
        flow, run, step, task = self._components
        return connection().call("get_task", flow=flow, run=run, step=step, task=task)["task"]

    def _make_parent(self) -> MetaflowObject[Any]:
        from .step import Step

        return Step("/".join(self._components[:3]), _namespace_check=False)

    @property
    def _step(self) -> Step:
        from .step import Step

        step = self.parent
        assert isinstance(step, Step)
        return step

    @property
    def _run(self) -> Run:
        return self._step._run

    @property
    def _created_ms(self) -> int:
        created: int = self._record["record"]["created_ms"]
        return created

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._run._all_tags()

    @property
    def _shown(self) -> dict[str, Any] | None:
        """The record of the attempt that this object shows, or None when it has not ended."""
        attempts: list[dict[str, Any]] = self._record["attempts"]
        if self._attempt is None:
            return attempts[-1] if attempts else None
        return next((a for a in attempts if a["attempt"] == self._attempt), None)

    def _artifacts_of_attempt(self) -> dict[str, Any]:
        found: dict[str, Any] = self._shown["artifacts"] if self._shown else {}
        return found

    def _children(self) -> Iterator[DataArtifact]:
        for name, reference in self._artifacts_of_attempt().items():
            yield self._artifact(name, reference)

    def _child(self, name: str) -> DataArtifact:
        reference = self._artifacts_of_attempt().get(name)
        if reference is None:
            raise MetaflowNotFound(f"{self} has no artifact {name}")
        return self._artifact(name, reference)

    def _artifact(self, name: str, reference: dict[str, Any]) -> DataArtifact:
        return DataArtifact(
            f"{self.pathspec}/{name}",
            attempt=self._attempt,
            _record=reference,
            **self._passed_on(),
        )

    @property
    def data(self) -> MetaflowData:
        """The artifacts as attributes: `task.data.x`."""
        return MetaflowData(self)

    @property
    def artifacts(self) -> Any:
        """The artifacts as a named tuple of DataArtifact."""
        found = list(self)
        kind = namedtuple("MetaflowArtifacts", [artifact.id for artifact in found])  # type: ignore[misc]
        return kind(*found)

    @property
    def successful(self) -> bool:
        """Whether the step did what it should: false also when `@catch` took its failure."""
        return bool(self._shown and self._shown["successful"])

    @property
    def finished(self) -> bool:
        """Whether the task has ended in a way that the flow can go on from."""
        return bool(self._shown and self._shown["status"] == "succeeded")

    @property
    def finished_at(self) -> datetime | None:
        return time_of(self._shown["finished_ms"]) if self._shown else None

    @property
    def exception(self) -> Any:
        """What ended the task, or None. An exception that `@catch` took is its artifact instead."""
        if self._shown is None or self.finished:
            return None
        try:
            return self["_exception"].data
        except KeyError:
            return None

    @property
    def index(self) -> int | None:
        """Index in the innermost foreach."""
        stack = self._record["record"]["foreach_stack"]
        return stack[-1]["index"] if stack else None

    @property
    def current_attempt(self) -> int:
        """Number of the attempt that this object shows."""
        if self._attempt is not None:
            return self._attempt
        return int(self._shown["attempt"]) if self._shown else 0

    @property
    def runtime_name(self) -> str | None:
        """What ran the task, such as `local`."""
        for tag in self.system_tags:
            if tag.startswith("runtime:"):
                return tag.split(":", 1)[1]
        return None

    @property
    def metadata(self) -> list[Metadata]:
        """What was recorded about the task besides its artifacts, over all attempts."""
        return task_metadata(self)

    @property
    def metadata_dict(self) -> dict[str, Any]:
        """The newest value of each kind of metadata."""
        return {m.name: m.value for m in sorted(self.metadata, key=lambda m: m.created_at)}

    @property
    def stdout(self) -> str:
        """What the task wrote to standard output."""
        return self._log("stdout").decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """What the task wrote to standard error."""
        return self._log("stderr").decode("utf-8", "replace")

    @property
    def stdout_size(self) -> int:
        """Bytes of standard output."""
        return len(self._log("stdout"))

    @property
    def stderr_size(self) -> int:
        return len(self._log("stderr"))

    def loglines(
        self, stream: str, as_unicode: bool = True
    ) -> Iterator[tuple[datetime, str | bytes]]:
        """Lines of a log. Logs are stored as they were written, so the time is that of the
        attempt.
        """
        when = time_of(self._shown["started_ms"]) if self._shown else self.created_at
        for line in self._log(stream).splitlines():
            yield when, line.decode("utf-8", "replace") if as_unicode else line

    def _log(self, stream: str) -> bytes:
        flow, run, step, task = self._components
        content = connection().content(
            "get_log",
            flow=flow,
            run=run,
            step=step,
            task=task,
            attempt=self.current_attempt,
            stream=stream,
        )
        return bytes(content)

    @property
    def code(self) -> MetaflowCode | None:
        """The code that the task ran."""
        return self._run.code

    @property
    def environment(self) -> TaskEnvironment | None:
        """The environment that the task ran in; None for the interpreter that launched the run."""
        described = self._shown.get("environment") if self._shown else None
        return TaskEnvironment(described) if described else None

    @property
    def environment_info(self) -> dict[str, Any] | None:
        """The record of the environment, as a dictionary."""
        described = self._shown.get("environment") if self._shown else None
        return dict(described) if described else None

    @property
    def origin_pathspec(self) -> str | None:
        """The task that this one was taken over from by `resume`."""
        origin: str | None = self._record["record"].get("origin")
        return origin

    @property
    def parent_task_pathspecs(self) -> Iterator[str]:
        run = "/".join(self._components[:2])
        for parent in self._record["record"]["parents"]:
            if not parent.startswith("_parameters/"):
                yield f"{run}/{parent}"

    @property
    def parent_tasks(self) -> Iterator[Task]:
        """The tasks whose artifacts this one began with."""
        for pathspec in self.parent_task_pathspecs:
            yield Task(pathspec, _namespace_check=False)

    @property
    def child_task_pathspecs(self) -> Iterator[str]:
        return (task.pathspec for task in self.child_tasks)

    @property
    def child_tasks(self) -> Iterator[Task]:
        """The tasks that began with the artifacts of this one."""
        me = "/".join(self._components[2:])
        for step in self._step.child_steps if self._step_has_children() else ():
            for task in step:
                if me in task._record["record"]["parents"]:
                    yield task

    def _step_has_children(self) -> bool:
        return self._components[2] in self._run._graph


class TaskEnvironment:
    """The isolated environment of a task."""

    def __init__(self, record: dict[str, Any]):
        self.id: str = record["id"]
        self.python: str = record["python"]
        self.prefix: str | None = record.get("prefix")
        self._lock: str | None = record.get("lock")

    @property
    def lock(self) -> str | None:
        """The text of the `pylock.toml` that the environment was built from."""
        if self._lock is None:
            return None
        return bytes(connection().content("get_lock", sha256=self._lock)).decode("utf-8")

    def __repr__(self) -> str:
        return f"TaskEnvironment(id='{self.id}', python='{self.python}')"


__all__ = ["DataArtifact", "MetaflowData", "Task", "TaskEnvironment"]
