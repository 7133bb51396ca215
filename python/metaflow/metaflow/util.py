"""The functions of Metaflow's own toolbox that programs use."""

from __future__ import annotations

from flowstone.identity import default_identity, user_name

__all__ = ["get_username", "is_stringish", "resolve_identity", "to_unicode"]


def is_stringish(value: object) -> bool:
    """Whether the value is text."""
    return isinstance(value, str)


def to_unicode(value: object) -> str:
    """Text of a value; bytes are decoded."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def get_username() -> str:
    """The name of the current user."""
    return user_name()


def resolve_identity() -> str:
    """The namespace that a program starts in."""
    return default_identity()
