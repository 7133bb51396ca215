"""What flows, runs, steps, tasks and artifacts have in common: a pathspec, tags, children, a
namespace check.

A subclass says how to read its record and its children; the rest of the behaviour is here. Records
are read when an object is made and do not change under it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Generic, Iterator, TypeVar

from ..exceptions import MetaflowInvalidPathspec, MetaflowNamespaceMismatch, MetaflowNotFound
from .connection import connection
from .namespaces import get_namespace

Child = TypeVar("Child", bound="MetaflowObject[Any]")

# Newest attempt that there can be.
MAX_ATTEMPTS = 6


class MetaflowObject(Generic[Child]):
    """Base class of the objects of the client."""

    _depth: ClassVar[int]
    _example: ClassVar[str]
    _takes_attempt: ClassVar[bool] = False

    def __init__(
        self,
        pathspec: str | None = None,
        attempt: int | None = None,
        _record: Any = None,
        _parent: MetaflowObject[Any] | None = None,
        _namespace_check: bool = True,
        _current_namespace: str | None = None,
    ):
        components = (pathspec or "").split("/")
        if len(components) != self._depth or not all(components):
            raise MetaflowInvalidPathspec(f"Expects {type(self).__name__}('{self._example}')")
        self.id = components[-1]
        self._components = components
        self._attempt = self._check_attempt(attempt)
        self._parent = _parent
        self._namespace = _current_namespace
        if _namespace_check and _current_namespace is None:
            self._namespace = get_namespace()
        self._namespace_check = _namespace_check and self._namespace is not None
        self._record = _record if _record is not None else self._existing_record()
        if self._namespace_check and not self._is_in_namespace(self._namespace):
            raise MetaflowNamespaceMismatch(self._namespace)

    # What a kind of object says about itself.

    def _read(self) -> Any:
        """The record of this object. Raises MetaflowNotFound."""
        raise NotImplementedError

    def _children(self) -> Iterator[Child]:
        """Children, newest first, also those that iteration hides."""
        raise NotImplementedError

    def _child(self, name: str) -> Child:
        """The child with this name. Raises MetaflowNotFound."""
        raise NotImplementedError

    @property
    def _created_ms(self) -> int:
        raise NotImplementedError

    def _all_tags(self) -> tuple[frozenset[str], frozenset[str]]:
        """User tags and system tags. They are the run's."""
        raise NotImplementedError

    # What all of them offer.

    @property
    def pathspec(self) -> str:
        return "/".join(self._components)

    @property
    def path_components(self) -> list[str]:
        return list(self._components)

    @property
    def parent(self) -> MetaflowObject[Any] | None:
        if self._parent is None:
            self._parent = self._make_parent()
        return self._parent

    def _make_parent(self) -> MetaflowObject[Any] | None:
        return None

    @property
    def tags(self) -> frozenset[str]:
        user, system = self._all_tags()
        return user | system

    @property
    def user_tags(self) -> frozenset[str]:
        return self._all_tags()[0]

    @property
    def system_tags(self) -> frozenset[str]:
        return self._all_tags()[1]

    @property
    def created_at(self) -> datetime:
        return time_of(self._created_ms)

    def is_in_namespace(self) -> bool:
        """Whether this object belongs to the current namespace."""
        return self._is_in_namespace(get_namespace())

    def _is_in_namespace(self, ns: str | None) -> bool:
        return ns is None or ns in self.tags

    def __iter__(self) -> Iterator[Child]:
        return (child for child in self._children() if not child.id.startswith("_"))

    def __getitem__(self, id: str) -> Child:
        try:
            return self._child(str(id))
        except MetaflowNotFound:
            raise KeyError(id) from None

    def __contains__(self, id: object) -> bool:
        try:
            self._child(str(id))
        except MetaflowNotFound:
            return False
        return True

    def _with_tags(self, tags: tuple[str, ...]) -> Iterator[Child]:
        return (child for child in self if all(tag in child.tags for tag in tags))

    def _passed_on(self) -> dict[str, Any]:
        """What a child takes over."""
        return {
            "_parent": self,
            "_namespace_check": self._namespace_check,
            "_current_namespace": self._namespace,
        }

    def _existing_record(self) -> Any:
        try:
            return self._read()
        except MetaflowNotFound:
            raise MetaflowNotFound(f"{self} does not exist") from None

    def _check_attempt(self, attempt: int | None) -> int | None:
        if attempt is None:
            return None
        if not self._takes_attempt:
            raise MetaflowNotFound("Attempts can only be specified for Task or DataArtifact")
        try:
            number = int(attempt)
        except ValueError:
            raise MetaflowNotFound("Attempt can only be an integer") from None
        if number < 0:
            raise MetaflowNotFound("Attempt can only be non-negative")
        if number >= MAX_ATTEMPTS:
            raise MetaflowNotFound(f"Attempt can only be smaller than {MAX_ATTEMPTS}")
        return number

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (self.pathspec, self._attempt) == (other.pathspec, other._attempt)

    def __hash__(self) -> int:
        return hash((type(self), self.pathspec, self._attempt))

    def __repr__(self) -> str:
        attempt = "" if self._attempt is None else f", attempt={self._attempt}"
        return f"{type(self).__name__}('{self.pathspec}'{attempt})"

    __str__ = __repr__

    def _ipython_key_completions_(self) -> list[str]:
        return [child.id for child in self]

    def __reduce__(self) -> tuple[Any, ...]:
        # An object that is an artifact is read anew where it is unpickled, in the namespace it was
        # made in.
        state = (self.pathspec, self._attempt, self._namespace_check, self._namespace)
        return (_reopen, (type(self), *state))


def _reopen(
    kind: type[MetaflowObject[Any]],
    pathspec: str,
    attempt: int | None,
    namespace_check: bool,
    namespace: str | None,
) -> MetaflowObject[Any]:
    return kind(
        pathspec,
        attempt=attempt,
        _namespace_check=namespace_check,
        _current_namespace=namespace,
    )


def time_of(milliseconds: int) -> datetime:
    """Local time, as all times of the client."""
    return datetime.fromtimestamp(milliseconds / 1000.0)


__all__ = ["MetaflowObject", "connection", "time_of"]
