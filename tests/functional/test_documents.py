"""What README.md and the guides show is what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support.project import ROOT, Project
from support.transcripts import code_blocks

FOR_USERS = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]


def flow_in(document: str) -> str:
    """The first Python block of a document: a whole flow."""
    found = re.search(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert found, document
    return found[1]


def test_the_readmes_flow_is_sound(project: Project) -> None:
    project.write("hello.py", flow_in("README.md"))
    assert project.flow("check", file="hello.py").status == 0
    shown = project.flow("environment", "show", file="hello.py")
    assert "asks for Python 3.11" in shown.output
    assert "asks for babel==2.16.0" in shown.output


def test_the_first_guides_flow_and_what_is_done_with_it(project: Project) -> None:
    project.write("squares.py", flow_in("docs/guides/first-flow.md"))
    done = project.flow("run", "--count", "5", file="squares.py")
    assert done.status == 0, done
    assert "[0, 1, 4, 9, 16]" in done.output
    found = re.search(r"run-id (\d+)", done.output)
    assert found
    run = found[1]
    assert (
        "squares = [0, 1, 4, 9, 16]"
        in project.flow("dump", f"{run}/join", file="squares.py").output
    )
    assert project.flow("logs", "show", f"{run}/square", file="squares.py").status == 0
    assert "squares.py" in project.engine("code", f"SquaresFlow/{run}").output
    assert project.flow("resume", "join", file="squares.py").status == 0
    answer = project.script(
        """
        from flowstone import Flow

        run = Flow("SquaresFlow").latest_successful_run
        print(run.data.squares)
        print(sorted((task.index, task.data.result) for task in run["square"]))
        print(all(task.finished_at for task in run["square"]))
        """
    )
    assert answer.output.splitlines() == [
        "[0, 1, 4, 9, 16]",
        "[(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]",
        "True",
    ], answer


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in [*FOR_USERS, ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def commands_in(document: Path) -> list[list[str]]:
    """The words of what is said to be typed: lines of code blocks, and `code` in a sentence. What
    follows three spaces explains the command.
    """
    lines = [line for block in code_blocks(document) for line in block]
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines += [code.replace("\n", " ") for code in re.findall(r"`([^`]+)`", prose)]
    commands = []
    for line in lines:
        typed = re.split(r" {3}| \| | > ", line.removeprefix("$ "))[0]
        if re.match(r"(flowstone|python3? \w+\.py) ", typed):
            try:
                commands.append(shlex.split(typed.replace("\\|", "|"), comments=True))
            except ValueError:  # the text goes on below
                commands.append(typed.split())
    return commands


def is_told(help_text: str, flag: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_text) is not None


class Helps:
    """What `--help` says of the commands of a flow, or of the engine."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.known: dict[tuple[str, ...], str] = {}
        project.write("hello.py", flow_in("README.md"))

    def of(self, program: str, *command: str) -> str:
        key = (program, *command)
        if key not in self.known:
            arguments = (*command, "--help")
            is_flow = program == "python"
            done = (
                self.project.flow(*arguments, file="hello.py")
                if is_flow
                else self.project.engine(*arguments)
            )
            assert done.status == 0, (key, done)
            self.known[key] = done.output
        return self.known[key]


def subcommands(help_text: str) -> list[str]:
    section = help_text.partition("\ncommands:\n")[2].split("\n\n")[0]
    return re.findall(r"^  ([a-z-]+)", section, re.MULTILINE)


def wrong_words(helps: Helps, words: list[str]) -> list[str]:
    """Options that no help of the command speaks of, and commands that there are not."""
    program, rest = (words[0], words[1:])
    if program == "python" or rest[0].endswith(".py"):
        program, rest = "python", [word for word in rest if not word.endswith(".py")]
    path: list[str] = []
    texts = [helps.of(program)]
    wrong = []
    for word in rest:
        if word == "--" or (path == ["exec"] and word.endswith(".toml")):
            break  # what follows is of another program
        if word in subcommands(texts[-1]):
            path.append(word)
            texts.append(helps.of(program, *path))
        flag = word.split("=")[0]
        if flag.startswith("-") and not any(is_told(text, flag) for text in texts):
            wrong.append(flag)
    return wrong if path or "--help" in rest else [*wrong, "there is no such command"]


@pytest.mark.parametrize("document", FOR_USERS, ids=lambda path: path.name)
def test_every_command_of_the_documents_is_one(project: Project, document: Path) -> None:
    helps = Helps(project)
    parameters = {"--count", "--who"}
    for words in commands_in(document):
        wrong = [word for word in wrong_words(helps, words) if word not in parameters]
        assert not wrong, f"{document.name}: {shlex.join(words)}: {wrong}"
