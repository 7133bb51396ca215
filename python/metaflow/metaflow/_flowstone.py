"""What this package is made of: names of `flowstone`, looked up when they are used.

The file also tells our package from any other that is called metaflow (`flowstone.describe`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable


def forward(module: str, homes: dict[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of `module`, where each name of `homes` comes from a module of
    flowstone.
    """

    def lookup(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        value: object = getattr(__import__(home, fromlist=[name]), name)
        return value

    return lookup
