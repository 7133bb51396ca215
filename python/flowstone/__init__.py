"""Flowstone: runs Python flows and manages everything they depend on.

Names are loaded on first use (PEP 562): ``import flowstone`` reads this file alone, and a step that
needs ``FlowSpec`` and ``step`` does not pay for the client.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .client import (
        DataArtifact,
        Flow,
        Metaflow,
        Run,
        Step,
        Task,
        default_namespace,
        get_namespace,
        namespace,
    )
    from .current_task import current
    from .decorators.catch import catch
    from .decorators.environment import environment
    from .decorators.package_suffixes import package_suffixes
    from .decorators.pypi import pypi, pypi_base
    from .decorators.resources import resources
    from .decorators.retry import retry
    from .decorators.timeout import timeout
    from .flowspec import FlowSpec
    from .includefile import IncludeFile
    from .parameters import JSONType, JSONTypeClass, Parameter
    from .steps import step

__version__ = "0.1.0"

__all__ = [
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "IncludeFile",
    "JSONType",
    "JSONTypeClass",
    "Metaflow",
    "Parameter",
    "Run",
    "Step",
    "Task",
    "catch",
    "current",
    "default_namespace",
    "environment",
    "get_namespace",
    "namespace",
    "package_suffixes",
    "pypi",
    "pypi_base",
    "resources",
    "retry",
    "step",
    "timeout",
]

# Public name → module that defines it.
_HOMES = {
    "DataArtifact": "client",
    "Flow": "client",
    "FlowSpec": "flowspec",
    "IncludeFile": "includefile",
    "JSONType": "parameters",
    "JSONTypeClass": "parameters",
    "Metaflow": "client",
    "Parameter": "parameters",
    "Run": "client",
    "Step": "client",
    "Task": "client",
    "catch": "decorators.catch",
    "current": "current_task",
    "default_namespace": "client",
    "environment": "decorators.environment",
    "get_namespace": "client",
    "namespace": "client",
    "package_suffixes": "decorators.package_suffixes",
    "pypi": "decorators.pypi",
    "pypi_base": "decorators.pypi",
    "resources": "decorators.resources",
    "retry": "decorators.retry",
    "step": "steps",
    "timeout": "decorators.timeout",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    module = f"{__name__}.{home}"
    # The built-in function, because `importlib` is a module more to read.
    value: object = getattr(__import__(module, fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
