"""`python -m package.flow`, and the client API inside of steps."""

from __future__ import annotations

from support.project import BUILD_PYTHON, Project

FLOW = """
    from metaflow import Flow, FlowSpec, current, step

    from .words import GREETING

    class PackagedFlow(FlowSpec):
        @step
        def start(self):
            print(GREETING)
            self.next(self.end)

        @step
        def end(self):
            run = Flow("PackagedFlow")[current.run_id]
            print([step.id for step in run], run["start"].task.stdout.strip(), current.tempdir)

    if __name__ == "__main__":
        PackagedFlow()
"""


def write_package(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/words.py", 'GREETING = "good morning"\n')
    project.write("pkg/flow.py", FLOW)


def test_relative_imports_work(project: Project) -> None:
    write_package(project)
    done = project.command([str(BUILD_PYTHON), "-m", "pkg.flow", "run"])
    assert done.status == 0, done
    assert "good morning" in done.output
    assert "python -m pkg.flow dump" in done.errors, done


def test_steps_ask_the_client_about_their_own_run(project: Project) -> None:
    write_package(project)
    done = project.command([str(BUILD_PYTHON), "-m", "pkg.flow", "run"])
    assert "['end', 'start'] good morning ." in done.output, done


def test_recursion_is_resumed_where_it_failed(project: Project) -> None:
    project.write(
        "flow.py",
        """
        import os
        from metaflow import FlowSpec, step

        class TurningFlow(FlowSpec):
            @step
            def start(self):
                self.turns = 0
                self.next(self.turn)

            @step
            def turn(self):
                self.turns += 1
                print("turn", self.turns)
                if self.turns == 3 and not os.path.exists("mended"):
                    raise RuntimeError("broken")
                self.state = "again" if self.turns < 4 else "enough"
                self.next({"again": self.turn, "enough": self.end}, condition="state")

            @step
            def end(self):
                assert self.turns == 4

        if __name__ == "__main__":
            TurningFlow()
        """,
    )
    assert project.flow("run").status == 1
    project.write("mended", "")
    resumed = project.flow("resume")
    assert resumed.status == 0, resumed
    assert "turn 2" not in resumed.output, resumed
    assert "turn 3" in resumed.output


def test_name_of_a_flow_can_be_an_artifact(project: Project) -> None:
    project.write(
        "flow.py",
        """
        from metaflow import FlowSpec, step

        class NamedFlow(FlowSpec):
            @step
            def start(self):
                assert self.name == "NamedFlow"
                self.name = "ada"
                self.next(self.end)

            @step
            def end(self):
                print(self.name, self)

        if __name__ == "__main__":
            NamedFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 0, done
    assert "ada <flow NamedFlow step end>" in done.output, done
