"""`self.next(…)`: checks its arguments and turns them into the transition that the engine follows.

The engine knows the possible transitions from the flow's description; here is which of them this
task takes, how many splits a foreach has and which case of a switch holds.
"""

from __future__ import annotations

from .exceptions import InvalidNextException
from .foreach import short_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .flowspec import FlowSpec


def transition(
    flow: FlowSpec, step: str, destinations: tuple[Any, ...], options: dict[str, Any]
) -> dict[str, Any]:
    """The `transition` of the worker protocol for `self.next(*destinations, **options)`."""
    options = dict(options)
    foreach = options.pop("foreach", None)
    condition = options.pop("condition", None)
    for unknown in options:
        raise InvalidNextException(
            f"Step *{step}* passes an unknown keyword argument '{unknown}' to self.next()."
        )
    if condition is not None:
        if foreach is not None:
            raise _invalid(
                step, "Switch statements cannot be combined with foreach or num_parallel."
            )
        return _switch(flow, step, destinations, condition)
    if len(destinations) == 1 and isinstance(destinations[0], dict):
        raise _invalid(step, "Dictionary argument requires 'condition' parameter.")
    names = [
        _destination(flow, step, destination, position)
        for position, destination in enumerate(destinations, 1)
    ]
    loop = _foreach(flow, step, names, foreach) if foreach else None
    if not names:
        raise _invalid(step, "Specify at least one step function as an argument in self.next().")
    return {"next": names, "foreach": loop, "condition": None, "case": None}


def _switch(
    flow: FlowSpec, step: str, destinations: tuple[Any, ...], condition: Any
) -> dict[str, Any]:
    if len(destinations) != 1 or not isinstance(destinations[0], dict) or not destinations[0]:
        raise _invalid(
            step,
            "When using 'condition', the transition must be to a single, "
            "non-empty dictionary mapping condition values to step methods.",
        )
    if not isinstance(condition, str):
        raise _invalid(step, "The argument to 'condition' must be a string.")
    cases = destinations[0]
    try:
        value = getattr(flow, condition)
    except AttributeError:
        raise InvalidNextException(
            f"Condition variable *self.{condition}* in step *{step}* does not exist. "
            f"Make sure you set self.{condition} in this step."
        ) from None
    if value not in cases:
        raise RuntimeError(
            f"Switch condition variable '{condition}' has value '{value}' "
            f"which is not in the available cases: {list(cases)}"
        )
    name = getattr(getattr(cases[value], "__func__", None), "__name__", None)
    if name is None:
        raise InvalidNextException(
            f"Step *{step}* specifies a switch transition that is not a function. "
            "Make sure the value in the dictionary is a method of the Flow class."
        )
    if not hasattr(flow, name):
        raise InvalidNextException(
            f"Step *{step}* specifies a switch transition to an unknown step, *{name}*."
        )
    return {"next": [name], "foreach": None, "condition": condition, "case": str(value)}


def _destination(flow: FlowSpec, step: str, destination: Any, position: int) -> str:
    name: str | None = getattr(getattr(destination, "__func__", None), "__name__", None)
    if name is None:
        raise InvalidNextException(
            f"In step *{step}* the {position}. argument in self.next() is not a function. "
            "Make sure all arguments in self.next() are methods of the Flow class."
        )
    if not hasattr(flow, name):
        raise InvalidNextException(
            f"Step *{step}* specifies a self.next() transition to an unknown step, *{name}*."
        )
    return name


def _foreach(flow: FlowSpec, step: str, names: list[str], variable: Any) -> dict[str, Any]:
    if not isinstance(variable, str):
        raise _invalid(step, "The argument to 'foreach' must be a string.")
    if len(names) != 1:
        raise _invalid(step, "Specify exactly one target for 'foreach'.")
    try:
        iterable = getattr(flow, variable)
    except AttributeError:
        raise InvalidNextException(
            f"Foreach variable *self.{variable}* in step *{step}* "
            "does not exist. Check your variable."
        ) from None
    try:
        values = [short_value(item) for item in iterable]
    except Exception as error:
        raise InvalidNextException(
            f"Foreach variable *self.{variable}* in step *{step}* is not iterable. "
            f"Please check details: {error}"
        ) from error
    if not values:
        raise InvalidNextException(
            f"Foreach iterator over *{variable}* in step *{step}* "
            "produced zero splits. Check your variable."
        )
    return {"variable": variable, "num_splits": len(values), "values": values}


def _invalid(step: str, reason: str) -> InvalidNextException:
    return InvalidNextException(f"Step *{step}* has an invalid self.next() transition. {reason}")
