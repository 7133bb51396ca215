"""`MyFlow()` under `if __name__ == "__main__"`: describes the flow and becomes the engine.

The description goes through an anonymous file, the arguments go untouched: `flowstone
--description-fd N -- …`. This process is replaced, so a signal, a terminal and an exit status are
the engine's.
"""

from __future__ import annotations

import os
import sys

from .exceptions import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .flowspec import FlowSpec


def launch(flow: type[FlowSpec]) -> NoReturn:
    """Hands `flow` and the command line to the engine. Does not return."""
    arguments = sys.argv[1:]
    try:
        if not getattr(sys.modules["__main__"], "__file__", None):
            raise MetaflowException("A flow runs from a file: python FLOW.py run")
        from .describe import describe
        from .engine import find_engine

        description = _encode(describe(flow, decorator_specifications(arguments)))
        engine = find_engine()
    except MetaflowException as error:
        sys.stderr.write(f"{error.headline}:\n    {error}\n")
        raise SystemExit(1) from None
    _become(engine, description, arguments)


def decorator_specifications(arguments: list[str]) -> list[str]:
    """The values of `--with` after those of FLOWSTONE_WITH, or else METAFLOW_DEFAULT_DECOSPECS."""
    variables = ("FLOWSTONE_WITH", "METAFLOW_DEFAULT_DECOSPECS")
    found = next(filter(None, map(os.environ.get, variables)), "").split()
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            break
        if argument == "--with":
            found.extend(value for value in [next(remaining, None)] if value is not None)
        elif argument.startswith("--with="):
            found.append(argument[len("--with=") :])
    return found


def _encode(description: dict[str, object]) -> bytes:
    import json

    try:
        return json.dumps(description, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        wrong = error.object[max(0, error.start - 40) : error.end]
        raise MetaflowException(f"a path or a text of the flow is no UTF-8: …{wrong!a}") from None


def _become(engine: str, description: bytes, arguments: list[str]) -> NoReturn:
    from .anonymous_file import anonymous_file

    descriptor = anonymous_file("flowstone-description", [description])
    os.set_inheritable(descriptor, True)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(
            engine,
            [engine, "--description-fd", str(descriptor), "--", *arguments],
            dict(os.environ),
        )
    except OSError as error:
        sys.stderr.write(f"Engine not found:\n    cannot run '{engine}': {error.strerror}\n")
        raise SystemExit(1) from None
