"""Flows that cannot run: each is refused before anything starts, with a line to act on."""

from __future__ import annotations

import pytest
from support.project import Project

HEADER = "from flowstone import FlowSpec, step\n\nclass BadFlow(FlowSpec):\n"
FOOTER = "\nif __name__ == '__main__':\n    BadFlow()\n"


def flow(*steps: str) -> str:
    """Each step is "name(arguments): last statement"."""
    text = HEADER
    for step in steps:
        head, _, body = step.partition(":")
        name, _, arguments = head.rstrip(")").partition("(")
        text += f"    @step\n    def {name}(self{', ' + arguments if arguments else ''}):\n"
        text += f"        {body.strip() or 'pass'}\n\n"
    return text + FOOTER


CASES = {
    "no start": (flow("begin(): self.next(self.end)", "end():"), "start"),
    "no end": (flow("start(): self.next(self.a)", "a(): self.next(self.start)"), "end"),
    "cycle": (
        flow(
            "start(): self.next(self.a)",
            "a(): self.next(self.b)",
            "b(): self.next(self.a)",
            "end():",
        ),
        "a",
    ),
    "join without inputs": (
        flow(
            "start(): self.next(self.a, self.b)",
            "a(): self.next(self.join)",
            "b(): self.next(self.join)",
            "join(): self.next(self.end)",
            "end():",
        ),
        "inputs",
    ),
    "unknown step": (flow("start(): self.next(self.ende)", "end():"), "ende"),
    "no next": (flow("start(): self.x = 1", "end():"), "self.next"),
    "unreachable": (
        flow("start(): self.next(self.end)", "lost(): self.next(self.end)", "end():"),
        "lost",
    ),
    "split that is not joined": (
        flow(
            "start(): self.next(self.a, self.b)",
            "a(): self.next(self.end)",
            "b(): self.next(self.end)",
            "end():",
        ),
        "join",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_graph_is_refused_with_file_and_line(project: Project, name: str) -> None:
    text, word = CASES[name]
    project.write("flow.py", text)
    done = project.flow("run")
    assert done.status == 2, done
    assert word in done.errors, done
    assert "flow.py" in done.errors, done
    assert "Traceback" not in done.errors, done
    assert not (project.path / ".flowstone" / "runs").exists()


def test_syntax_error_is_pythons_own_message(project: Project) -> None:
    project.write("flow.py", "class Broken(:\n")
    done = project.flow("run")
    assert done.status == 1, done
    assert "SyntaxError" in done.errors
    assert 'flow.py", line 1' in done.errors


def test_import_error_names_the_module(project: Project) -> None:
    project.write(
        "flow.py",
        "import no_such_module_anywhere\n" + flow("start(): self.next(self.end)", "end():"),
    )
    done = project.flow("run")
    assert done.status == 1, done
    assert "no_such_module_anywhere" in done.errors


def test_did_you_mean(project: Project) -> None:
    project.write("flow.py", flow("start(): self.next(self.end)", "end():"))
    done = project.flow("rum")
    assert done.status == 2, done
    assert "did you mean 'run'?" in done.errors
    done = project.flow("run", "--max-worker", "3")
    assert done.status == 2, done
    assert "--max-workers" in done.errors


def test_help_fits_eighty_columns_and_names_parameters(project: Project) -> None:
    text = flow("start(): self.next(self.end)", "end():").replace(
        "import FlowSpec, step", "import FlowSpec, Parameter, step"
    )
    text = text.replace(
        "class BadFlow(FlowSpec):\n",
        "class BadFlow(FlowSpec):\n    alpha = Parameter('alpha', default=1, help='how much')\n",
    )
    project.write("flow.py", text)
    done = project.flow("run", "--help")
    assert done.status == 0, done
    assert "--alpha INTEGER" in done.output
    assert "how much" in done.output
    assert max(len(line) for line in done.output.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--alpha", "many"], "alpha"),
        (["run", "--max-workers", "none"], "--max-workers"),
        (["--environment=conda", "run"], "conda"),
        (["resume", "--origin-run-id", "7"], "7"),
        (["logs", "nothing"], "datastore"),
        (["dump"], "dump"),
    ],
)
def test_wrong_arguments_are_named(project: Project, arguments: list[str], said: str) -> None:
    text = flow("start(): self.next(self.end)", "end():").replace(
        "FlowSpec, step", "FlowSpec, Parameter, step"
    )
    text = text.replace(
        "class BadFlow(FlowSpec):\n",
        "class BadFlow(FlowSpec):\n    alpha = Parameter('alpha', default=1)\n",
    )
    project.write("flow.py", text)
    done = project.flow(*arguments)
    assert done.status in (1, 2), done
    assert said in done.errors, done
    assert "Traceback" not in done.errors, done
