"""`@environment`: environment variables of a step. The engine sets them before the task starts."""

from __future__ import annotations

from ..exceptions import MetaflowException
from .base import StepDecorator, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Mapping


class EnvironmentDecorator(StepDecorator):
    name = "environment"
    defaults: ClassVar[Mapping[str, Any]] = {"vars": {}}

    def check(self, step_name: str) -> None:
        variables = self.attributes["vars"]
        if not isinstance(variables, dict):
            raise MetaflowException(
                f"@environment of step *{step_name}*: vars must be a dictionary, "
                f"not {type(variables).__name__}."
            )
        # Values are text in the end, as `str` of what the flow's file says.
        self.attributes["vars"] = {str(name): str(value) for name, value in variables.items()}


def environment(*arguments: Any, **attributes: Any) -> Any:
    """Sets environment variables for the step.

    :param vars: dictionary of names and values.
    """
    return apply_to_step(EnvironmentDecorator, arguments, attributes)
