"""`FlowSpec`, the base class of flows.

A flow's attributes are its artifacts. In a task, an attribute that the step has not set comes from
the task before it: it is fetched when it is first read, and passed on by reference when it is never
read. All that is ours lives in one attribute, `_flowstone`, so that the rest of the instance's
dictionary is the user's.
"""

from __future__ import annotations

from .exceptions import InvalidNextException, MetaflowException
from .foreach import item_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, ClassVar, Iterator, NoReturn

    from .foreach import ForeachFrame
    from .graph import FlowGraph, Node
    from .inputs import Inputs
    from .worker.artifacts import Artifacts


class FlowState:
    """What the SDK knows about an instance of a flow: nothing outside of a task."""

    __slots__ = (
        "artifacts",
        "cached_inputs",
        "foreach_stack",
        "graph",
        "is_join",
        "step",
        "transition",
    )

    def __init__(
        self,
        step: str = "",
        artifacts: Artifacts | None = None,
        foreach_stack: list[ForeachFrame] | None = None,
        is_join: bool = False,
        graph: FlowGraph | None = None,
    ):
        self.step = step
        self.artifacts: Any = artifacts
        self.foreach_stack = foreach_stack or []
        self.is_join = is_join
        self.graph = graph
        self.transition: dict[str, Any] | None = None
        self.cached_inputs: dict[int, Any] = {}


