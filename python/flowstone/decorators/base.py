"""What every decorator is: a name, attributes with defaults, and what it does around a step.

A decorator is an object in `function.decorators`, not a wrapper: the engine reads its attributes
from the flow's description, and the worker calls its hooks in the task.
"""

from __future__ import annotations

import sys

from ..exceptions import (
    BadFlowDecoratorException,
    BadStepDecoratorException,
    DuplicateFlowDecoratorException,
    DuplicateStepDecoratorException,
    InvalidDecoratorAttribute,
)
from ..tracebacks import is_sdk_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, ClassVar, Mapping

    from ..flowspec import FlowSpec
    from ..task_attempt import TaskAttempt


class Decorator:
    """Attributes of one use of a decorator. `line` is where the flow's file uses it (0: it does
    not).
    """

    name = ""
    defaults: ClassVar[Mapping[str, Any]] = {}
    optional: ClassVar[tuple[str, ...]] = ()  # attributes that are there only when they are given

    def __init__(self, attributes: Mapping[str, Any] | None = None, inserted_by: str | None = None):
        self.attributes: dict[str, Any] = dict(self.defaults)
        self.inserted_by = inserted_by
        self.line = 0 if inserted_by else line_of_caller()
        for key, value in (attributes or {}).items():
            if key not in self.defaults and key not in self.optional:
                raise InvalidDecoratorAttribute(self.name, key, [*self.defaults, *self.optional])
            self.attributes[key] = value

    def check(self, step_name: str) -> None:
        """Raises MetaflowException when the attributes make no sense. Called before a run
        starts.
        """


class StepDecorator(Decorator):
    """A decorator of a step. The hooks run in the task, in the order of `function.decorators`."""

    def before_step(self, flow: FlowSpec, attempt: TaskAttempt) -> None:
        """Just before the step's function (or its replacement) runs."""

    def replace_step(
        self, function: Callable[..., None], attempt: TaskAttempt
    ) -> Callable[..., None]:
        """What to call instead of `function`."""
        return function

    def after_step(self, flow: FlowSpec, attempt: TaskAttempt) -> None:
        """After the step returned normally."""

    def after_failure(self, flow: FlowSpec, attempt: TaskAttempt, error: Exception) -> Handling:
        """After the step raised `error`."""
        return NOT_HANDLED


class FlowDecorator(Decorator):
    """A decorator of a flow class."""


class Handling:
    """Whether a decorator took care of a step's exception."""

    def __init__(self, description: str):
        self.description = description


NOT_HANDLED = Handling("not handled")
HANDLED = Handling("handled")


def apply_to_step(
    kind: type[StepDecorator], arguments: tuple[Any, ...], attributes: dict[str, Any]
) -> Any:
    """`@retry` and `@retry(times=2)` alike."""
    if not arguments:
        decorator = kind(attributes)
        return lambda function: _attach_to_step(decorator, function)
    if len(arguments) != 1 or attributes:
        raise TypeError(f"@{kind.name} takes keyword arguments only")
    function = arguments[0]
    return _attach_to_step(kind(), function)


def _attach_to_step(decorator: StepDecorator, function: Any) -> Any:
    if not getattr(function, "is_step", False):
        raise BadStepDecoratorException(decorator.name, function)
    if any(other.name == decorator.name for other in function.decorators):
        raise DuplicateStepDecoratorException(decorator.name, function.__name__)
    function.decorators.append(decorator)
    return function


def apply_to_flow(
    kind: type[FlowDecorator], arguments: tuple[Any, ...], attributes: dict[str, Any]
) -> Any:
    """`@pypi_base` and `@pypi_base(python="3.12")` alike."""
    if not arguments:
        decorator = kind(attributes)
        return lambda flow: attach_to_flow(decorator, flow)
    if len(arguments) != 1 or attributes:
        raise TypeError(f"@{kind.name} takes keyword arguments only")
    return attach_to_flow(kind(), arguments[0])


def attach_to_flow(decorator: FlowDecorator, flow: Any) -> Any:
    """Adds `decorator` to the class `flow`, which it returns."""
    from ..flowspec import FlowSpec

    if not (isinstance(flow, type) and issubclass(flow, FlowSpec)):
        raise BadFlowDecoratorException(decorator.name)
    if any(other.name == decorator.name for other in flow_decorators_of(flow)):
        raise DuplicateFlowDecoratorException(decorator.name)
    # A list of its own: a decorated subclass leaves its base class as it was.
    flow._flow_decorators = [*flow.__dict__.get("_flow_decorators", ()), decorator]
    return flow


def flow_decorators_of(flow: type) -> list[FlowDecorator]:
    """Decorators of a flow class, those of its base classes first."""
    found: list[FlowDecorator] = []
    for ancestor in reversed(flow.__mro__):
        found.extend(vars(ancestor).get("_flow_decorators", ()))
    return found


def line_of_caller() -> int:
    """Line of the nearest caller that is not the SDK: where the flow's file says it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_sdk_file(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0
