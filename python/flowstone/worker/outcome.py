"""How an attempt ended: the `end` frame."""

from __future__ import annotations

from ..tracebacks import text_of, user_traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Enough for any reader, and far from the limit of a frame.
_MAX_CHARACTERS = 256 * 1024


def describe_exception(error: BaseException) -> dict[str, str]:
    """The `exception` of the worker protocol."""
    return {
        "type": f"{type(error).__module__}.{type(error).__name__}",
        "message": _shortened(text_of(error)),
        "traceback": _shortened(user_traceback(error)),
    }


def _shortened(text: str) -> str:
    if len(text) <= _MAX_CHARACTERS:
        return text
    half = _MAX_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def end_frame(
    *,
    error: BaseException | None = None,
    reason: str | None = None,
    caught: bool = False,
    references: dict[str, Any] | None = None,
    transition: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """`error` with a `reason` failed the attempt; one that was `caught` did not."""
    ok = error is None or caught
    return {
        "type": "end",
        "ok": ok,
        "references": references or {},
        "transition": transition,
        "exception": describe_exception(error) if error is not None else None,
        "reason": None if ok else reason,
        "successful": error is None,
        "caught": caught,
    }
