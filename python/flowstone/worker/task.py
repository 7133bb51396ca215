"""One task attempt, from its first frame to its last."""

from __future__ import annotations

import os

from ..decorators.registry import attach_described
from ..task_attempt import TaskAttempt
from .artifacts import EngineLink
from .parameters_task import run_parameters
from .step_task import run_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from ..flowspec import FlowSpec
    from ..frames import Channel


def run_task(channel: Channel, task: Mapping[str, Any], flow: type[FlowSpec]) -> int:
    """Runs the attempt and reports it on `channel`. Returns the exit status of the process."""
    attempt = TaskAttempt(task)
    link = EngineLink(channel)
    link.send({"type": "started", "pid": os.getpid()})
    os.environ.update(attempt.environment)
    if attempt.datastore:
        # The client API inside of a step reads the datastore of this run.
        os.environ["FLOWSTONE_DATASTORE"] = attempt.datastore
    attach_described(flow, attempt.graph)
    run = run_parameters if attempt.kind == "parameters" else run_step
    end = run(flow, attempt, link)
    link.send(end)
    return 0 if end["ok"] else 1