class FlowSpec:
    """Base class of flows::

    class HelloFlow(FlowSpec):
        @step
        def start(self):
            self.message = "hello"
            self.next(self.end)

        @step
        def end(self):
            print(self.message)

    if __name__ == "__main__":
        HelloFlow()
    """

    # Members of this class are no parameters, constants or artifacts.
    _flow_decorators: ClassVar[list[Any]] = []

    def __init__(self, use_cli: bool = True):
        self._flowstone = FlowState()
        if use_cli:
            self._run_command_line()

    @classmethod
    def _run_command_line(cls) -> NoReturn:
        """Hands the flow to the engine. A worker puts something else here: it wants the class
        only.
        """
        from .launch import launch

        launch(cls)

    @property
    def name(self) -> str:
        """The flow's name: that of its class, until a step assigns something else."""
        state = self._flowstone
        if "name" not in self.__dict__ and (
            state.artifacts is None or "name" not in state.artifacts
        ):
            return type(self).__name__
        value: str = self.__dict__["name"] if "name" in self.__dict__ else self.__getattr__("name")
        return value

    @name.setter
    def name(self, value: str) -> None:
        self.__dict__["name"] = value

    @property
    def script_name(self) -> str:
        """Base name of the flow's file."""
        import os
        import sys

        module = sys.modules.get(type(self).__module__)
        return os.path.basename(getattr(module, "__file__", None) or "")

    @property
    def index(self) -> int | None:
        """Index of this task in the innermost foreach, or None outside of one."""
        stack = self._flowstone.foreach_stack
        return stack[-1].index if stack else None

    @property
    def input(self) -> Any:
        """The item of the innermost foreach that this task is for, or None outside of one."""
        return self._foreach_input(len(self._flowstone.foreach_stack) - 1)

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """(index, number of splits, item) of every foreach around this task, outermost first."""
        return [
            (frame.index, frame.num_splits, self._foreach_input(level))
            for level, frame in enumerate(self._flowstone.foreach_stack)
        ]

    def next(
        self, *dsts: Callable[..., None] | dict[Any, Callable[..., None]], **kwargs: Any
    ) -> None:
        """The last statement of every step but the end: what to run next.

        - `self.next(self.a)` one step
        - `self.next(self.a, self.b)` a static split
        - `self.next(self.a, foreach="items")` a task of `a` for each of `self.items`
        - `self.next({"x": self.a, "y": self.b}, condition="kind")` one of them, by `self.kind`
        """
        from .transitions import transition

        state = self._flowstone
        if state.transition is not None:
            raise InvalidNextException(
                f"Multiple self.next() calls detected in step *{state.step}*. "
                "Call self.next() only once."
            )
        state.transition = transition(self, state.step, dsts, kwargs)

    def merge_artifacts(
        self, inputs: Inputs, exclude: list[str] | None = None, include: list[str] | None = None
    ) -> None:
        """Passes on the artifacts of the branches of a join that do not conflict.

        :param inputs: what the join step received.
        :param exclude: artifacts to leave alone.
        :param include: the only artifacts to pass on; excludes `exclude`.
        """
        from .merging import merge_artifacts

        merge_artifacts(self, inputs, list(exclude or ()), list(include or ()))

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__.get("_flowstone")
        if state is not None and state.artifacts is not None and name in state.artifacts:
            value = state.artifacts.load(name)
            self.__dict__[name] = value
            return value
        raise AttributeError(f"Flow {type(self).__name__} has no attribute '{name}'")

    def __iter__(self) -> Iterator[Any]:
        """The step functions, in the order of definition."""
        from .steps import steps_of

        return iter(steps_of(type(self)).values())

    def __str__(self) -> str:
        state = self._flowstone
        if not state.step:
            return f"<flow {type(self).__name__}>"
        index = ",".join(str(frame.index) for frame in state.foreach_stack)
        if not index:
            return f"<flow {type(self).__name__} step {state.step}>"
        item = self.input
        if item is None:
            return f"<flow {type(self).__name__} step {state.step}[{index}]>"
        text = str(item)
        shown = text if len(text) <= 20 else text[:20] + "..."
        return f"<flow {type(self).__name__} step {state.step}[{index}] (input: {shown})>"

    def __getstate__(self) -> NoReturn:
        raise MetaflowException(
            "Flows can't be serialized. Maybe you tried to assign *self* or one of the *inputs* "
            "to an attribute? Instead of serializing the whole flow, you should choose specific "
            "attributes, e.g. *input.some_var*, to be stored."
        )

    # Names that programs written for Metaflow read.

    @property
    def _current_step(self) -> str:
        return self._flowstone.step

    @property
    def _foreach_stack(self) -> list[ForeachFrame]:
        return self._flowstone.foreach_stack

    @property
    def _graph(self) -> FlowGraph:
        graph = self._flowstone.graph
        if graph is None:
            from .describe import describe_steps
            from .graph import FlowGraph

            graph = self._flowstone.graph = FlowGraph(describe_steps(type(self)))
        return graph

    @property
    def _steps(self) -> list[Node]:
        return list(self._graph)

    def _has_artifact(self, name: str) -> bool:
        """Whether reading the attribute would work, without fetching it."""
        artifacts = self._flowstone.artifacts
        return name in self.__dict__ or name in artifacts or hasattr(type(self), name)

    def _foreach_input(self, level: int) -> Any:
        state = self._flowstone
        if level < 0:
            return None
        if level not in state.cached_inputs:
            frame = state.foreach_stack[level]
            # After an inner join the loop's variable is gone unless it was merged: then there is no
            # item.
            values = getattr(self, frame.var, None)
            item = None if values is None else item_at(values, frame.index)
            state.cached_inputs[level] = item
        return state.cached_inputs[level]


# Attributes of every flow that are neither parameters nor constants of the user.
RESERVED_NAMES = frozenset(name for name in dir(FlowSpec) if not name.startswith("_"))


def constants_of(flow: type) -> dict[str, Any]:
    """Class-level values of the user, in alphabetical order: they are artifacts of every run."""
    from types import FunctionType, MethodType

    from .parameters import Parameter

    excluded = (FunctionType, MethodType, property, type, Parameter)
    found = {}
    for name in dir(flow):
        if name.startswith("_") or name in RESERVED_NAMES:
            continue
        value = getattr(flow, name)
        if not isinstance(value, excluded):
            found[name] = value
    return found
