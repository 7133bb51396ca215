"""`@pypi` and `@pypi_base`: the libraries of a step, and of all steps of a flow.

The engine merges both, resolves, locks and builds the environment; here they are attributes.
"""

from __future__ import annotations

from ..exceptions import MetaflowException
from .base import Decorator, FlowDecorator, StepDecorator, apply_to_flow, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Mapping

_DEFAULTS: dict[str, Any] = {
    "packages": {},
    "python": None,
    "disabled": None,
}


class PypiDecorator(StepDecorator):
    name = "pypi"
    defaults: ClassVar[Mapping[str, Any]] = _DEFAULTS

    def check(self, step_name: str) -> None:
        _check_packages(self, f"step *{step_name}*")


class PypiBaseDecorator(FlowDecorator):
    name = "pypi_base"
    defaults: ClassVar[Mapping[str, Any]] = _DEFAULTS

    def check(self, step_name: str) -> None:
        _check_packages(self, "the flow")


def _check_packages(decorator: Decorator, of: str) -> None:
    packages = decorator.attributes["packages"]
    if packages is None:
        decorator.attributes["packages"] = {}
    elif not isinstance(packages, dict):
        raise MetaflowException(
            f"@{decorator.name} of {of}: packages must be a dictionary of names and versions, "
            f"not {type(packages).__name__}."
        )
    for name, version in decorator.attributes["packages"].items():
        if not isinstance(name, str) or not isinstance(version, str):
            raise MetaflowException(
                f"@{decorator.name} of {of}: the version of {name!r} must be text, "
                f'such as {{"{name}": "{version}"}}.'
            )


def pypi(*arguments: Any, **attributes: Any) -> Any:
    """Declares the libraries of the step, from a package index.

    :param packages: names (with extras, or a direct reference) and versions ("2.2.3", ">=2", "").
    :param python: version of Python, exact or a range.
    :param disabled: run the step in the launching interpreter.
    """
    return apply_to_step(PypiDecorator, arguments, attributes)


def pypi_base(*arguments: Any, **attributes: Any) -> Any:
    """Declares libraries for all steps of the flow; `@pypi` of a step adds to it. Same
    arguments.
    """
    return apply_to_flow(PypiBaseDecorator, arguments, attributes)
