"""Where a task stands in the foreach loops around it."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Mapping

# Longest text that stands for a value in logs and records.
MAXIMUM_VALUE_CHARACTERS = 30

# `step` is the first step of the loop's body, `var` the artifact that is looped over.
ForeachFrame = namedtuple("ForeachFrame", ["step", "var", "num_splits", "index", "value"])


def frames_of(
    stack: Iterable[Mapping[str, Any]], graph: Iterable[Mapping[str, Any]] = ()
) -> list[ForeachFrame]:
    """The frames of the worker protocol, outermost first. The protocol names the step that split; a
    frame, as programs know it, names the step that is the loop's body, which `graph` (steps of the
    description) tells.
    """
    bodies = {
        step["name"]: step["transition"]["next"][0]
        for step in graph
        if step["transition"]["kind"] == "foreach"
    }
    return [
        ForeachFrame(
            bodies.get(frame["step"], frame["step"]),
            frame["variable"],
            frame["num_splits"],
            frame["index"],
            frame["value"],
        )
        for frame in stack
    ]


def short_value(item: object) -> str:
    """A text of at most 30 characters for an item: itself when it is a simple value."""
    if isinstance(item, (str, int, float)):
        return str(item)[:MAXIMUM_VALUE_CHARACTERS]
    import reprlib

    return reprlib.repr(item)[:MAXIMUM_VALUE_CHARACTERS]


def item_at(values: Any, index: int) -> Any:
    """Item `index` of anything that can be iterated."""
    try:
        return values[index]
    except TypeError:
        from itertools import islice

        return next(islice(iter(values), index, None))
