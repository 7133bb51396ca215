"""Tracebacks as the author of a flow wants them: their frames, not ours."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import traceback

_SDK_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


def is_sdk_file(filename: str) -> bool:
    """Whether code of `filename` belongs to this package."""
    return filename.startswith((_SDK_FOLDER, "<frozen "))


def user_traceback(error: BaseException) -> str:
    """The traceback of `error` and of the exceptions behind it, without the frames of this
    package.
    """
    import traceback

    report = traceback.TracebackException.from_exception(error)
    _keep_user_frames(report, set())
    return "".join(report.format())


def text_of(error: BaseException) -> str:
    """`str(error)`, also of an exception whose own text fails."""
    try:
        return str(error)
    except Exception as failure:
        return f"<no text: {type(failure).__name__} in its __str__>"


def _keep_user_frames(report: traceback.TracebackException, seen: set[int]) -> None:
    if id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if not is_sdk_file(frame.filename)]
    for behind in (
        report.__cause__,
        report.__context__,
        *(getattr(report, "exceptions", None) or ()),
    ):
        if behind is not None:
            _keep_user_frames(behind, seen)
