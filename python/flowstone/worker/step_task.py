"""A task that runs a step: gives the flow its inputs, calls the step with its decorators, stores
the results.
"""

from __future__ import annotations

import sys
from functools import partial

from ..current_task import current
from ..decorators.base import HANDLED, StepDecorator
from ..exceptions import (
    MetaflowDataMissing,
    MetaflowExceptionWrapper,
    TimeoutException,
    UnpicklableArtifactException,
)
from ..flowspec import FlowState, constants_of
from ..foreach import frames_of
from ..graph import FlowGraph
from ..import_hints import import_hint
from ..inputs import Inputs
from ..parameters import Parameter, parameters_of
from ..steps import steps_of
from ..tracebacks import user_traceback
from .artifacts import Artifacts
from .outcome import end_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from ..flowspec import FlowSpec
    from ..task_attempt import TaskAttempt
    from .artifacts import EngineLink


def run_step(kind: type[FlowSpec], attempt: TaskAttempt, link: EngineLink) -> dict[str, Any]:
    """Runs the step of `attempt`. Returns the `end` frame."""
    step = steps_of(kind)[attempt.step]
    decorators = step.decorators
    error: Exception | None = None
    caught = False
    flow = _flow_with_inputs(kind, attempt, link)
    _send_metadata(attempt, link)
    try:
        _call_step(flow, step, decorators, attempt, link)
    except Exception as raised:
        error = raised
        caught = _is_handled(flow, decorators, attempt, raised)
        if caught:
            flow._flowstone.transition = _static_transition(attempt)
        else:
            hint = import_hint(raised, [decorator.name for decorator in decorators])
            sys.stderr.write(f"{flow} failed:\n{user_traceback(raised)}{hint}")
    return _finish(flow, link, error, caught)


def _flow_with_inputs(kind: type[FlowSpec], attempt: TaskAttempt, link: EngineLink) -> FlowSpec:
    # A join begins with the parameters alone; any other step goes on from the one task before it.
    references: dict[str, Any] = dict(attempt.parameters)
    if attempt.join is None:
        for before in attempt.inputs:
            references.update(before["artifacts"])
    shared = Artifacts(attempt.parameters, link.fetch)
    current._begin(attempt, list(parameters_of(kind)), lambda: shared.load("_graph_info"))
    _make_read_only(kind, shared)
    flow = kind(use_cli=False)
    flow._flowstone = FlowState(
        step=attempt.step,
        artifacts=Artifacts(references, link.fetch),
        foreach_stack=attempt.foreach_stack,
        is_join=attempt.join is not None,
        graph=FlowGraph(attempt.graph),
    )
    return flow


def _branch(
    kind: type[FlowSpec], given: Mapping[str, Any], attempt: TaskAttempt, link: EngineLink
) -> FlowSpec:
    """The flow as one input of a join left it."""
    flow = kind(use_cli=False)
    flow._flowstone = FlowState(
        step=given["step"],
        artifacts=Artifacts({**attempt.parameters, **given["artifacts"]}, link.fetch),
        foreach_stack=frames_of(given.get("foreach_stack") or (), attempt.graph),
    )
    return flow


def _make_read_only(kind: type[FlowSpec], shared: Artifacts) -> None:
    """Parameters and constants become properties of the class: the same in every step, never
    assigned.
    """
    for name, value in constants_of(kind).items():
        setattr(kind, name, property(partial(_constant, value), _refuse_assignment))
    for name, parameter in parameters_of(kind).items():
        read = _ParameterReader(shared, name, parameter)
        setattr(kind, name, property(read, _refuse_assignment))
    setattr(kind, "_graph_info", property(lambda _flow: shared.load("_graph_info")))  # noqa: B010


class _ParameterReader:
    """Reads a parameter once, when a step first asks for it."""

    def __init__(self, shared: Artifacts, name: str, parameter: Parameter):
        self._shared = shared
        self._name = name
        self._parameter = parameter
        self._values: list[Any] = []

    def __call__(self, _flow: FlowSpec) -> Any:
        if not self._values:
            self._values.append(self._parameter.load(self._shared.load(self._name)))
        return self._values[0]


def _constant(value: object, _flow: FlowSpec) -> object:
    return value


def _refuse_assignment(_flow: FlowSpec, _value: object) -> None:
    raise AttributeError("Flow level attributes and Parameters are not modifiable")


def _send_metadata(attempt: TaskAttempt, link: EngineLink) -> None:
    stack = attempt.foreach_stack
    if not stack:
        return
    values = [f"{frame.var}={frame.value}" for frame in stack]
    path = ",".join(f"{frame.step}:{frame.index}" for frame in stack)
    link.send({"type": "metadata", "field": "foreach-stack", "value": values})
    link.send({"type": "metadata", "field": "foreach-execution-path", "value": path})


def _call_step(
    flow: FlowSpec,
    step: Any,
    decorators: list[StepDecorator],
    attempt: TaskAttempt,
    link: EngineLink,
) -> None:
    arguments: list[Any] = []
    if attempt.join is not None:
        inputs = Inputs(_branch(type(flow), given, attempt, link) for given in attempt.inputs)
        if not len(inputs):
            raise MetaflowDataMissing(f"Join *{attempt.step}* has no inputs")
        arguments.append(inputs)
    for decorator in decorators:
        decorator.before_step(flow, attempt)
    function: Callable[..., None] = getattr(flow, attempt.step)
    for decorator in decorators:
        function = decorator.replace_step(function, attempt)
    function(*arguments)
    for decorator in decorators:
        decorator.after_step(flow, attempt)


def _is_handled(
    flow: FlowSpec, decorators: list[StepDecorator], attempt: TaskAttempt, error: Exception
) -> bool:
    # Every decorator hears of the failure, also after one has handled it.
    answers = [decorator.after_failure(flow, attempt, error) for decorator in decorators]
    return HANDLED in answers


def _static_transition(attempt: TaskAttempt) -> dict[str, Any]:
    """What a step whose failure is caught would have said with `self.next`."""
    following = FlowGraph(attempt.graph)[attempt.step].out_funcs
    return {"next": following, "foreach": None, "condition": None, "case": None}


def _finish(
    flow: FlowSpec, link: EngineLink, error: Exception | None, caught: bool
) -> dict[str, Any]:
    """Stores the artifacts, of a failed attempt too, and says how it ended."""
    reason = "timeout" if isinstance(error, TimeoutException) else "user"
    if error is not None and not caught:
        flow.__dict__["_exception"] = MetaflowExceptionWrapper(error)
    try:
        references = _store_artifacts(flow, link)
    except UnpicklableArtifactException as unpicklable:
        if error is None or caught:
            error, caught, reason = unpicklable, False, "unpicklable"
        references = {}
        sys.stderr.write(f"{flow} failed:\n{unpicklable}\n")
    return end_frame(
        error=error,
        reason=reason,
        caught=caught,
        references=references,
        transition=flow._flowstone.transition,
    )


def _store_artifacts(flow: FlowSpec, link: EngineLink) -> dict[str, Any]:
    """Hands over what the step set; returns the references of what it left alone."""
    artifacts: Artifacts = flow._flowstone.artifacts
    stored = []
    for name, value in list(flow.__dict__.items()):
        if name == "_flowstone" or not _is_data(value) or artifacts.unchanged(name, value):
            continue
        link.store(name, value)
        stored.append(name)
    return artifacts.references_except(stored)


def _is_data(value: object) -> bool:
    from types import FunctionType, MethodType

    return not isinstance(value, (FunctionType, MethodType, Parameter))
