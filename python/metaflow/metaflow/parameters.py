"""Parameters of flows."""

from flowstone.parameters import (
    JSONType,
    JSONTypeClass,
    Parameter,
    ParameterContext,
)

__all__ = [
    "JSONType",
    "JSONTypeClass",
    "Parameter",
    "ParameterContext",
]
