"""A small engine in Python: an executable reading of docs/formats/worker-protocol.md.

It starts a real zygote, runs the tasks of a flow one after the other, and keeps artifacts in
memory. It knows linear steps, splits, foreach, joins, switches, retries and the fallback of @catch:
what the protocol says, and none of the engine's other business. Standard library only, and no code
of the SDK, so that a misunderstanding on one side shows on the other.
"""

from __future__ import annotations

import array
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Dict

PYTHON_ROOT = Path(__file__).resolve().parents[2] / "python"
WORKER = PYTHON_ROOT / "flowstone" / "worker" / "__main__.py"
INLINE_LIMIT = 256 * 1024

Header = Dict[str, Any]
Reference = Dict[str, Any]


def send_frame(
    connection: socket.socket,
    header: Header,
    payload: bytes = b"",
    descriptors: tuple[int, ...] = (),
) -> None:
    if descriptors:
        header = dict(header, descriptors=len(descriptors))
    text = json.dumps(header).encode()
    data = struct.pack("<IQ", len(text), len(payload)) + text + payload
    if descriptors:
        rights = array.array("i", descriptors)
        sent = connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        data = data[sent:]
    connection.sendall(data)


def receive_frame(connection: socket.socket) -> tuple[Header, bytes, list[int]] | None:
    descriptors: list[int] = []

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            part, ancillary, _flags, _address = connection.recvmsg(
                size - len(data), socket.CMSG_SPACE(64)
            )
            for _level, _kind, content in ancillary:
                received = array.array("i")
                received.frombytes(content)
                descriptors.extend(received)
            if not part:
                return data
            data += part
        return data

    lengths = read(12)
    if not lengths:
        return None
    header_length, payload_length = struct.unpack("<IQ", lengths)
    header = json.loads(read(header_length))
    payload = read(payload_length)
    assert len(descriptors) == header.get("descriptors", 0)
    return header, payload, descriptors


class Attempt:
    """What came of one attempt of one task."""

    def __init__(self) -> None:
        self.end: Header | None = None
        self.exited: Header | None = None
        self.artifacts: dict[str, Reference] = {}
        self.metadata: dict[str, Any] = {}
        self.started_pid: int | None = None
        self.fetched: list[str] = []
        self.stdout = ""
        self.stderr = ""

    @property
    def ok(self) -> bool:
        exited_well = self.exited is None or self.exited["code"] == 0
        return self.end is not None and self.end["ok"] and exited_well


