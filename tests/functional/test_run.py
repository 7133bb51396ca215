"""`run` through the installed command line: shapes of graphs, failures of tasks, the console."""

from __future__ import annotations

import re
import signal

import pytest
from support.project import Project

LINEAR = """
    from flowstone import FlowSpec, Parameter, step

    class LinearFlow(FlowSpec):
        alpha = Parameter("alpha", default=0.5, help="learning rate")

        @step
        def start(self):
            self.x = 1
            print("hello from start")
            self.next(self.middle)

        @step
        def middle(self):
            self.x += 1
            self.next(self.end)

        @step
        def end(self):
            print(f"x is {self.x}, alpha is {self.alpha}")

    if __name__ == "__main__":
        LinearFlow()
"""


def run_id_of(output: str) -> str:
    found = re.search(r"run-id (\d+)", output)
    assert found, output
    return found.group(1)


def test_linear_flow_runs_and_prints_metaflows_lines(project: Project) -> None:
    project.write("flow.py", LINEAR)
    done = project.flow("run", "--alpha", "0.25")
    assert done.status == 0, done
    run = run_id_of(done.output)
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "
    assert re.search(stamp + rf"Workflow starting \(run-id {run}\):", done.output), done
    assert re.search(stamp + rf"\[{run}/start/1 \(pid \d+\)\] Task is starting\.", done.output), (
        done
    )
    assert re.search(rf"\[{run}/start/1 \(pid \d+\)\] hello from start", done.output), done
    assert re.search(rf"\[{run}/end/3 \(pid \d+\)\] x is 2, alpha is 0\.25", done.output), done
    assert re.search(rf"\[{run}/end/3 \(pid \d+\)\] Task finished successfully\.", done.output), (
        done
    )
    assert done.output.rstrip().endswith("Done!"), done
    assert "executing LinearFlow for user:tester" in done.errors


def test_branches_and_foreach_join(project: Project) -> None:
    project.write(
        "flow.py",
        """
        from flowstone import FlowSpec, step

        class ShapesFlow(FlowSpec):
            @step
            def start(self):
                self.common = "kept"
                self.next(self.a, self.b)

            @step
            def a(self):
                self.items = ["x", "y", "z"]
                self.next(self.inner, foreach="items")

            @step
            def inner(self):
                self.result = f"{self.input}{self.index}"
                self.next(self.inner_join)

            @step
            def inner_join(self, inputs):
                self.results = [task.result for task in inputs]
                self.merge_artifacts(inputs, include=["common"])
                self.next(self.join)

            @step
            def b(self):
                self.other = 7
                self.next(self.join)

            @step
            def join(self, inputs):
                self.merge_artifacts(inputs, exclude=["items"])
                print("results", inputs.inner_join.results, inputs.b.other, self.common)
                self.next(self.end)

            @step
            def end(self):
                print("end", self.results, self.other)

        if __name__ == "__main__":
            ShapesFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 0, done
    assert "results ['x0', 'y1', 'z2'] 7 kept" in done.output
    assert "end ['x0', 'y1', 'z2'] 7" in done.output
    assert "Foreach yields 3 child steps." in done.output


FAILING = """
    import os, signal, sys, time
    from flowstone import FlowSpec, step, retry, catch, current, timeout

    class FailingFlow(FlowSpec):
        @step
        def start(self):
            {body}
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        FailingFlow()
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('broken on purpose')", "ValueError: broken on purpose"),
        ("os._exit(3)", "3"),
        ("os._exit(0)", "exit"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "segmentation fault"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import threading; self.x = threading.Lock()", "x"),
    ],
)
def test_a_task_that_fails_ends_the_run_as_failed(project: Project, body: str, said: str) -> None:
    project.write("flow.py", FAILING.format(body=body))
    done = project.flow("run")
    assert done.status == 1, done
    assert said in done.output, done
    assert "Task failed." in done.output or "Task failed with" in done.output, done
    assert "Workflow failed." in done.output, done
    assert "/start/1" in done.output + done.errors


def test_traceback_shows_only_the_users_frames(project: Project) -> None:
    project.write("flow.py", FAILING.format(body="raise ValueError('broken on purpose')"))
    done = project.flow("run")
    assert 'flow.py", line' in done.output
    assert "flowstone/worker" not in done.output, done


