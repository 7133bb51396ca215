"""`Run`: one execution of a flow."""

from __future__ import annotations

from ..exceptions import MetaflowException, MetaflowTaggingError
from .connection import RpcError
from .objects import MetaflowObject, connection, time_of
from .step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Iterable, Iterator

    from .code import MetaflowCode
    from .task import MetaflowData, Task

# Limits of tags, as Metaflow's.
_MAX_TAG_LENGTH = 500
_MAX_USER_TAGS = 50


class Run(MetaflowObject[Step]):
    """A run: `Run("HelloFlow/1795336457223")`. Its children are steps, newest first."""

    _depth = 2
    _example = "FlowName/RunID"

    def _read(self) -> Any:
        flow, run = self._components
        return connection().call("get_run", flow=flow, run=run)["run"]

    def _make_parent(self) -> MetaflowObject[Any]:
        from .flow import Flow

        return Flow(self._components[0], _namespace_check=False)

    @property
    def _created_ms(self) -> int:
        created: int = self._record["record"]["created_ms"]
        return created

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(self._record["tags"]), frozenset(self._record["record"]["system_tags"])

    def _children(self) -> Iterator[Step]:
        flow, run = self._components
        for step in connection().call("list_steps", flow=flow, run=run)["steps"]:
            yield Step(f"{self.pathspec}/{step['name']}", _record=step, **self._passed_on())

    def _child(self, name: str) -> Step:
        return Step(f"{self.pathspec}/{name}", **self._passed_on())

    @property
    def _graph(self) -> dict[str, dict[str, Any]]:
        """Steps of the flow's description by name."""
        return {step["name"]: step for step in self._record["record"]["graph"]}

    def steps(self, *tags: str) -> Iterator[Step]:
        """The steps that have tasks, newest first."""
        return self._with_tags(tags)

    @property
    def end_task(self) -> Task | None:
        """The task of the last step, or None when the run has not come there."""
        for name, step in self._graph.items():
            if step["transition"]["kind"] == "none" and name in self:
                return self[name].task
        return None

    @property
    def successful(self) -> bool:
        """Whether the run ended well."""
        end = self._end()
        return end is not None and end["status"] == "succeeded"

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end. A run that failed on the way never does."""
        return self.successful

    @property
    def finished_at(self) -> datetime | None:
        """When the last task ended."""
        end = self.end_task if self.finished else None
        return end.finished_at if end else None

    @property
    def data(self) -> MetaflowData | None:
        """The artifacts of the last step."""
        end = self.end_task
        return end.data if end else None

    @property
    def code(self) -> MetaflowCode | None:
        """The code that the run was started with."""
        from .code import MetaflowCode

        record = self._record["record"]
        if not record.get("code"):
            return None
        return MetaflowCode(self._components[0], record)

    @property
    def origin_pathspec(self) -> str | None:
        """The run that this one resumes."""
        origin = self._record["record"].get("origin_run")
        return f"{self._components[0]}/{origin}" if origin else None

    def add_tag(self, tag: str | Iterable[str]) -> None:
        """Adds a tag, or several."""
        self.replace_tags([], _several(tag))

    def add_tags(self, tags: Iterable[str]) -> None:
        self.replace_tags([], tags)

    def remove_tag(self, tag: str | Iterable[str]) -> None:
        """Removes a tag, or several."""
        self.replace_tags(_several(tag), [])

    def remove_tags(self, tags: Iterable[str]) -> None:
        self.replace_tags(tags, [])

    def replace_tag(
        self, tag_to_remove: str | Iterable[str], tag_to_add: str | Iterable[str]
    ) -> None:
        self.replace_tags(_several(tag_to_remove), _several(tag_to_add))

    def replace_tags(self, tags_to_remove: Iterable[str], tags_to_add: Iterable[str]) -> None:
        """Removes user tags, then adds others, at once."""
        removed, added = _checked(tags_to_remove), _checked(tags_to_add)
        if not removed and not added:
            raise MetaflowTaggingError("Must add or remove at least one tag, but got none")
        system = self.system_tags
        refused = sorted(system.intersection(removed))
        if refused:
            raise MetaflowTaggingError(f"Cannot remove system tags: {', '.join(refused)}")
        if len((self.user_tags - frozenset(removed)) | frozenset(added) - system) > _MAX_USER_TAGS:
            raise MetaflowTaggingError(f"A run has at most {_MAX_USER_TAGS} tags")
        flow, run = self._components
        try:
            reply = connection().call("set_tags", flow=flow, run=run, add=added, remove=removed)
        except RpcError as error:
            raise MetaflowTaggingError(str(error)) from error
        self._record = {**self._record, "tags": reply["tags"]}

    def _end(self) -> dict[str, Any] | None:
        # A run that was going on when this object was made may have ended since.
        if self._record["end"] is None:
            self._record = {**self._record, "end": self._read()["end"]}
        end: dict[str, Any] | None = self._record["end"]
        return end


def _several(tags: str | Iterable[str]) -> Iterable[str]:
    return [tags] if isinstance(tags, str) else tags


def _checked(tags: Iterable[str]) -> list[str]:
    if isinstance(tags, str):
        raise MetaflowException("Expected a collection of tags, not a single text")
    checked = list(dict.fromkeys(tags))
    for tag in checked:
        if not isinstance(tag, str) or not tag:
            raise MetaflowTaggingError("Tags must not be empty string")
        if len(tag) > _MAX_TAG_LENGTH:
            raise MetaflowTaggingError(f"Tag is too long (over {_MAX_TAG_LENGTH}): {tag[:30]}…")
    return checked


__all__ = ["Run", "time_of"]
