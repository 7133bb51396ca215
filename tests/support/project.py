"""A directory with a flow in it, its own cache and datastore, and the ways to run things there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD_PYTHON = Path(
    os.environ.get("FLOWSTONE_TEST_PYTHON", ROOT / "build" / "venv" / "bin" / "python")
)
ENGINE = Path(os.environ.get("FLOWSTONE_TEST_ENGINE", ROOT / "build" / "bin" / "flowstone"))
DEADLINE = 120  # seconds until a hanging command is killed


class Done:
    """A finished command. Printing it shows everything, so that a failed assertion can be read."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.status = process.returncode
        self.raw_output = process.stdout
        self.output = process.stdout.decode("utf-8", "replace")
        self.errors = process.stderr.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"exit {self.status}\n--- stdout\n{self.output}\n--- stderr\n{self.errors}"


class Project:
    """`path` holds the flow, `home` is the cache: empty at first. No index is reachable, and no
    mirror of Pythons.
    """

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.home = home
        self.path.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "PATH": f"{BUILD_PYTHON.parent}:/usr/bin:/bin",
            "HOME": str(home),
            "FLOWSTONE_HOME": str(home / "cache"),
            "FLOWSTONE_ENGINE": str(ENGINE),
            "FLOWSTONE_INDEX_URL": "http://127.0.0.1:9/simple/",
            "FLOWSTONE_BYTECODE": "none",  # nothing goes on behind a test that does not ask for it
            "FLOWSTONE_PYTHON_DOWNLOADS": "manual",
            "FLOWSTONE_PYTHON_MIRROR": "http://127.0.0.1:9/python/",
            "USER": "tester",
            "LANG": "C.UTF-8",
        }

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def flow(self, *arguments: str, file: str = "flow.py", **variables: str) -> Done:
        """Runs `python FILE ARGUMENT…` in the project's directory."""
        return self.command([str(BUILD_PYTHON), file, *arguments], **variables)

    def engine(self, *arguments: str, **variables: str) -> Done:
        """Runs `flowstone ARGUMENT…` in the project's directory."""
        return self.command([str(ENGINE), *arguments], **variables)

    def script(self, code: str, **variables: str) -> Done:
        """Runs Python code that may import flowstone."""
        return self.command([str(BUILD_PYTHON), "-c", textwrap.dedent(code)], **variables)

    def command(self, arguments: list[str], **variables: str) -> Done:
        return Done(
            subprocess.run(
                arguments,
                cwd=self.path,
                env={**self.environment, **variables},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DEADLINE,
                check=False,
            )
        )

    def start(
        self, *arguments: str, file: str = "flow.py", **variables: str
    ) -> subprocess.Popen[bytes]:
        """Starts `python FILE ARGUMENT…` in a process group of its own."""
        return subprocess.Popen(
            [str(BUILD_PYTHON), file, *arguments],
            cwd=self.path,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=listen_to_interrupts,
        )


def listen_to_interrupts() -> None:
    """Ctrl-C has its usual meaning in the child, although a shell that starts the tests in the
    background has it ignored, which children inherit.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def python_here() -> str:
    """major.minor of the interpreter that launches the flows of the tests."""
    return ".".join(str(number) for number in sys.version_info[:2])
