"""What the engine says about the attempt that a worker runs: the `task` of the worker protocol."""

from __future__ import annotations

from .foreach import frames_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping


class TaskAttempt:
    """One attempt of one task. Read-only."""

    def __init__(self, task: Mapping[str, Any]):
        self.kind: str = task.get("kind", "step")
        self.flow: str = task["flow"]
        self.run_id: str = str(task["run_id"])
        self.step: str = task["step"]
        self.task_id: str = str(task["task_id"])
        self.number: int = int(task["attempt"])
        self.max_user_code_retries: int = int(task.get("max_user_code_retries") or 0)
        self.max_error_retries: int = int(task.get("max_error_retries") or 0)
        self.parameter_values: Mapping[str, str | None] = task.get("parameter_values") or {}
        self.parameters: Mapping[str, Mapping[str, Any]] = task.get("parameters") or {}
        self.inputs: list[Mapping[str, Any]] = task.get("inputs") or []
        self.join: str | None = task.get("join")
        self.graph: list[Mapping[str, Any]] = task.get("graph") or []
        self.foreach_stack = frames_of(task.get("foreach_stack") or (), self.graph)
        self.iteration_stack: list[int] = task.get("iteration_stack") or []
        self.user: str = task.get("user") or ""
        self.namespace: str | None = task.get("namespace")
        self.tags: frozenset[str] = frozenset(
            [*(task.get("tags") or ()), *(task.get("system_tags") or ())]
        )
        self.origin_run_id: str | None = task.get("origin_run_id")
        self.environment: Mapping[str, str] = task.get("environment") or {}
        self.datastore: str | None = task.get("datastore")
        self.temporary_directory: str | None = task.get("temporary_directory")
        self.failure: str | None = task.get("failure")

    @property
    def pathspec(self) -> str:
        return f"{self.flow}/{self.run_id}/{self.step}/{self.task_id}"