def test_retry_and_catch(project: Project) -> None:
    project.write(
        "flow.py",
        """
        import os, signal
        from flowstone import FlowSpec, step, retry, catch, current

        class RetryFlow(FlowSpec):
            @retry(times=2, minutes_between_retries=0)
            @step
            def start(self):
                if current.retry_count < 2:
                    raise RuntimeError(f"attempt {current.retry_count}")
                print("third time lucky")
                self.next(self.caught)

            @catch(var="problem", print_exception=False)
            @step
            def caught(self):
                raise KeyError("caught")
                self.next(self.died)

            @catch(var="death")
            @retry(times=1)
            @step
            def died(self):
                os.kill(os.getpid(), signal.SIGKILL)
                self.next(self.end)

            @step
            def end(self):
                print("caught:", type(self.problem).__name__, self.problem)
                print("died:", self.death is not None)

        if __name__ == "__main__":
            RetryFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 0, done
    assert "Task is starting (retry)." in done.output
    assert "third time lucky" in done.output
    assert "caught: MetaflowExceptionWrapper" in done.output, done
    assert "died: True" in done.output


def test_timeout_raises_in_the_task(project: Project) -> None:
    project.write(
        "flow.py",
        """
        import time
        from flowstone import FlowSpec, step, timeout

        class SlowFlow(FlowSpec):
            @timeout(seconds=1)
            @step
            def start(self):
                while True:
                    time.sleep(0.01)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            SlowFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 1, done
    assert "timed out" in done.output.lower(), done


def test_output_that_is_not_utf8_passes_unharmed(project: Project) -> None:
    project.write("flow.py", FAILING.format(body="os.write(1, b'\\xff\\xfe raw\\n')"))
    done = project.flow("run")
    assert done.status == 0, done
    assert b"\xff\xfe raw" in done.raw_output
    logs = project.flow("logs", f"{run_id_of(done.output)}/start")
    assert logs.raw_output == b"\xff\xfe raw\n"


def test_max_workers_is_kept(project: Project) -> None:
    project.write(
        "flow.py",
        """
        import fcntl, os, time
        from flowstone import FlowSpec, step

        class WideFlow(FlowSpec):
            @step
            def start(self):
                self.items = list(range(6))
                self.next(self.work, foreach="items")

            @step
            def work(self):
                # Each task counts who else is inside.
                os.makedirs("inside", exist_ok=True)
                name = f"inside/{self.index}"
                open(name, "w").close()
                self.seen = len(os.listdir("inside"))
                os.unlink(name)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.most = max(task.seen for task in inputs)
                print("most", self.most)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            WideFlow()
        """,
    )
    done = project.flow("run", "--max-workers", "1")
    assert done.status == 0, done
    assert "most 1" in done.output


def test_path_with_spaces_and_letters_of_other_alphabets(project: Project) -> None:
    project.write("Мои данные/größe flow.py", LINEAR)
    done = project.flow("run", file="Мои данные/größe flow.py")
    assert done.status == 0, done


def test_import_that_starts_threads_gets_fresh_processes(project: Project) -> None:
    project.write(
        "flow.py",
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        + __import__("textwrap").dedent(LINEAR).lstrip(),
    )
    done = project.flow("run")
    assert done.status == 0, done


def test_isolation_process_runs_the_same_flow(project: Project) -> None:
    project.write("flow.py", LINEAR)
    done = project.flow("--isolation=process", "run")
    assert done.status == 0, done
    assert "x is 2" in done.output


def test_two_runs_at_once_do_not_disturb_each_other(project: Project) -> None:
    project.write("flow.py", LINEAR)
    both = [project.start("run"), project.start("run")]
    outputs = [process.communicate(timeout=60)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert run_id_of(outputs[0]) != run_id_of(outputs[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_nothing_running(project: Project, number: signal.Signals) -> None:
    project.write(
        "flow.py",
        FAILING.format(
            body="open('pid', 'w').write(str(os.getpid())); "
            "print('sleeping', flush=True); time.sleep(300)"
        ),
    )
    process = project.start("run")
    assert process.stdout is not None
    seen = b""
    while b"sleeping" not in seen:
        line = process.stdout.readline()
        assert line, seen.decode()
        seen += line
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130, seen.decode() + rest.decode()
    task = int((project.path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(task, 0)
    state = project.script(
        """
        from flowstone import Flow, namespace
        namespace(None)
        run = Flow("FailingFlow").latest_run
        print(run.finished, run.successful)
        """
    )
    assert state.output.split() == ["False", "False"], state


def test_a_missing_module_names_its_package(project: Project) -> None:
    project.write("flow.py", LINEAR.replace("self.x += 1", "import yaml_of_nobody.parts"))
    done = project.flow("run")
    assert done.status == 1, done
    assert (
        "hint: the module yaml_of_nobody is in the package yaml-of-nobody: give it to the step "
        'with @pypi(packages={"yaml-of-nobody": ""})' in done.output
    ), done
