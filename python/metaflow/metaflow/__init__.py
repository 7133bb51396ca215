"""The name `metaflow` for flows that run on Flowstone.

What is here is what Flowstone has. A name or module of Metaflow that is not here does not exist:
importing it fails at once, instead of half working later.
"""

from __future__ import annotations

import flowstone

from ._flowstone import forward

__version__ = flowstone.__version__

__all__ = [*flowstone.__all__]

__getattr__ = forward(__name__, {name: "flowstone" for name in flowstone.__all__})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
