"""Who runs: the user name that runs are tagged with and the default namespace follows from."""

from __future__ import annotations

import os

from .exceptions import MetaflowUnknownUser

# The first that is set, and is not root, wins; the last resort is the account's own name.
_VARIABLES = ("FLOWSTONE_USER", "METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")


def user_name() -> str:
    """The name of the current user."""
    for variable in _VARIABLES:
        name = os.environ.get(variable)
        if name and name != "root":
            return name
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise MetaflowUnknownUser() from None


def default_identity() -> str:
    """The namespace that a program starts in: `user:NAME`, or that of a production token."""
    token = os.environ.get("METAFLOW_PRODUCTION_TOKEN")
    return f"production:{token}" if token else f"user:{user_name()}"