class Zygote:
    """A worker process, and the engine's end of its channel."""

    def __init__(self, python: str = sys.executable, isolated: bool = True):
        ours, theirs = socket.socketpair()
        self.connection = ours
        flags = ["-I"] if isolated else []
        self.process = subprocess.Popen(
            [python, *flags, str(WORKER), "--channel", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self.hello = self.receive()
        assert self.hello["type"] == "hello" and self.hello["protocol"] == 1

    def receive(self) -> Header:
        frame = receive_frame(self.connection)
        assert frame is not None, "the zygote closed the channel"
        return frame[0]

    def load(self, flow_file: Path, flow_name: str, **extra: Any) -> Header:
        send_frame(
            self.connection,
            {
                "type": "load",
                "flow_file": str(flow_file),
                "flow_name": flow_name,
                "directory": str(flow_file.parent),
                "sys_path": [str(flow_file.parent)],
                "compat_root": str(PYTHON_ROOT / "metaflow"),
                "environment": {},
                "argv0": flow_file.name,
                **extra,
            },
        )
        return self.receive()

    def close(self) -> int:
        self.connection.close()
        return self.process.wait(timeout=20)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Store:
    """Artifacts by digest."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest


def run_attempt(
    zygote: Zygote, store: Store, task: Header, key: str = "k", verb: str = "fork"
) -> Attempt:
    """Runs one attempt through the protocol and collects all that it says."""
    ours, theirs = socket.socketpair()
    # Files, which take all that a task writes; an engine would read pipes while the task runs.
    stdout, stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
    send_frame(
        zygote.connection,
        {"type": verb, "key": key, "task": task},
        descriptors=(theirs.fileno(), stdout.fileno(), stderr.fileno()),
    )
    theirs.close()
    attempt = Attempt()
    if verb == "fork":
        forked = zygote.receive()
        assert forked["type"] == "forked" and forked["key"] == key, forked
    _serve_task(ours, store, attempt)
    if verb == "fork":
        attempt.exited = zygote.receive()
        assert attempt.exited["type"] == "exited" and attempt.exited["key"] == key
    attempt.stdout, attempt.stderr = _read_all(stdout), _read_all(stderr)
    ours.close()
    return attempt


def _read_all(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode()


def _serve_task(connection: socket.socket, store: Store, attempt: Attempt) -> None:
    while True:
        frame = receive_frame(connection)
        if frame is None:
            return
        header, payload, descriptors = frame
        assert attempt.end is None, f"'{header['type']}' after the last frame"
        if header["type"] == "started":
            attempt.started_pid = header["pid"]
        elif header["type"] == "get":
            attempt.fetched.append(header["sha256"])
            _answer_get(connection, store, header["sha256"])
        elif header["type"] == "artifact":
            if descriptors:
                with os.fdopen(descriptors[0], "rb") as file:
                    payload = file.read()
            assert len(payload) == header["size"]
            attempt.artifacts[header["name"]] = {
                "sha256": store.put(payload),
                "size": header["size"],
                "type": header["artifact_type"],
                "encoding": header["encoding"],
            }
        elif header["type"] == "metadata":
            attempt.metadata[header["field"]] = header["value"]
        elif header["type"] == "end":
            attempt.end = header
            for name, reference in header["references"].items():
                attempt.artifacts.setdefault(name, reference)
        else:
            raise AssertionError(f"unknown frame {header}")


def _answer_get(connection: socket.socket, store: Store, digest: str) -> None:
    content = store.blobs.get(digest)
    if content is None:
        message = f"artifact {digest} is missing"
        send_frame(connection, {"type": "blob_error", "sha256": digest, "message": message})
    elif len(content) <= INLINE_LIMIT:
        header = {"type": "blob", "sha256": digest, "size": len(content)}
        send_frame(connection, header, payload=content)
    else:
        # As a stored blob lies in a datastore: the content begins at byte 64 of the file.
        descriptor = os.memfd_create("blob")
        os.write(descriptor, bytes(64))
        os.write(descriptor, content)
        header = {"type": "blob", "sha256": digest, "size": len(content), "offset": 64}
        send_frame(connection, header, descriptors=(descriptor,))
        os.close(descriptor)


class Task:
    def __init__(self, step: str, task_id: str, parents: list[str], stack: list[Header]):
        self.step = step
        self.task_id = task_id
        self.parents = parents
        self.stack = stack
        self.attempts: list[Attempt] = []

    @property
    def last(self) -> Attempt:
        return self.attempts[-1]


class MiniEngine:
    """Runs a described flow to its end, one task at a time."""

    def __init__(self, zygote: Zygote, description: Header, run_id: str = "1"):
        self.zygote = zygote
        self.store = Store()
        self.steps = {step["name"]: step for step in description["steps"]}
        self.description = description
        self.run_id = run_id
        self.tasks: list[Task] = []
        self.parameters: dict[str, Reference] = {}
        self.overrides: Header = {}

    def run(self, **parameter_values: str) -> list[Task]:
        values: dict[str, str | None] = {p["name"]: None for p in self.description["parameters"]}
        values.update(parameter_values)
        root = self._run_task("_parameters", [], None, [], {"parameter_values": values})
        if not root.last.ok:
            return self.tasks
        self.parameters = root.last.artifacts
        self._follow("start", [root], [])
        return self.tasks

    def named(self, step: str) -> list[Task]:
        return [task for task in self.tasks if task.step == step]

    def _follow(self, step: str, inputs: list[Task], stack: list[Header]) -> Task | None:
        """Runs `step` and all that comes after it, up to a join that waits for more; returns the
        task before that join.
        """
        join = None
        if self.steps[step]["arguments"]:
            join = "static" if len({task.step for task in inputs}) > 1 else "foreach"
        task = self._run_task(step, inputs, join, stack, {})
        if not task.last.ok:
            return None
        assert task.last.end is not None
        transition = task.last.end["transition"]
        if transition is None:
            return task
        if transition["foreach"]:
            loop = transition["foreach"]
            branches = [
                self._follow_to_join(
                    transition["next"][0],
                    task,
                    [*stack, {"step": step, "variable": loop["variable"], "index": index,
                              "num_splits": loop["num_splits"], "value": loop["values"][index]}],
                )
                for index in range(loop["num_splits"])
            ]  # fmt: skip
        elif len(transition["next"]) > 1:
            branches = [self._follow_to_join(name, task, stack) for name in transition["next"]]
        elif self.steps[transition["next"][0]]["arguments"]:
            return task  # the split that this branch came from runs the join
        else:
            return self._follow(transition["next"][0], [task], stack)
        if any(branch is None for branch in branches):
            return None
        arrived = [branch for branch in branches if branch is not None]
        join_step = arrived[0].last.end["transition"]["next"][0]  # type: ignore[index]
        return self._follow(join_step, arrived, stack)

    def _follow_to_join(self, step: str, parent: Task, stack: list[Header]) -> Task | None:
        return self._follow(step, [parent], stack)

    def _run_task(
        self, step: str, inputs: list[Task], join: str | None, stack: list[Header], extra: Header
    ) -> Task:
        retries, catches = self._attempts_of(step)
        parents = [f"{before.step}/{before.task_id}" for before in inputs]
        task = Task(step, str(len(self.tasks)), parents, stack)
        self.tasks.append(task)
        kind = "parameters" if step == "_parameters" else "step"
        for number in range(retries + 1 + catches):
            frame = {
                "kind": kind,
                "flow": self.description["flow"]["name"],
                "run_id": self.run_id,
                "step": step,
                "task_id": task.task_id,
                "attempt": number,
                "max_user_code_retries": retries,
                "max_error_retries": catches,
                "parameters": self.parameters,
                "inputs": [
                    {"step": t.step, "task_id": t.task_id, "artifacts": t.last.artifacts,
                     "foreach_stack": t.stack}
                    for t in inputs
                ],
                "join": join,
                "foreach_stack": stack,
                "iteration_stack": [],
                "user": "ada",
                "namespace": "user:ada",
                "tags": ["nightly"],
                "system_tags": ["user:ada"],
                "origin_run_id": None,
                "environment": {},
                "datastore": None,
                "temporary_directory": "/tmp",
                "graph": self.description["steps"],
                **extra,
                **self.overrides,
            }  # fmt: skip
            if number > retries:
                frame.update(kind="fallback", failure="the process was killed")
            attempt = run_attempt(self.zygote, self.store, frame, key=f"{task.task_id}.{number}")
            task.attempts.append(attempt)
            if attempt.ok or (attempt.end is not None and number >= retries):
                break
        return task

    def _attempts_of(self, step: str) -> tuple[int, int]:
        if step == "_parameters":
            return 0, 0
        retries, catches = 0, 0
        for decorator in self.steps[step]["decorators"]:
            if decorator["name"] == "retry":
                retries = int(decorator["attributes"]["times"])
            if decorator["name"] == "catch":
                catches = 1
        return retries, catches
