"""`Step`: the tasks of one step of a run."""

from __future__ import annotations

from contextlib import suppress

from ..exceptions import MetaflowNotFound
from .objects import MetaflowObject, connection
from .task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Iterator

    from .run import Run
    from .task import TaskEnvironment

_PAGE = 500


class Step(MetaflowObject[Task]):
    """A step of a run: `Step("HelloFlow/1795336457223/start")`. Its children are tasks, newest
    first.
    """

    _depth = 3
    _example = "FlowName/RunID/StepName"

    def _read(self) -> Any:
        flow, run, name = self._components
        for step in connection().call("list_steps", flow=flow, run=run)["steps"]:
            if step["name"] == name:
                return step
        raise MetaflowNotFound(f"{self} does not exist")

    @property
    def _run(self) -> Run:
        from .run import Run

        run = self.parent
        assert isinstance(run, Run)
        return run

    def _make_parent(self) -> MetaflowObject[Any]:
        from .run import Run

        return Run("/".join(self._components[:2]), _namespace_check=False)

    @property
    def _created_ms(self) -> int:
        created: int = self._record["created_ms"]
        return created

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._run._all_tags()

    def _children(self) -> Iterator[Task]:
        flow, run, step = self._components
        after = None
        while True:
            page = connection().call(
                "list_tasks", flow=flow, run=run, step=step, limit=_PAGE, after=after
            )["tasks"]
            for task in page:
                after = task["record"]["task"]
                yield Task(f"{self.pathspec}/{after}", _record=task, **self._passed_on())
            if len(page) < _PAGE:
                return

    def _child(self, name: str) -> Task:
        return Task(f"{self.pathspec}/{name}", **self._passed_on())

    @property
    def task(self) -> Task | None:
        """A task of this step: the newest."""
        return next(iter(self), None)

    def tasks(self, *tags: str) -> Iterator[Task]:
        """The tasks, newest first."""
        return self._with_tags(tags)

    @property
    def finished_at(self) -> datetime | None:
        """When the last of the tasks ended, or None when one has not."""
        times = [task.finished_at for task in self]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None

    @property
    def environment_info(self) -> dict[str, Any] | None:
        task = self.task
        return task.environment_info if task else None

    @property
    def environment(self) -> TaskEnvironment | None:
        """The environment that the tasks of this step run in."""
        task = self.task
        return task.environment if task else None

    @property
    def origin_pathspec(self) -> str | None:
        origin = self._run.origin_pathspec
        return f"{origin}/{self.id}" if origin else None

    @property
    def parent_steps(self) -> Iterator[Step]:
        """The steps that may come just before this one, as far as the run has them."""
        for name, step in self._run._graph.items():
            if self.id in following_steps(step):
                yield from self._sibling(name)

    @property
    def child_steps(self) -> Iterator[Step]:
        """The steps that may come just after this one, as far as the run has them."""
        for name in following_steps(self._run._graph[self.id]):
            yield from self._sibling(name)

    def _sibling(self, name: str) -> Iterator[Step]:
        """Another step of the run, if the run has come there."""
        run = "/".join(self._components[:2])
        with suppress(MetaflowNotFound):
            yield Step(f"{run}/{name}", _namespace_check=False)


def following_steps(step: dict[str, Any]) -> list[str]:
    """Where a step of the description may lead."""
    transition = step["transition"]
    names = transition.get("next") or (transition.get("cases") or {}).values()
    return list(dict.fromkeys(names))
