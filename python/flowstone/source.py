"""Where each step's last statement leads, from the syntax tree of its source.

A file is parsed once. The tree comes from `compile` itself: the module `ast` would cost more than
the flow's own import, and nothing here needs it.
"""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator


class StepSource:
    """A function as its file has it: line of the `def`, and the transition of its last
    statement.
    """

    def __init__(self, line: int, transition: dict[str, Any], transition_line: int | None):
        self.line = line
        self.transition = transition
        self.transition_line = transition_line


class SourceFile:
    """The classes and functions of one Python file, by line."""

    def __init__(self, path: str):
        with open(path, "rb") as file:
            tree = compile(file.read(), path, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
        self._functions: dict[int, Any] = {}
        self._class_lines: dict[str, int] = {}
        for node in _definitions(tree):
            if isinstance(node, _ast.ClassDef):
                self._class_lines.setdefault(node.name, node.lineno)
            else:
                # A code object begins at its first decorator, a FunctionDef at its `def`.
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self._functions[first] = node

    def line_of_class(self, name: str) -> int:
        """Line of `class NAME`, or 0 when the file does not define it."""
        return self._class_lines.get(name, 0)

    def step(self, first_line: int) -> StepSource | None:
        """The function whose code begins at `first_line` (its first decorator)."""
        node = self._functions.get(first_line)
        if node is None:
            return None
        call = _next_call(node)
        if call is None:
            return StepSource(node.lineno, {"kind": "none"}, None)
        try:
            return StepSource(node.lineno, _transition(call, _self_name(node)), call.lineno)
        except _NotUnderstood as reason:
            invalid = {"kind": "invalid", "message": str(reason), "line": call.lineno}
            return StepSource(node.lineno, invalid, call.lineno)


class _NotUnderstood(Exception):
    """Why a `self.next(…)` cannot be read without running it."""


def _definitions(tree: Any) -> Iterator[Any]:
    """All classes and functions, in any block of the file."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (_ast.ClassDef, _ast.FunctionDef, _ast.AsyncFunctionDef)):
            yield node
        for block in ("finalbody", "orelse", "handlers", "body"):
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                pending.extend(reversed(statements))


def _self_name(function: Any) -> str:
    arguments = [*getattr(function.args, "posonlyargs", ()), *function.args.args]
    return arguments[0].arg if arguments else "self"


def _next_call(function: Any) -> Any:
    """The call of `self.next` that is the last statement, or None."""
    last = function.body[-1]
    if not isinstance(last, _ast.Expr) or not isinstance(last.value, _ast.Call):
        return None
    called = last.value.func
    if _attribute_of_self(called, _self_name(function)) != "next":
        return None
    return last.value


def _attribute_of_self(node: Any, self_name: str) -> str | None:
    """`x` of `self.x`."""
    if (
        isinstance(node, _ast.Attribute)
        and isinstance(node.value, _ast.Name)
        and node.value.id == self_name
    ):
        return node.attr
    return None


def _transition(call: Any, self_name: str) -> dict[str, Any]:
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    unknown = [name or "**" for name in options if name not in ("foreach", "condition")]
    if unknown:
        raise _NotUnderstood(f"self.next() has no option '{unknown[0]}'")
    if "condition" in options:
        if "foreach" in options:
            raise _NotUnderstood("a switch cannot be combined with foreach")
        return _switch(call, options["condition"], self_name)
    names = []
    for position, argument in enumerate(call.args, 1):
        name = _attribute_of_self(argument, self_name)
        if name is None:
            raise _NotUnderstood(f"argument {position} of self.next() is not of the form self.STEP")
        names.append(name)
    if not names:
        raise _NotUnderstood("self.next() names no step")
    if "foreach" in options:
        variable = _text(options["foreach"])
        if variable is None:
            raise _NotUnderstood("the value of 'foreach' must be a string: the name of an artifact")
        if len(names) != 1:
            raise _NotUnderstood("'foreach' needs exactly one step")
        return {"kind": "foreach", "next": names, "variable": variable}
    return {"kind": "linear" if len(names) == 1 else "split", "next": names}


def _switch(call: Any, condition: Any, self_name: str) -> dict[str, Any]:
    variable = _text(condition)
    if variable is None:
        raise _NotUnderstood("the value of 'condition' must be a string: the name of an artifact")
    if len(call.args) != 1 or not isinstance(call.args[0], _ast.Dict):
        raise _NotUnderstood(
            "a switch needs one dictionary of values and steps, written out in the call"
        )
    cases: dict[str, str] = {}
    for key, value in zip(call.args[0].keys, call.args[0].values):
        name = _attribute_of_self(value, self_name)
        if not isinstance(key, _ast.Constant):
            raise _NotUnderstood("the cases of a switch must be literal values")
        if name is None:
            raise _NotUnderstood(f"case {key.value!r} of the switch is not of the form self.STEP")
        cases[str(key.value)] = name
    if not cases:
        raise _NotUnderstood("the switch has no case")
    return {"kind": "switch", "condition": variable, "cases": cases}


def _text(node: Any) -> str | None:
    if isinstance(node, _ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
