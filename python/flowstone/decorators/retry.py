"""`@retry`: runs a failed task again."""

from __future__ import annotations

from ..exceptions import MetaflowException
from .base import StepDecorator, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Mapping

# An attempt each for the first run and for the fallback of @catch, the rest for retries.
MAX_ATTEMPTS = 6


class RetryDecorator(StepDecorator):
    name = "retry"
    defaults: ClassVar[Mapping[str, Any]] = {"times": "3", "minutes_between_retries": "2"}

    def check(self, step_name: str) -> None:
        try:
            times = int(self.attributes["times"])
        except (TypeError, ValueError):
            raise MetaflowException(
                f"@retry of step *{step_name}*: times={self.attributes['times']!r} is not a number."
            ) from None
        if times + 2 > MAX_ATTEMPTS:
            raise MetaflowException(
                f"The maximum number of retries is @retry(times={MAX_ATTEMPTS - 2})."
            )


def retry(*arguments: Any, **attributes: Any) -> Any:
    """Runs the step again when it fails.

    :param times: how often to run it again (default 3, at most 4).
    :param minutes_between_retries: how long a remote executor waits in between (default 2).
    """
    return apply_to_step(RetryDecorator, arguments, attributes)
