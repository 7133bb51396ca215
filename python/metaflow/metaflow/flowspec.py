"""The base class of flows."""

from flowstone.flowspec import (
    FlowSpec,
)

__all__ = [
    "FlowSpec",
]
