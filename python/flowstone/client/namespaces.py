"""The namespace: which runs a program sees. A run belongs to the namespaces that are its tags."""

from __future__ import annotations

from ..identity import default_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class _Current:
    """The namespace of this process. Chosen when it is first asked for, because a program may set
    the variables that it depends on.
    """

    chosen: ClassVar[bool] = False
    value: ClassVar[str | None] = None


def namespace(ns: str | None) -> str | None:
    """Switches to a namespace; None is the global one, where all runs are."""
    _Current.chosen, _Current.value = True, ns
    return ns


def get_namespace() -> str | None:
    """The current namespace."""
    if not _Current.chosen:
        default_namespace()
    return _Current.value


def default_namespace() -> str:
    """Switches to the namespace that a program starts in: that of the run inside a task, else the
    user's.
    """
    from ..current_task import current

    started_in = current.namespace or default_identity()
    namespace(started_in)
    return started_in
