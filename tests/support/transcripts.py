"""What a document prints as done in a shell, to be done again: "$ command", and its output."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.project import ENGINE, Done, Project

# What is another one each time: how long and how much, ports, commits, directories of the reader.
CHANGING = [
    (re.compile(r"\d+(?:\.\d+)? ?(?:ms|s|kB|MB|B)\b"), "N"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"file:///[\w./-]*/"), "file:///DIRECTORY/"),
]


@dataclass
class Command:
    line: str
    output: list[str] = field(default_factory=list)


def code_blocks(document: Path) -> list[list[str]]:
    """The lines of the fenced blocks that are in no language."""
    fenced = document.read_text().split("\n```")[1::2]
    return [block.splitlines()[1:] for block in fenced if block.startswith("\n")]


def transcript(document: Path) -> list[Command]:
    """The commands of the document that show what they print, in order."""
    commands: list[Command] = []
    for block in code_blocks(document):
        if not block[0].startswith("$ "):
            continue
        for line in block:
            if line.startswith("$ "):
                commands.append(Command(line[2:]))
            else:
                commands[-1].output.append(line)
    return commands


def unchanging(line: str) -> str:
    for pattern, word in CHANGING:
        line = pattern.sub(word, line)
    return line.rstrip()


def run_in_shell(project: Project, line: str) -> Done:
    """As if it were typed; what goes to standard error comes in between."""
    done = subprocess.run(
        ["bash", "-c", "exec 2>&1\n" + line],
        cwd=project.path,
        env={**project.environment, "PATH": f"{ENGINE.parent}:{project.environment['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Done(done)


def replay(
    project: Project,
    document: Path,
    before: Mapping[str, Callable[[], object]],
    places: Mapping[str, str],
) -> None:
    """Does what the document does. Every line that it shows is printed, in its order; it may leave
    lines out, such as those of progress. `before` prepares commands, by how they begin, once each;
    `places` has what stands for places of the reader.
    """
    waiting = dict(before)
    for command in transcript(document):
        for beginning in [text for text in waiting if command.line.startswith(text)]:
            waiting.pop(beginning)()
        line = command.line
        for written, meant in places.items():
            line = line.replace(written, meant)
        done = run_in_shell(project, line)
        printed = [unchanging(text) for text in done.output.splitlines()]
        rest = iter(printed)
        for expected in command.output:
            if expected.strip() not in ("", "…", "--"):
                assert unchanging(expected) in rest, (
                    f"{document.name}: `{command.line}` does not print\n  {expected}\nbut\n{done}"
                )
    assert not waiting, f"{document.name} has no commands {list(waiting)}"
