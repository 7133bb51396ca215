"""The zygote: imports a flow once, then forks a process per task attempt and reports how each
ended.

One thread, one loop: frames of the engine and signals (through a pipe) are the only events. The
zygote runs no step itself, except when the engine asks it to become the task (`run_here`).
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from contextlib import suppress

from ..frames import Channel, Frame, ProtocolError
from .child_process import become_task_process, prepare_output, run_and_exit
from .guardian import Guardian
from .loader import load_flow, prepare_interpreter, thread_count
from .task import run_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec

PROTOCOL_VERSION = 1


def serve(descriptor: int) -> int:
    """Speaks the zygote's side of the protocol on `descriptor` until its end. Returns the exit
    status.
    """
    prepare_output()
    zygote = Zygote(Channel.of_descriptor(descriptor))
    try:
        return zygote.serve()
    except ProtocolError as error:
        sys.stderr.write(f"flowstone worker: broken protocol: {error}\n")
        return 1
    except (BrokenPipeError, ConnectionResetError):
        return 0  # the engine is gone, which says all
    finally:
        zygote.kill_children()


class Zygote:
    """State: the flow, once it is loaded, and the children that run."""

    def __init__(self, channel: Channel):
        self._channel = channel
        # Before the import, which may start threads: a fork leaves them in an unknown state.
        self._guardian = Guardian(channel.fileno())
        self._flow: type[FlowSpec] | None = None
        self._keys: dict[int, str] = {}  # process id of a child → key of its task
        self._wakeup, self._signals = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(self._signals, False)
        self._stopping = False

    def serve(self) -> int:
        # An interrupt is for the engine, which decides about the tasks; they have process groups of
        # their own.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._channel.send(
            {
                "type": "hello",
                "protocol": PROTOCOL_VERSION,
                "pid": os.getpid(),
                "python": ".".join(map(str, sys.version_info[:3])),
            }
        )
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while not self._stopping:
            ready = [descriptor for descriptor, _event in poll.poll()]
            if self._wakeup in ready:
                self._drain_signals()
                self._reap()
            if self._channel.fileno() in ready:
                frame = self._channel.receive()
                if frame is None:
                    break
                self._handle(frame)
        return 0

    def kill_children(self) -> None:
        """Kills every child with all that it started, and waits for it."""
        for child in list(self._keys):
            for kill in (os.killpg, os.kill):
                try:
                    kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        for child in list(self._keys):
            os.waitpid(child, 0)
            del self._keys[child]

    def _handle(self, frame: Frame) -> None:
        if frame.type == "load":
            self._load(frame.header)
        elif frame.type == "fork" and len(frame.descriptors) == 3:
            self._fork(frame)
        elif frame.type == "run_here" and len(frame.descriptors) == 3:
            self._channel.close()
            self._run_task(frame)
        elif frame.type == "shutdown":
            self._stopping = True
        else:
            raise ProtocolError(f"frame '{frame.type}' with {len(frame.descriptors)} descriptors")

    def _load(self, load: dict[str, Any]) -> None:
        try:
            prepare_interpreter(load)
            self._flow = load_flow(load["flow_file"], load["flow_name"], load.get("module"))
        except BaseException as error:
            self._channel.send({"type": "load_failed", "exception": _describe_error(error)})
            return
        # After the import, so that ours are the handlers whatever the flow's libraries installed.
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        signal.set_wakeup_fd(self._signals, warn_on_full_buffer=False)
        # Objects of the import are never garbage: children that do not visit them share their
        # memory.
        gc.freeze()
        self._channel.send({"type": "loaded", "threads": thread_count()})

    def _on_signal(self, number: int, _frame: object) -> None:
        if number == signal.SIGTERM:
            self._stopping = True

    def _fork(self, frame: Frame) -> None:
        key = frame.header["key"]
        self._guardian.dismiss()  # its signal would leave nobody to end the children
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            child = os.fork()
        except OSError as error:
            self._channel.send({"type": "fork_failed", "key": key, "message": error.strerror})
            return
        if child == 0:
            self._keys.clear()
            os.close(self._wakeup)
            os.close(self._signals)
            self._channel.close()
            self._run_task(frame)
        for descriptor in frame.descriptors:
            os.close(descriptor)
        # Also here: a kill that follows at once must find the group. The child may have been
        # faster.
        with suppress(OSError):
            os.setpgid(child, child)
        self._keys[child] = key
        self._channel.send({"type": "forked", "key": key, "pid": child})

    def _run_task(self, frame: Frame) -> None:
        """Makes this very process the task. Does not return."""
        channel, stdout, stderr = frame.descriptors
        task, flow = frame.header["task"], self._flow

        def body() -> int:
            become_task_process(stdout, stderr)
            assert flow is not None, "a task came before its flow"
            return run_task(Channel.of_descriptor(channel), task, flow)

        run_and_exit(body)

    def _drain_signals(self) -> None:
        try:
            while os.read(self._wakeup, 512):
                pass
        except BlockingIOError:
            return

    def _reap(self) -> None:
        for child, key in list(self._keys.items()):
            # Only our own: a library of the flow may wait for processes that it started.
            found, status, usage = os.wait4(child, os.WNOHANG)
            if not found:
                continue
            del self._keys[child]
            signalled = os.WIFSIGNALED(status)
            self._channel.send(
                {
                    "type": "exited",
                    "key": key,
                    "pid": child,
                    "code": None if signalled else os.WEXITSTATUS(status),
                    "signal": os.WTERMSIG(status) if signalled else None,
                    "max_rss_kib": _kibibytes(usage.ru_maxrss),
                }
            )


def _kibibytes(max_rss: int) -> int:
    # Linux counts in KiB, macOS in bytes.
    return max_rss // 1024 if sys.platform == "darwin" else max_rss


def _describe_error(error: BaseException) -> dict[str, str]:
    from ..import_hints import import_hint
    from .outcome import describe_exception

    description = describe_exception(error)
    description["traceback"] += import_hint(error)
    return description
