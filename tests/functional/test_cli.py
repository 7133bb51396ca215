"""The command line as a person meets it: terminals, pipes, full disks, odd names, Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import DEADLINE, ENGINE, Project, listen_to_interrupts
from support.wheels import Wheel

FLOW = """
    from flowstone import FlowSpec, step

    class SmallFlow(FlowSpec):
        @step
        def start(self):
            print("from start")
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        SmallFlow()
"""


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0", requires=["beta"]))
    index.add(Wheel("beta", "2.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def own_terminal() -> None:
    """In the child: standard input is its controlling terminal, and Ctrl-C is listened to."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    listen_to_interrupts()


class Terminal:
    """A command whose standard streams are a terminal of 80 columns."""

    def __init__(self, project: Project, *command: str, **variables: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=project.path,
            env={**project.environment, "TERM": "xterm", **variables},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=own_terminal,
        )
        os.close(slave)
        self.text = ""

    def read_until(self, wanted: str | None = None) -> str:
        """Reads until `wanted` was printed, or the end."""
        deadline = time.monotonic() + DEADLINE
        while wanted is None or wanted not in self.text:
            assert time.monotonic() < deadline, self.text
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                break
            self.text += piece.decode("utf-8", "replace")
        return self.text

    def press_ctrl_c(self) -> None:
        os.write(self.master, b"\x03")

    def status(self) -> int:
        status = self.process.wait(DEADLINE)
        os.close(self.master)
        return status


def screen_of(text: str) -> list[str]:
    """The lines that are left on the screen: knows "up and erase", which is all that bars use."""
    lines = [""]
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\r\n)", text):
        if part == "\r\n":
            lines.append("")
        elif up := re.fullmatch(r"\x1b\[(\d+)F", part):
            lines = [*lines[: len(lines) - 1 - int(up[1])], ""]
        elif not part.startswith("\x1b["):
            lines[-1] += part
    return lines


def test_bars_are_erased_when_they_are_done(project: Project, stocked: Index) -> None:
    terminal = Terminal(project, str(ENGINE), "lock", "alpha")
    terminal.read_until()
    assert terminal.status() == 0
    assert "Resolving" in terminal.text
    screen = screen_of(terminal.text)
    assert not [line for line in screen if "Resolving" in line], screen
    assert screen[-2:] == ["2 packages locked in pylock.toml", ""], screen
    assert max(map(len, screen)) <= 80


def test_no_color_means_none(project: Project, stocked: Index) -> None:
    coloured = Terminal(project, str(ENGINE), "tree", "nothing.toml")
    plain = Terminal(project, str(ENGINE), "tree", "nothing.toml", NO_COLOR="1")
    assert "\x1b[31m" in coloured.read_until()
    assert "\x1b[" not in plain.read_until()
    assert (coloured.status(), plain.status()) == (1, 1)


def test_a_dumb_terminal_gets_lines(project: Project, stocked: Index) -> None:
    terminal = Terminal(project, str(ENGINE), "lock", "alpha", TERM="dumb")
    assert "\x1b" not in terminal.read_until()
    assert terminal.status() == 0


