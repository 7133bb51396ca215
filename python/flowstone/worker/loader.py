"""Imports a flow's file as `__main__`, up to the point where it would run its command line.

The module is `__main__` because objects of classes defined in the flow's file are pickled under
that name, in every task and in programs that read them with the same flow.
"""

from __future__ import annotations

import os
import sys

from ..exceptions import MetaflowException
from ..flowspec import FlowSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Mapping, NoReturn


class _FlowReached(BaseException):
    """The flow's file came to `MyFlow()`. Not an Exception: the file must not catch it."""

    def __init__(self, flow: type[FlowSpec]):
        super().__init__(flow.__name__)
        self.flow = flow


class _CompatibilityFinder:
    """Finds the package `metaflow` in its folder, and nothing else there. Asked first: the flow was
    described with this one, whatever the environment of a step has under that name.
    """

    def __init__(self, root: str):
        self._root = root

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "metaflow":
            return None
        for finder in sys.meta_path:
            if getattr(finder, "__name__", "") == "PathFinder":
                return finder.find_spec(name, [self._root], target)
        return None


def prepare_interpreter(load: Mapping[str, Any]) -> None:
    """Makes the process what the `load` frame says: variables, working directory, `sys.path`,
    arguments.
    """
    for name, value in (load.get("environment") or {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if load.get("directory"):
        os.chdir(load["directory"])
    first = list(load.get("sys_path") or ())
    if load.get("module"):
        first.insert(0, os.getcwd())  # `python -m` imports from where it is started
    sys.path[:] = first + [entry for entry in sys.path if entry not in first]
    if load.get("compat_root"):
        sys.meta_path.insert(0, _CompatibilityFinder(load["compat_root"]))
    sys.argv = [load.get("argv0") or load["flow_file"]]


def load_flow(path: str, name: str, module_name: str | None = None) -> type[FlowSpec]:
    """The flow class `name` of the file `path`, which `python -m` knows as `module_name`."""
    module = _main_module(path)
    if module_name is not None:
        module.__package__ = module_name.rpartition(".")[0]
    # Tasks are started by the engine: here a flow is only defined, never launched.
    FlowSpec._run_command_line = classmethod(_reached)  # type: ignore[assignment, method-assign]
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    try:
        exec(code, module.__dict__)
    except _FlowReached as reached:
        if reached.flow.__name__ == name:
            return reached.flow
    found = module.__dict__.get(name)
    if isinstance(found, type) and issubclass(found, FlowSpec):
        return found
    raise MetaflowException(f"the file {path} defines no flow {name}")


def thread_count() -> int:
    """Threads of this process besides the main one, those of libraries included."""
    try:
        return len(os.listdir("/proc/self/task")) - 1
    except OSError:
        import threading

        return threading.active_count() - 1


def _main_module(path: str) -> ModuleType:
    module = type(sys)("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    module.__dict__["__spec__"] = None
    sys.modules["__main__"] = module
    return module


def _reached(flow: type[FlowSpec]) -> NoReturn:
    raise _FlowReached(flow)
