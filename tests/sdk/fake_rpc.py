"""`flowstone rpc` over a directory datastore: an executable reading of docs/formats/rpc.md."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import tarfile
from pathlib import Path
from typing import Any, Callable, Dict

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mini_engine import INLINE_LIMIT, receive_frame, send_frame

Answer = Dict[str, Any]


class NotFound(Exception):
    pass


class Invalid(Exception):
    pass


class Content(Exception):
    """Not a failure: an answer that carries bytes."""

    def __init__(self, data: bytes):
        super().__init__()
        self.data = data


class Server:
    def __init__(self, root: Path):
        self.root = root
        self.methods: dict[str, Callable[..., Answer]] = {
            name: getattr(self, name)
            for name in dir(self)
            if name.startswith(("list_", "get_", "set_"))
        }

    def list_flows(self) -> Answer:
        return {"flows": sorted(path.name for path in (self.root / "runs").glob("*"))}

    def list_runs(
        self, flow: str, tags: Any = None, limit: Any = None, after: Any = None
    ) -> Answer:
        runs = [self._run(path.parent) for path in (self.root / "runs" / flow).glob("*/run.json")]
        if not runs:
            raise NotFound(f"flow {flow} has no runs")
        wanted = set(tags or ())
        runs = [run for run in runs if wanted <= {*run["tags"], *run["record"]["system_tags"]}]
        runs.sort(key=lambda run: (run["record"]["created_ms"], run["record"]["run"]), reverse=True)
        return {"runs": _page(runs, "run", limit, after)}

    def get_run(self, flow: str, run: str) -> Answer:
        return {"run": self._run(self._run_folder(flow, run))}

    def list_steps(self, flow: str, run: str) -> Answer:
        steps = []
        for folder in self._run_folder(flow, run).glob("*/"):
            times = [_read(path)["created_ms"] for path in folder.glob("*/task.json")]
            if times:
                steps.append({"name": folder.name, "created_ms": min(times)})
        steps.sort(key=lambda step: (step["created_ms"], step["name"]), reverse=True)
        return {"steps": steps}

    def list_tasks(
        self, flow: str, run: str, step: str, limit: Any = None, after: Any = None
    ) -> Answer:
        folder = self._run_folder(flow, run) / step
        tasks = [self._task(path.parent) for path in folder.glob("*/task.json")]
        if not tasks:
            raise NotFound(f"step {flow}/{run}/{step} does not exist")
        tasks.sort(key=lambda t: (t["record"]["created_ms"], t["record"]["task"]), reverse=True)
        return {"tasks": _page(tasks, "task", limit, after)}

    def get_task(self, flow: str, run: str, step: str, task: str) -> Answer:
        return {"task": self._task(self._run_folder(flow, run) / step / task)}

    def get_log(
        self, flow: str, run: str, step: str, task: str, attempt: int, stream: str
    ) -> Answer:
        path = self._run_folder(flow, run) / step / task / f"{attempt}.{stream}"
        raise Content(path.read_bytes() if path.exists() else b"")

    def get_blob(self, sha256: str) -> Answer:
        raise Content(self._object("blob", sha256)[64:])

    def get_lock(self, sha256: str) -> Answer:
        raise Content(self._object("lock", sha256))

    def list_code(self, sha256: str) -> Answer:
        # The test's code packages are plain tar files.
        with self._archive(sha256) as archive:
            files = [
                {"path": m.name, "size": m.size, "sha256": "", "executable": bool(m.mode & 0o100)}
                for m in archive.getmembers()
            ]
        return {"files": sorted(files, key=lambda file: str(file["path"]))}

    def get_code_file(self, sha256: str, path: str) -> Answer:
        with self._archive(sha256) as archive:
            file = archive.extractfile(path)
            assert file is not None
            raise Content(file.read())

    def get_code_tar(self, sha256: str) -> Answer:
        raise Content(self._object("code", sha256))

    def set_tags(self, flow: str, run: str, add: list[str], remove: list[str]) -> Answer:
        folder = self._run_folder(flow, run)
        found = self._run(folder)
        system = set(found["record"]["system_tags"])
        if system.intersection(remove):
            raise Invalid("a system tag cannot be removed")
        tags = [tag for tag in found["tags"] if tag not in remove]
        tags += [tag for tag in add if tag not in tags and tag not in system]
        (folder / "tags.json").write_text(json.dumps(tags) + "\n")
        return {"tags": tags}

    def _run_folder(self, flow: str, run: str) -> Path:
        folder = self.root / "runs" / flow / run
        if not (folder / "run.json").exists():
            raise NotFound(f"run {flow}/{run} does not exist")
        return folder

    def _run(self, folder: Path) -> Answer:
        end = folder / "end.json"
        return {
            "record": _read(folder / "run.json"),
            "end": _read(end) if end.exists() else None,
            "tags": _read(folder / "tags.json"),
        }

    def _task(self, folder: Path) -> Answer:
        if not (folder / "task.json").exists():
            raise NotFound(f"task {folder.name} does not exist")
        attempts = sorted(folder.glob("[0-9]*.json"), key=lambda path: int(path.stem))
        return {
            "record": _read(folder / "task.json"),
            "attempts": [_read(path) for path in attempts],
        }

    def _object(self, area: str, digest: str) -> bytes:
        path = self.root / area / digest[:2] / digest
        if not path.exists():
            raise NotFound(f"{area} {digest} is missing")
        return path.read_bytes()

    def _archive(self, digest: str) -> tarfile.TarFile:
        return tarfile.open(fileobj=io.BytesIO(self._object("code", digest)), mode="r:")

    def serve(self, connection: socket.socket) -> None:
        hello = {"type": "hello", "protocol": 1, "version": "0", "datastore": str(self.root)}
        send_frame(connection, hello)
        while True:
            frame = receive_frame(connection)
            if frame is None:
                return
            request = frame[0]
            method, number = request.pop("type"), request.pop("id")
            try:
                if method not in self.methods:
                    raise Invalid(f"unknown method {method}")
                send_frame(
                    connection, {"type": "reply", "id": number, **self.methods[method](**request)}
                )
            except Content as content:
                _send_content(connection, number, content.data)
            except NotFound as error:
                _send_error(connection, number, "not_found", error)
            except Invalid as error:
                _send_error(connection, number, "invalid", error)


def _send_content(connection: socket.socket, number: int, data: bytes) -> None:
    header = {"type": "reply", "id": number, "size": len(data)}
    if len(data) <= INLINE_LIMIT:
        send_frame(connection, header, payload=data)
        return
    descriptor = os.memfd_create("content")
    os.write(descriptor, data)
    send_frame(connection, header, descriptors=(descriptor,))
    os.close(descriptor)


def _send_error(connection: socket.socket, number: int, code: str, error: Exception) -> None:
    header = {"type": "error", "id": number, "code": code, "message": str(error), "hints": []}
    send_frame(connection, header)


def _page(items: list[Answer], key: str, limit: Any, after: Any) -> list[Answer]:
    if after is not None:
        ids = [item["record"][key] for item in items]
        items = items[ids.index(after) + 1 :]
    return items if limit is None else items[:limit]


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


if __name__ == "__main__":
    assert sys.argv[1:3] == ["rpc", "--channel"]
    Server(Path(os.environ["FLOWSTONE_DATASTORE"])).serve(socket.socket(fileno=int(sys.argv[3])))