def test_ctrl_c_in_lock_leaves_nothing_half_written(project: Project, stocked: Index) -> None:
    asked, released = threading.Event(), threading.Event()

    def stall(_: int) -> None:
        asked.set()
        released.wait(DEADLINE)

    stocked.before_answer = stall
    terminal = Terminal(project, str(ENGINE), "lock", "alpha")
    try:
        assert asked.wait(DEADLINE)
        terminal.press_ctrl_c()
        terminal.read_until()
        assert terminal.status() in (-signal.SIGINT, 130)
    finally:
        released.set()
    assert list(project.path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error(project: Project) -> None:
    command = f"'{ENGINE}' --help | head -1"
    done = project.command(["bash", "-o", "pipefail", "-c", command])
    assert (done.status, done.errors) == (0, ""), done


def test_closed_streams_are_not_taken_for_files(project: Project, stocked: Index) -> None:
    for redirection, arguments, status in (
        (">&-", "-o -", 1),  # the lock went nowhere
        (">&-", "-o pylock.toml", 0),
        ("2>&-", "-o pylock.toml --refresh", 0),
        ("<&- >&- 2>&-", "-o pylock.toml --refresh", 0),
    ):
        command = f"'{ENGINE}' lock alpha {arguments} {redirection}"
        done = project.command(["sh", "-c", command])
        assert done.status == status, (command, done)
    for place in (project.home, project.path):
        for file in place.rglob("*"):
            assert not file.is_file() or b"Resolv" not in file.read_bytes(), file


def test_a_full_disk_is_an_error(project: Project, stocked: Index) -> None:
    done = project.command(["sh", "-c", f"'{ENGINE}' lock alpha -o - >/dev/full"])
    assert done.status == 1, done
    assert "error: cannot write to standard output: no space left" in done.errors


def test_names_with_spaces_and_accents(project: Project) -> None:
    odd = Project(project.path / "odd dir" / "ünï", project.home)
    odd.write("my flow.py", FLOW)
    done = odd.flow("run", file="my flow.py")
    assert done.status == 0, done
    assert "from start" in done.output
    assert "python 'my flow.py' dump" in done.errors


def test_without_a_home_directory(project: Project) -> None:
    project.write("flow.py", FLOW)
    del project.environment["HOME"]
    assert project.flow("run").status == 0


def test_an_engine_beside_a_python_launches_flows_with_it(project: Project) -> None:
    project.write("flow.py", FLOW)
    bin_folder = project.path / "installed" / "bin"
    bin_folder.mkdir(parents=True)
    shutil.copy(ENGINE, bin_folder / "flowstone")
    python = Path(bin_folder / "python3")
    python.write_text("#!/bin/sh\necho launched by the neighbour\n")
    python.chmod(0o755)
    done = project.command([str(bin_folder / "flowstone"), "flow.py", "run"])
    assert done.output == "launched by the neighbour\n", done


def test_two_at_once_make_one_environment(project: Project, stocked: Index) -> None:
    assert project.engine("lock", "alpha").status == 0
    both = [
        subprocess.Popen(
            [str(ENGINE), "sync", "pylock.toml"],
            cwd=project.path,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    answers = {process.communicate(timeout=DEADLINE)[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(answers) == 1
    assert list((project.home / "cache" / "v1" / "tmp").iterdir()) == []


WRONG = {
    "unknown command": (["lokc"], 2, ["unknown command 'lokc'", "did you mean 'lock'?"]),
    "unknown option": (["lock", "--pyton", "3"], 2, ["'--pyton'", "did you mean '--python'?"]),
    "missing value": (["lock", "--python"], 2, ["option '--python' needs a value"]),
    "missing argument": (["sync"], 2, ["missing argument LOCK"]),
    "one too many": (["tree", "a", "b"], 2, ["unexpected argument 'b'"]),
    "nothing to lock": (["lock"], 2, ["nothing to lock"]),
    "no requirement": (["lock", "alpha =="], 2, ["alpha =="]),
    "no such file": (["lock", "-r", "none.txt"], 1, ["none.txt"]),
    "no such flow": (["none.py", "run"], 1, ["none.py"]),
    "no such colour": (["--color=purple", "tree", "x"], 2, ["purple"]),
    "no such python": (["python", "find", "3.99"], 1, ["3.99"]),
    "no such program": (["exec", "pylock.toml", "--", "nosuch"], 1, ["nosuch"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(project: Project, stocked: Index, name: str) -> None:
    arguments, status, said = WRONG[name]
    if "pylock.toml" in arguments:
        assert project.engine("lock", "alpha").status == 0
    done = project.engine(*arguments)
    assert done.status == status, done
    assert done.output == "", done
    for text in said:
        assert text in done.errors, done


def test_exec_passes_on_arguments_and_status(project: Project, stocked: Index) -> None:
    assert project.engine("lock", "alpha").status == 0
    code = "import sys; print(sys.argv[1:]); sys.exit(7)"
    done = project.engine("exec", "pylock.toml", "--", "python", "-c", code, "--", "--json")
    assert (done.status, done.output) == (7, "['--', '--json']\n"), done


def test_lists_of_indexes_come_from_variables(project: Project, stocked: Index) -> None:
    nothing = project.path / "nothing"
    nothing.mkdir()
    done = project.engine(
        "lock",
        "alpha",
        FLOWSTONE_INDEX_URL="",
        FLOWSTONE_NO_INDEX="yes",
        FLOWSTONE_FIND_LINKS=f"{nothing} {nothing}",
    )
    assert done.status == 1, done
    assert stocked.requests == []
    assert "alpha" in done.errors
