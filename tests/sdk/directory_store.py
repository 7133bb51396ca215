"""Writes what the mini-engine ran as a datastore on disk (docs/formats/datastore.md)."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from mini_engine import Attempt, MiniEngine, Task

CREATED_MS = 1_795_336_457_000


class DirectoryStore:
    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (root / "version").write_text("flowstone-datastore 1\n")

    def put(self, area: str, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self.root / area / digest[:2] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return digest

    def put_blob(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self.root / "blob" / digest[:2] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        head = struct.pack("<4sB3xQ48x", b"FSB1", 0, len(content))
        path.write_bytes(head + content)
        return digest

    def save(self, engine: MiniEngine, **run: Any) -> Path:
        """Records a run of the mini-engine. `run` overrides fields of run.json."""
        for content in engine.store.blobs.values():
            self.put_blob(content)
        flow = engine.description["flow"]["name"]
        folder = self.root / "runs" / flow / engine.run_id
        started = CREATED_MS + 1000 * len(list(folder.parent.glob("*/run.json")))
        record = {
            "version": 1,
            "flow": flow,
            "run": engine.run_id,
            "user": "ada",
            "created_ms": started,
            "tags": [],
            "system_tags": ["user:ada", "runtime:dev"],
            "parameters": {},
            "code": None,
            "script": engine.description["flow"]["script"],
            "python": engine.description["python"]["version"],
            "flowstone": "0.1.0",
            "origin_run": None,
            "environments": {},
            "graph": engine.description["steps"],
            "command": ["run"],
            "host": "here",
            "pid": 1,
            **run,
        }
        write_record(folder / "run.json", record)
        write_record(folder / "tags.json", record["tags"])
        for task in engine.tasks:
            self._save_task(folder, task, started)
        ends = [task for task in engine.named("end") if task.last.ok]
        if ends:
            status, failed = "succeeded", None
        else:
            where = [f"{task.step}/{task.task_id}" for task in engine.tasks[-1:]]
            status, failed = "failed", "/".join([flow, engine.run_id, *where])
        write_record(
            folder / "end.json",
            {
                "version": 1,
                "status": status,
                "finished_ms": started + 900,
                "failed_task": failed,
                "message": "",
            },
        )
        (folder.parent / "latest").write_text(engine.run_id)
        return folder

    def _save_task(self, run_folder: Path, task: Task, started: int) -> None:
        folder = run_folder / task.step / task.task_id
        created = started + 10 * int(task.task_id)
        write_record(
            folder / "task.json",
            {
                "version": 1,
                "created_ms": created,
                "step": task.step,
                "task": task.task_id,
                "foreach_stack": task.stack,
                "parents": task.parents,
                "origin": None,
            },
        )
        for number, attempt in enumerate(task.attempts):
            write_record(folder / f"{number}.json", _attempt_record(number, attempt, created))
            for stream in ("stdout", "stderr"):
                text = getattr(attempt, stream)
                if text:
                    (folder / f"{number}.{stream}").write_text(text)


def _attempt_record(number: int, attempt: Attempt, created: int) -> dict[str, Any]:
    end = attempt.end or {}
    return {
        "version": 1,
        "attempt": number,
        "status": "succeeded" if attempt.ok else "failed",
        "successful": attempt.ok and end.get("successful", False),
        "reason": end.get("reason"),
        "message": "",
        "exception": end.get("exception"),
        "started_ms": created + number,
        "finished_ms": created + number + 1,
        "artifacts": attempt.artifacts,
        "transition": end.get("transition"),
        "metadata": [{"field": f, "value": v} for f, v in attempt.metadata.items()],
        "environment": None,
        "exit_code": 0 if attempt.ok else 1,
        "signal": None,
        "pid": 1,
        "host": "here",
        "max_rss_kib": 1,
        "logs": {"stdout": len(attempt.stdout), "stderr": len(attempt.stderr)},
    }


def write_record(path: Path, record: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, sort_keys=True) + "\n")
