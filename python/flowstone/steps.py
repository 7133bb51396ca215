"""`@step`, the mark that makes a method of a flow a step."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol, TypeVar

    from .decorators.base import StepDecorator

    class StepFunction(Protocol):
        """A function after `@step`."""

        __name__: str
        __doc__: str | None
        __code__: Any
        is_step: bool
        name: str
        decorators: list[StepDecorator]

        def __call__(self, *args: Any) -> None: ...

    Function = TypeVar("Function", bound=Callable[..., Any])


def step(function: Function) -> Function:
    """Marks a method of a FlowSpec as a step. It goes on the line just above the method, below
    other decorators::

        @retry
        @step
        def train(self):
            self.next(self.end)
    """
    marked: Any = function
    marked.is_step = True
    marked.decorators = []
    marked.name = marked.__name__
    return function


def steps_of(flow: type) -> dict[str, StepFunction]:
    """The steps of a flow class by name, in the order of definition, those of base classes
    first.
    """
    found: dict[str, StepFunction] = {}
    for ancestor in reversed(flow.__mro__):
        for name, value in vars(ancestor).items():
            if getattr(value, "is_step", False):
                found[name] = value
            else:
                found.pop(name, None)  # a subclass replaced the step by something else
    return found
