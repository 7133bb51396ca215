"""A process that ends the zygote, with its process group, when the engine is gone.

A zygote that waits for frames notices by itself, and ends its children. One that imports the flow,
or has become a task, runs the user's code and looks at nothing: then this is who looks.
"""

from __future__ import annotations

import os
import select
import signal


class Guardian:
    """Watches the engine's end of `channel` until dismissed, or until this process ends."""

    def __init__(self, channel: int):
        ends, self._lifeline = os.pipe()
        zygote = os.getpid()
        # Forked twice, so that it is no child of a step that waits for any of its children.
        between = os.fork()
        if between == 0:
            try:
                if os.fork() == 0:
                    os.close(self._lifeline)
                    _watch(channel, ends, zygote)
            finally:
                os._exit(0)
        os.close(ends)
        os.waitpid(between, 0)

    def dismiss(self) -> None:
        """The zygote looks for itself from now on. Of several calls the first one counts."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def _watch(channel: int, lifeline: int, zygote: int) -> None:
    _close_all_but(channel, lifeline)
    poll = select.poll()
    for descriptor in (channel, lifeline):
        poll.register(descriptor, 0)  # no data, only that the other end is closed
    ready = [descriptor for descriptor, _event in poll.poll()]
    if lifeline in ready:
        return
    if os.getpgrp() == zygote:
        os.killpg(zygote, signal.SIGKILL)  # this process included
    else:
        os.kill(zygote, signal.SIGKILL)  # somebody else's group


def _close_all_but(*kept: int) -> None:
    first = 0
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, first + 64)  # a zygote that has imported nothing has opened no more
