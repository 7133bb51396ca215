"""Who runs: the name that the engine tags runs with, and the default namespace that follows."""

from __future__ import annotations

import os

# The first that is set wins. The engine has the same list: what it tags is what a client looks for.
_VARIABLES = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")


def user_name() -> str:
    """The name of the current user."""
    for variable in _VARIABLES:
        name = os.environ.get(variable)
        if name:
            return name
    return "unknown"


def default_identity() -> str:
    """The namespace that a program starts in: `user:NAME`, or that of a production token."""
    token = os.environ.get("METAFLOW_PRODUCTION_TOKEN")
    return f"production:{token}" if token else f"user:{user_name()}"
