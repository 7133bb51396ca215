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
# What Flowstone adds to Metaflow's arguments. Those that are not given are no attributes, so that a
# flow is described as Metaflow describes it.
_TEXTS = ("requirements", "lock", "index_url", "exclude_newer")
_TEXT_LISTS = ("group", "extra", "extra_index_urls", "platforms")


class PypiDecorator(StepDecorator):
    name = "pypi"
    defaults: ClassVar[Mapping[str, Any]] = _DEFAULTS
    optional: ClassVar[tuple[str, ...]] = (*_TEXTS, *_TEXT_LISTS)

    def check(self, step_name: str) -> None:
        _check_packages(self, f"step *{step_name}*")
        _check_sources(self, f"step *{step_name}*")


class PypiBaseDecorator(FlowDecorator):
    name = "pypi_base"
    defaults: ClassVar[Mapping[str, Any]] = _DEFAULTS
    optional: ClassVar[tuple[str, ...]] = (*_TEXTS, *_TEXT_LISTS)

    def check(self, step_name: str) -> None:
        _check_packages(self, "the flow")
        _check_sources(self, "the flow")


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


def _check_sources(decorator: Decorator, of: str) -> None:
    """Texts are texts, and lists of texts are that; a date may be a date."""
    import datetime

    for key, value in decorator.attributes.items():
        if key == "exclude_newer" and isinstance(value, datetime.date):
            decorator.attributes[key] = value.isoformat()
        elif key in _TEXTS and value is not None and not isinstance(value, str):
            raise MetaflowException(
                f"@{decorator.name} of {of}: {key} must be text, not {type(value).__name__}."
            )
        elif key in _TEXT_LISTS and value is not None and not isinstance(value, str):
            if not isinstance(value, (list, tuple)) or not all(isinstance(x, str) for x in value):
                raise MetaflowException(
                    f"@{decorator.name} of {of}: {key} must be text or a list of texts, "
                    f"not {value!r}."
                )
            decorator.attributes[key] = list(value)


def pypi(*arguments: Any, **attributes: Any) -> Any:
    """Declares the libraries of the step, from a package index.

    :param packages: names (with extras, or a direct reference) and versions ("2.2.3", ">=2", "").
    :param python: version of Python, exact or a range.
    :param disabled: run the step in the launching interpreter.
    :param requirements: a requirements file or a pyproject.toml, beside the flow.
    :param group: dependency groups to take of that pyproject.toml, or of the lock.
    :param extra: extras to take of it.
    :param lock: the lock file to use: a pylock.toml, uv.lock, poetry.lock or Pipfile.lock.
    :param index_url: the index to use for this step.
    :param extra_index_urls: indexes that are asked before it.
    :param exclude_newer: a date; what was uploaded at or after it does not exist.
    :param platforms: further platforms that the lock is to hold for, such as "linux-aarch64".
    """
    return apply_to_step(PypiDecorator, arguments, attributes)


def pypi_base(*arguments: Any, **attributes: Any) -> Any:
    """Declares libraries for all steps of the flow; `@pypi` of a step adds to it. Same
    arguments.
    """
    return apply_to_flow(PypiBaseDecorator, arguments, attributes)
