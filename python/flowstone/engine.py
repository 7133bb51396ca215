"""Where the engine is: the executable that does everything but run Python."""

from __future__ import annotations

import os
import sys

from .exceptions import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


class EngineNotFound(MetaflowException):
    headline = "Engine not found"


def sdk_root() -> str:
    """The folder that holds the package `flowstone`."""
    return os.path.dirname(_PACKAGE)


def find_engine() -> str:
    """Path of the engine: FLOWSTONE_ENGINE, this installation's, this checkout's, or that of
    PATH.
    """
    chosen = os.environ.get("FLOWSTONE_ENGINE")
    if chosen:
        if not _is_executable(chosen):
            raise EngineNotFound(f"FLOWSTONE_ENGINE is '{chosen}', which is no executable file")
        return chosen
    for candidate in _candidates():
        if _is_executable(candidate):
            return candidate
    raise EngineNotFound(
        "the executable 'flowstone' is neither beside this Python nor on PATH; "
        "set FLOWSTONE_ENGINE to its path"
    )


def _candidates() -> Iterator[str]:
    yield os.path.join(_PACKAGE, "bin", "flowstone")
    if sys.executable:
        yield os.path.join(os.path.dirname(sys.executable), "flowstone")
    checkout = os.path.dirname(sdk_root())
    if os.path.isfile(os.path.join(checkout, "CMakeLists.txt")):
        yield os.path.join(checkout, "build", "bin", "flowstone")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if folder:
            yield os.path.join(folder, "flowstone")


def _is_executable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)
