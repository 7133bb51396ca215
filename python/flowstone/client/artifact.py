"""`DataArtifact`: one artifact of a task."""

from __future__ import annotations

from typing import Any

from ..exceptions import MetaflowNotFound
from ..serialization import deserialize
from .objects import MetaflowObject, connection, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Iterable, Iterator

    from .task import Task


class DataArtifact(MetaflowObject[Any]):
    """An artifact: `DataArtifact("HelloFlow/1795336457223/start/1/x")`."""

    _depth = 5
    _example = "FlowName/RunID/StepName/TaskID/ArtifactName"
    _takes_attempt = True

    def _read(self) -> Any:
        return self._task._child(self.id)._record

    @property
    def _task(self) -> Task:
        from .task import Task

        task = self.parent
        assert isinstance(task, Task)
        return task

    def _make_parent(self) -> MetaflowObject[Any]:
        from .task import Task

        return Task("/".join(self._components[:4]), attempt=self._attempt, _namespace_check=False)

    @property
    def _created_ms(self) -> int:
        shown = self._task._shown
        return int(shown["finished_ms"]) if shown else self._task._created_ms

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._task._all_tags()

    def _children(self) -> Iterator[DataArtifact]:
        return iter(())

    def _child(self, name: str) -> DataArtifact:
        raise MetaflowNotFound(f"{self} has no children")

    @property
    def data(self) -> Any:
        """The value. Large arrays are mapped, not read: only what is looked at is loaded."""
        from ..includefile import IncludedFile

        value = deserialize(connection().content("get_blob", sha256=self.sha))
        return value.decode(self.id) if isinstance(value, IncludedFile) else value

    @property
    def size(self) -> int:
        """Bytes of the serialised value."""
        size: int = self._record["size"]
        return size

    @property
    def sha(self) -> str:
        """sha256 of the serialised value."""
        digest: str = self._record["sha256"]
        return digest

    @property
    def type(self) -> str:
        """Name of the value's type, such as `builtins.dict`."""
        name: str = self._record["type"]
        return name

    @property
    def finished_at(self) -> datetime:
        return time_of(self._created_ms)


class MetaflowData:
    """The artifacts of a task as attributes, loaded when they are read."""

    def __init__(self, artifacts: Iterable[DataArtifact]):
        self._artifacts = {artifact.id: artifact for artifact in artifacts}

    def __getattr__(self, name: str) -> Any:
        artifacts = self.__dict__.get("_artifacts", {})
        if name not in artifacts:
            raise AttributeError(name)
        return artifacts[name].data

    def __contains__(self, name: object) -> bool:
        return name in self._artifacts

    def __dir__(self) -> list[str]:
        return [*self._artifacts, *object.__dir__(self)]

    def __repr__(self) -> str:
        return f"<MetaflowData: {', '.join(self._artifacts)}>"
