"""`@timeout`: an exception in a step that takes too long."""

from __future__ import annotations

import sys

from ..exceptions import MetaflowException, TimeoutException
from ..tracebacks import is_sdk_file
from .base import StepDecorator, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, ClassVar, Mapping

    from ..flowspec import FlowSpec
    from ..task_attempt import TaskAttempt


class TimeoutDecorator(StepDecorator):
    name = "timeout"
    defaults: ClassVar[Mapping[str, Any]] = {"seconds": 0, "minutes": 0, "hours": 0}

    @property
    def total_seconds(self) -> int:
        # Attributes given by `--with timeout:seconds=5` may be text.
        return (
            int(self.attributes["hours"]) * 3600
            + int(self.attributes["minutes"]) * 60
            + int(self.attributes["seconds"])
        )

    def check(self, step_name: str) -> None:
        if not self.total_seconds:
            raise MetaflowException("Specify a duration for @timeout.")

    def before_step(self, flow: FlowSpec, attempt: TaskAttempt) -> None:
        if attempt.kind == "fallback" or attempt.number > attempt.max_user_code_retries:
            return
        import signal

        self._step_name = attempt.step
        signal.signal(signal.SIGALRM, self._on_alarm)
        signal.alarm(self.total_seconds)

    def after_step(self, flow: FlowSpec, attempt: TaskAttempt) -> None:
        _cancel_alarm()

    def after_failure(self, flow: FlowSpec, attempt: TaskAttempt, error: Exception) -> Any:
        # A step that failed by itself must not be interrupted while its failure is recorded.
        _cancel_alarm()
        return super().after_failure(flow, attempt, error)

    def _on_alarm(self, _signal: int, frame: FrameType | None) -> None:
        import traceback

        message = (
            "Step {} timed out after {hours} hours, {minutes} minutes, {seconds} seconds".format(
                self._step_name, **self.attributes
            )
        )
        sys.stdout.write(message + "\n")
        stack = [
            ">  " + line
            for entry in traceback.format_list(
                [f for f in traceback.extract_stack(frame) if not is_sdk_file(f.filename)]
            )
            for line in entry.splitlines()
        ]
        raise TimeoutException(
            "{}\nStack when the timeout was raised:\n{}".format(message, "\n".join(stack))
        )


def _cancel_alarm() -> None:
    import signal

    signal.alarm(0)


def timeout(*arguments: Any, **attributes: Any) -> Any:
    """Raises TimeoutException in a step that runs for longer than this. The durations add up.

    :param seconds: default 0.
    :param minutes: default 0.
    :param hours: default 0.
    """
    return apply_to_step(TimeoutDecorator, arguments, attributes)
