"""`Flow` and `Metaflow`: the runs of a flow, and the flows of a datastore."""

from __future__ import annotations

from ..exceptions import MetaflowNamespaceMismatch, MetaflowNotFound
from .objects import MetaflowObject, connection
from .run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

# Runs are read in pages: the newest is what most programs want.
_PAGE = 50


class Flow(MetaflowObject[Run]):
    """A flow that has run: `Flow("HelloFlow")`. Its children are runs, newest first."""

    _depth = 1
    _example = "FlowName"

    def _read(self) -> Any:
        found = connection().call("list_runs", flow=self.id, limit=1)["runs"]
        if not found:
            raise MetaflowNotFound(f"{self} does not exist")
        return found[0]

    @property
    def _created_ms(self) -> int:
        created: int = self._record["record"]["created_ms"]
        return created

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(), frozenset()

    def _is_in_namespace(self, ns: str | None) -> bool:
        tags = None if ns is None else [ns]
        return bool(connection().call("list_runs", flow=self.id, tags=tags, limit=1)["runs"])

    def _children(self) -> Iterator[Run]:
        tags = [self._namespace] if self._namespace_check else None
        after = None
        while True:
            page = connection().call(
                "list_runs", flow=self.id, tags=tags, limit=_PAGE, after=after
            )["runs"]
            for run in page:
                after = run["record"]["run"]
                yield Run(f"{self.id}/{after}", _record=run, **self._passed_on())
            if len(page) < _PAGE:
                return

    def _child(self, name: str) -> Run:
        return Run(f"{self.id}/{name}", **self._passed_on())

    @property
    def latest_run(self) -> Run | None:
        """The newest run, whatever its state."""
        return next(iter(self), None)

    @property
    def latest_successful_run(self) -> Run | None:
        """The newest run that succeeded."""
        return next((run for run in self if run.successful), None)

    def runs(self, *tags: str) -> Iterator[Run]:
        """The runs that carry all of `tags`, newest first."""
        return self._with_tags(tags)


class Metaflow:
    """Entry point to all flows of the datastore."""

    @property
    def flows(self) -> list[Flow]:
        """Flows that have a run in the current namespace."""
        return list(self)

    def __iter__(self) -> Iterator[Flow]:
        for name in connection().call("list_flows")["flows"]:
            try:
                yield Flow(name)
            except MetaflowNamespaceMismatch:
                continue

    def __getitem__(self, name: str) -> Flow:
        return Flow(name)

    def __str__(self) -> str:
        return "Metaflow()"

    def _ipython_key_completions_(self) -> list[str]:
        return [flow.id for flow in self]
