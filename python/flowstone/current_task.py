"""`current`: what a step may ask about the run it is part of."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .client import Run, Task
    from .task_attempt import TaskAttempt


class Current:
    """The running task. Outside of a task its properties are None and `is_running_flow` is False."""

    def __init__(self) -> None:
        self._attempt: TaskAttempt | None = None
        self._extra: dict[str, Any] = {}

    def _begin(self, attempt: TaskAttempt, extra: dict[str, Any]) -> None:
        """Called by the worker before the step runs."""
        self._attempt = attempt
        self._extra = extra

    def __getattr__(self, name: str) -> Any:
        # `parameter_names`, `graph`, `graph_info`: known only inside a task.
        try:
            return self.__dict__["_extra"][name]
        except KeyError:
            raise AttributeError(f"'current' has no attribute '{name}' here") from None

    def __contains__(self, key: str) -> bool:
        return getattr(self, key, None) is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The attribute `key`, or `default` when there is none."""
        return getattr(self, key, default)

    @property
    def is_running_flow(self) -> bool:
        return self._attempt is not None

    @property
    def flow_name(self) -> str | None:
        return self._attempt.flow if self._attempt else None

    @property
    def run_id(self) -> str | None:
        return self._attempt.run_id if self._attempt else None

    @property
    def step_name(self) -> str | None:
        return self._attempt.step if self._attempt else None

    @property
    def task_id(self) -> str | None:
        return self._attempt.task_id if self._attempt else None

    @property
    def retry_count(self) -> int:
        """0 in the first attempt."""
        return self._attempt.number if self._attempt else 0

    @property
    def origin_run_id(self) -> str | None:
        """The run that this one resumes."""
        return self._attempt.origin_run_id if self._attempt else None

    @property
    def pathspec(self) -> str | None:
        return self._attempt.pathspec if self._attempt else None

    @property
    def namespace(self) -> str | None:
        return self._attempt.namespace if self._attempt else None

    @property
    def username(self) -> str | None:
        return self._attempt.user if self._attempt else None

    @property
    def tags(self) -> frozenset[str]:
        return self._attempt.tags if self._attempt else frozenset()

    @property
    def tempdir(self) -> str | None:
        return self._attempt.temporary_directory if self._attempt else None

    @property
    def task(self) -> Task | None:
        from .client import Task

        return Task(self.pathspec, _namespace_check=False) if self.pathspec else None

    @property
    def run(self) -> Run | None:
        from .client import Run

        if self._attempt is None:
            return None
        return Run(f"{self._attempt.flow}/{self._attempt.run_id}", _namespace_check=False)


current = Current()
