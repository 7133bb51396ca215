"""A flow class → its description, the JSON document of docs/formats/flow-description.md.

The class has been made by running the flow's file, so decorators and parameters are what helper
functions and loops made of them. Only transitions come from the text, because they are known before
a step has run.
"""

from __future__ import annotations

import os
import sys

from . import __version__
from .decorators.base import flow_decorators_of
from .decorators.package_suffixes import suffixes_of
from .decorators.registry import attach_specifications
from .engine import sdk_root
from .exceptions import MetaflowException
from .flowspec import FlowSpec
from .parameters import Parameter, parameters_of
from .source import SourceFile
from .steps import steps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

    from .decorators.base import Decorator
    from .steps import StepFunction

DESCRIPTION_VERSION = 1


def describe(flow: type[FlowSpec], specifications: Iterable[str] = ()) -> dict[str, Any]:
    """The description of `flow`, with the decorators of `--with` attached to its steps."""
    steps = steps_of(flow)
    attach_specifications(steps.values(), specifications)
    described_steps = describe_steps(flow)
    _check_decorators(flow, described_steps)
    _check_parameters(flow)
    return {
        "version": DESCRIPTION_VERSION,
        "sdk": {"version": __version__, "root": sdk_root(), "compat_root": compat_root()},
        "python": {
            "executable": os.path.abspath(sys.executable),
            "version": ".".join(map(str, sys.version_info[:3])),
            "implementation": _implementation(),
        },
        "flow": _describe_flow(flow),
        "parameters": [_describe_parameter(v, p) for v, p in parameters_of(flow).items()],
        "decorators": [
            {"name": d.name, "attributes": json_value(d.attributes), "line": d.line}
            for d in flow_decorators_of(flow)
        ],
        "steps": described_steps,
        "configuration": {"package_suffixes": suffixes_of(flow), "package_include": []},
    }


def describe_steps(flow: type[FlowSpec]) -> list[dict[str, Any]]:
    """The `steps` of the description."""
    files: dict[str, SourceFile | None] = {}
    return [_describe_step(name, step, files) for name, step in steps_of(flow).items()]


def json_value(value: Any) -> Any:
    """`value` as JSON has it; what JSON has no word for becomes {"$python": repr}."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and value == value and value not in (float("inf"), float("-inf")):
        return value
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    return {"$python": repr(value)}


def compat_root() -> str | None:
    """The folder that holds our package `metaflow`; None where there is none, or where the flow has
    imported another package of that name.
    """
    loaded = getattr(sys.modules.get("metaflow"), "__file__", None)
    roots = [sdk_root(), os.path.join(sdk_root(), "metaflow")]
    if loaded:
        roots = [os.path.dirname(os.path.dirname(os.path.abspath(loaded)))]
    for root in roots:
        # The file that only our package of that name has.
        if os.path.isfile(os.path.join(root, "metaflow", "_flowstone.py")):
            return root
    return None


def _implementation() -> str:
    # What platform.python_implementation() says, without its imports.
    return {"cpython": "CPython", "pypy": "PyPy"}.get(
        sys.implementation.name, sys.implementation.name
    )


def _describe_flow(flow: type[FlowSpec]) -> dict[str, Any]:
    main = sys.modules["__main__"]
    main_file = getattr(main, "__file__", None)
    class_file = getattr(sys.modules.get(flow.__module__), "__file__", None)
    script = main_file or class_file or ""
    line = 0
    source = _source_file(class_file) if class_file else None
    if source is not None:
        line = source.line_of_class(flow.__name__)
    return {
        "name": flow.__name__,
        "file": os.path.abspath(script) if script else "",
        "script": sys.argv[0] if main_file and sys.argv else script,
        "module": getattr(getattr(main, "__spec__", None), "name", None),
        "line": line,
        "doc": clean_doc(flow.__doc__),
    }


def _check_parameters(flow: type[FlowSpec]) -> None:
    for variable, parameter in parameters_of(flow).items():
        if hasattr(FlowSpec, variable):
            raise MetaflowException(
                f"Parameter *{parameter.name}* cannot be the attribute *{variable}* of "
                f"{flow.__name__}: every flow has a self.{variable} already. "
                "Give the attribute another name."
            )


def _describe_parameter(variable: str, parameter: Parameter) -> dict[str, Any]:
    is_function = parameter.default_is_function
    default = None if is_function else json_value(_plain(parameter.default))
    if isinstance(default, dict) and "$python" in default:
        default = None
    is_file = parameter.kind == "file"
    return {
        "name": parameter.name,
        "variable": variable,
        "kind": parameter.kind,
        "required": parameter.required and parameter.default is None,
        "has_default": parameter.default is not None,
        "default": default,
        "default_is_function": is_function,
        "help": parameter.help or "",
        "separator": parameter.separator,
        "is_text": getattr(parameter, "is_text", True),
        "encoding": getattr(parameter, "encoding", None) if is_file else None,
        "line": parameter.line,
    }


def _plain(default: Any) -> Any:
    return os.fspath(default) if isinstance(default, os.PathLike) else default


def _describe_step(
    name: str, step: StepFunction, files: dict[str, SourceFile | None]
) -> dict[str, Any]:
    function = _innermost(step)
    code = function.__code__
    path = os.path.abspath(code.co_filename)
    if path not in files:
        files[path] = _source_file(path)
    source_file = files[path]
    source = source_file.step(code.co_firstlineno) if source_file is not None else None
    transition: dict[str, Any] = {
        "kind": "invalid",
        "message": f"the source of step {name} is not available",
        "line": code.co_firstlineno,
    }
    return {
        "name": name,
        "doc": clean_doc(step.__doc__),
        "line": source.line if source else code.co_firstlineno,
        "file": path,
        "arguments": list(code.co_varnames[1 : code.co_argcount]),
        "decorators": [_describe_decorator(decorator) for decorator in step.decorators],
        "transition": source.transition if source else transition,
        "transition_line": source.transition_line if source else None,
    }


def _describe_decorator(decorator: Decorator) -> dict[str, Any]:
    return {
        "name": decorator.name,
        "attributes": json_value(decorator.attributes),
        "line": decorator.line,
        "inserted_by": decorator.inserted_by,
    }


def _innermost(function: Any) -> Any:
    """The function that the author wrote, below decorators of theirs that use functools.wraps."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _source_file(path: str) -> SourceFile | None:
    try:
        return SourceFile(path)
    except (OSError, SyntaxError, ValueError):
        return None


def clean_doc(doc: str | None) -> str:
    """A docstring without the indentation of the code around it."""
    lines = (doc or "").expandtabs().splitlines()
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins) if margins else 0
    cleaned = [line.strip() if number == 0 else line[margin:] for number, line in enumerate(lines)]
    return "\n".join(cleaned).strip()


def _check_decorators(flow: type[FlowSpec], steps: list[dict[str, Any]]) -> None:
    from .decorators.catch import CatchDecorator

    kinds = {step["name"]: step["transition"]["kind"] for step in steps}
    for decorator in flow_decorators_of(flow):
        decorator.check("")
    for name, step in steps_of(flow).items():
        for step_decorator in step.decorators:
            step_decorator.check(name)
            if isinstance(step_decorator, CatchDecorator):
                step_decorator.check_transition(name, kinds[name])
