"""`@catch`: lets the flow go on when a step fails for good."""

from __future__ import annotations

import sys

from ..exceptions import FailureHandledByCatch, MetaflowException, MetaflowExceptionWrapper
from .base import HANDLED, NOT_HANDLED, Handling, StepDecorator, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, ClassVar, Mapping

    from ..flowspec import FlowSpec
    from ..task_attempt import TaskAttempt


class CatchDecorator(StepDecorator):
    name = "catch"
    defaults: ClassVar[Mapping[str, Any]] = {"var": None, "print_exception": True}

    def check_transition(self, step_name: str, transition_kind: str) -> None:
        """Raises when the step's transition depends on what a failed step cannot have computed."""
        refused = {"foreach": "foreach split", "switch": "conditional switch"}.get(transition_kind)
        if refused is not None:
            raise MetaflowException(
                f"@catch is defined for the step *{step_name}* "
                f"but @catch is not supported in {refused} steps."
            )

    def replace_step(
        self, function: Callable[..., None], attempt: TaskAttempt
    ) -> Callable[..., None]:
        # Attempts beyond the user's retries are ours: they record that the process itself kept
        # dying.
        if attempt.kind != "fallback" and attempt.number <= attempt.max_user_code_retries:
            return function

        def fallback(*_inputs: object) -> None:
            raise FailureHandledByCatch(attempt.number)

        return fallback

    def after_step(self, flow: FlowSpec, attempt: TaskAttempt) -> None:
        self._store(flow, None)

    def after_failure(self, flow: FlowSpec, attempt: TaskAttempt, error: Exception) -> Handling:
        if attempt.number < attempt.max_user_code_retries:
            return NOT_HANDLED
        caught = MetaflowExceptionWrapper(error)
        if self.attributes["print_exception"]:
            lines = [f"@catch caught an exception from {flow}"]
            lines += [f">  {line}" for line in str(caught).splitlines()]
            sys.stdout.write("\n".join(lines) + "\n")
        self._store(flow, caught)
        flow.__dict__["_catch_exception"] = caught
        return HANDLED

    def _store(self, flow: FlowSpec, value: MetaflowExceptionWrapper | None) -> None:
        if self.attributes["var"]:
            setattr(flow, self.attributes["var"], value)


def catch(*arguments: Any, **attributes: Any) -> Any:
    """Lets the flow continue after the step when it fails and its retries are used up.

    :param var: artifact that gets the exception, or None when there was none.
    :param print_exception: whether the exception is printed on the task's standard output.
    """
    return apply_to_step(CatchDecorator, arguments, attributes)
