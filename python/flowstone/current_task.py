"""`current`: what a step may ask about the run it is part of."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .client import Run, Task
    from .task_attempt import TaskAttempt


class Current:
    """The running task. Outside of a task its properties are None and `is_running_flow` is
    False.
    """

    def __init__(self) -> None:
        self._attempt: TaskAttempt | None = None
        self._parameter_names: list[str] = []
        self._load_graph: Callable[[], dict[str, Any]] = _no_graph

    def _begin(
        self,
        attempt: TaskAttempt,
        parameter_names: list[str],
        load_graph: Callable[[], dict[str, Any]],
    ) -> None:
        """Called by the worker before the step runs. `load_graph` reads the artifact
        `_graph_info`.
        """
        self._attempt = attempt
        self._parameter_names = parameter_names
        self._load_graph = load_graph

    def __getattr__(self, name: str) -> Any:
        # Without this, a typing mistake and a feature that is not there would look alike.
        raise AttributeError(f"'current' has no attribute '{name}'")

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The attribute `key`, or `default` when there is none."""
        try:
            return getattr(self, key, default)
        except RuntimeError:
            return default  # the graph, outside of a task

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
    def parameter_names(self) -> list[str]:
        """Attributes of the flow that are parameters."""
        return self._parameter_names

    @property
    def graph(self) -> dict[str, Any]:
        """Steps and structure of the running flow: its artifact `_graph_info`."""
        return self._load_graph()

    @property
    def graph_info(self) -> dict[str, Any]:
        return self._load_graph()

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


def _no_graph() -> dict[str, Any]:
    raise RuntimeError("Graph is not available")


current = Current()
