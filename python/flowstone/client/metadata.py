"""Metadata of a task: what the worker recorded, and what the records of run and task say under
Metaflow's names.
"""

from __future__ import annotations

import json
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .task import Task

# `created_at` is in milliseconds since the epoch.
Metadata = namedtuple("Metadata", ["name", "value", "created_at", "type", "task"])


def task_metadata(task: Task) -> list[Metadata]:
    """All metadata of `task`, those of each attempt in turn."""
    run = task._run._record["record"]
    found: list[Metadata] = []

    def add(name: str, value: Any, when: int, kind: str | None = None) -> None:
        found.append(Metadata(name, value, when, kind or name, task))

    created = task._created_ms
    for name, key in (("user", "user"), ("script-name", "script"), ("python_version", "python")):
        add(name, run.get(key), created)
    add("flowstone_version", run.get("flowstone"), created)
    if run.get("code"):
        package = {"ds_type": "local", "sha": run["code"], "location": run["code"]}
        add("code-package", json.dumps(package), created)
    if task.origin_pathspec:
        _flow, origin_run, _step, origin_task = task.origin_pathspec.split("/")
        add("origin-run-id", origin_run, created)
        add("origin-task-id", origin_task, created)
    elif run.get("origin_run"):
        add("origin-run-id", run["origin_run"], created)
    for attempt in task._record["attempts"]:
        if task._attempt is not None and attempt["attempt"] != task._attempt:
            continue
        started, finished = attempt["started_ms"], attempt["finished_ms"]
        add("attempt", str(attempt["attempt"]), started)
        for entry in attempt["metadata"]:
            add(entry["field"], entry["value"], started)
        ok = str(attempt["status"] == "succeeded")
        add("attempt_ok", ok, finished, "internal_attempt_status")
        add("attempt-done", str(attempt["attempt"]), finished)
    return found
