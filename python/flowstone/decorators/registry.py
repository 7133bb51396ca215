"""Decorators by name, for `--with NAME:ATTRIBUTES`."""

from __future__ import annotations

from ..exceptions import CommandException, UnknownStepDecoratorException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Mapping

    from ..steps import StepFunction
    from .base import StepDecorator

_KINDS = {
    "catch": "CatchDecorator",
    "environment": "EnvironmentDecorator",
    "pypi": "PypiDecorator",
    "resources": "ResourcesDecorator",
    "retry": "RetryDecorator",
    "timeout": "TimeoutDecorator",
}


def step_decorator(name: str) -> type[StepDecorator]:
    """The class of the step decorator called `name`."""
    kind = _KINDS.get(name)
    if kind is None:
        raise UnknownStepDecoratorException(name, _KINDS)
    module = __import__(f"{__package__}.{name}", fromlist=[kind])
    found: type[StepDecorator] = getattr(module, kind)
    return found


def parse_specification(text: str) -> tuple[str, dict[str, Any]]:
    """`timeout:seconds=5,minutes=1` → name and attributes. Values are JSON, numbers, or else
    text.
    """
    import re

    name, _, attributes_text = text.partition(":")
    attributes: dict[str, Any] = {}
    # A comma separates when a name and an equals sign follow: others belong to a JSON value.
    for part in re.split(r",(?=[\s\w]+=)", attributes_text) if attributes_text else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise CommandException(f"--with {text}: '{part}' is not of the form ATTRIBUTE=VALUE.")
        attributes[key.strip()] = _parse_value(value.strip())
    return name, attributes


def _parse_value(text: str) -> Any:
    import json

    try:
        return json.loads(text.replace('\\"', '"'))
    except ValueError:
        return text


def attach_specifications(steps: Iterable[StepFunction], specifications: Iterable[str]) -> None:
    """Adds decorators named on the command line to all steps that do not have them yet."""
    targets = list(steps)
    for text in specifications:
        name, attributes = parse_specification(text)
        kind = step_decorator(name)
        for function in targets:
            if all(decorator.name != name for decorator in function.decorators):
                function.decorators.append(kind(attributes, inserted_by="--with"))


def attach_described(flow: type, steps: Iterable[Mapping[str, Any]]) -> None:
    """Adds, in a worker, the decorators that the command line added when the flow was described."""
    from ..steps import steps_of

    functions = steps_of(flow)
    for step in steps:
        function = functions[step["name"]]
        for described in step["decorators"]:
            name = described["name"]
            if described["inserted_by"] != "--with":
                continue
            if all(decorator.name != name for decorator in function.decorators):
                kind = step_decorator(name)
                function.decorators.append(kind(described["attributes"], inserted_by="--with"))
