"""What a process becomes between `fork` and the step, and how it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, NoReturn


def become_task_process(stdout: int, stderr: int) -> None:
    """Takes the task's output descriptors, nothing on standard input, and a process group of its
    own.
    """
    with suppress(OSError):  # the zygote was faster, or this process leads a session
        os.setpgid(0, 0)
    _reset_signals()
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
        os.close(source)


def prepare_output() -> None:
    """Makes lines reach the engine when they are written, and no text fail for want of a locale.

    Done before the flow is imported: what a library keeps of `sys.stdout` works the same in every
    task, whose descriptors only take the place of these.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def run_and_exit(body: Callable[[], int]) -> NoReturn:
    """Runs `body` and ends the process with its status, as the interpreter would: threads are
    joined, exit handlers run, output is flushed. Never returns into the caller's frames.
    """
    status = 1
    try:
        status = _status_of(body)
        _finish_interpreter()
    except BaseException as error:
        _report(error)
        status = status or 1
    finally:
        _flush()
        os._exit(status & 0xFF)


def _status_of(body: Callable[[], int]) -> int:
    try:
        return body()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        sys.stderr.write(f"{leaving.code}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _finish_interpreter() -> None:
    # What the interpreter does at its own end. `threading` and `atexit` have work only if the flow
    # used them.
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    import atexit

    atexit._run_exitfuncs()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed, or the reader is gone


def _report(error: BaseException) -> None:
    from ..tracebacks import user_traceback

    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(user_traceback(error))


def _reset_signals() -> None:
    import signal

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
