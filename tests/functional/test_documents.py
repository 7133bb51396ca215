"""What README.md and the guides show is what happens."""

from __future__ import annotations

import re

from support.project import ROOT, Project


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
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
