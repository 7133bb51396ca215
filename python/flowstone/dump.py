"""Prints the artifacts of tasks, for the command `dump`.

The engine has checked the arguments and started this in the launching interpreter, because
artifacts are Python objects. Values go to standard output, one task after the other.
"""

from __future__ import annotations

import sys

from .client import Task, namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(order_text: str) -> None:
    """Does what `order_text` says: JSON with `tasks` (pathspecs), `private`, `include`,
    `max_value_size` and `file` (None, or where to write a pickled dictionary instead).
    """
    import json

    order = json.loads(order_text)
    namespace(None)
    wanted = [name for name in order["include"].split(",") if name]
    values = {
        pathspec.partition("/")[2]: _artifacts(pathspec, wanted, order["private"])
        for pathspec in order["tasks"]
    }
    if order["file"]:
        _write(order["file"], values)
        return
    for pathspec, artifacts in values.items():
        _print(pathspec, artifacts, order["max_value_size"])


def _artifacts(pathspec: str, wanted: list[str], private: bool) -> dict[str, Any]:
    """The values by name; one that cannot be loaded here stands as its error."""
    found: dict[str, Any] = {}
    for artifact in Task(pathspec):
        name = artifact.id
        if (wanted and name not in wanted) or (name.startswith("_") and not private):
            continue
        try:
            found[name] = artifact.data
        except Exception as error:  # a class that only the step's environment has
            found[name] = Unloadable(f"{type(error).__name__}: {error}")
    return found


class Unloadable:
    """Stands for a value that this interpreter cannot load."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"<cannot be loaded here: {self.reason}>"


def _print(pathspec: str, artifacts: dict[str, Any], limit: int) -> None:
    lines = [f"Dumping output of {pathspec}"]
    for name in sorted(artifacts):
        text = repr(artifacts[name])
        if len(text) > limit:
            text = f"{text[:limit]}... ({len(text)} characters, see --max-value-size)"
        lines.append(f"{name} = {text}")
    sys.stdout.write("\n".join(lines) + "\n")


def _write(path: str, values: dict[str, dict[str, Any]]) -> None:
    import os
    import pickle
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(values, file)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sys.stderr.write(f"Artifacts written to {path}\n")
