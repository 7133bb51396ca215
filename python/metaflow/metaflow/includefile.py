"""Files as parameters."""

from flowstone.includefile import (
    IncludedFile,
    IncludeFile,
)

__all__ = [
    "IncludeFile",
    "IncludedFile",
]
