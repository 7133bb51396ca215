"""What a run leaves, read through the client API, `dump`, `logs`, `package` and `resume`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from support.project import Project

FLOW = """
    import json, os
    from pathlib import Path
    from flowstone import FlowSpec, Parameter, IncludeFile, step, current

    class KeepFlow(FlowSpec):
        alpha = Parameter("alpha", default=3)
        notes = IncludeFile("notes", default="notes.txt")

        @step
        def start(self):
            self.items = ["a", "b"]
            self.big = b"x" * 1_000_000
            self.next(self.work, foreach="items")

        @step
        def work(self):
            print("working on", self.input)
            self.out = self.input.upper()
            self.next(self.join)

        @step
        def join(self, inputs):
            self.outs = [task.out for task in inputs]
            if os.path.exists("broken"):
                raise RuntimeError("not yet")
            self.next(self.end)

        @step
        def end(self):
            self.final = (self.outs, self.alpha, self.notes)

    if __name__ == "__main__":
        KeepFlow()
"""


@pytest.fixture
def kept(project: Project) -> Project:
    project.write("flow.py", FLOW)
    project.write("notes.txt", "a note\n")
    return project


def test_the_client_reads_what_the_run_wrote(kept: Project) -> None:
    done = kept.flow("run", "--alpha", "5", "--tag", "mine")
    assert done.status == 0, done
    answer = kept.script(
        """
        import json
        from flowstone import Flow, Run, Step, Task
        run = Flow("KeepFlow").latest_run
        work = run["work"]
        print(json.dumps({
            "successful": run.successful,
            "finished": run.finished,
            "tags": sorted(run.user_tags),
            "system": sorted(tag.split(":")[0] for tag in run.system_tags),
            "steps": sorted(step.id for step in run),
            "outs": run.data.outs,
            "final": [list(part) if isinstance(part, list) else part for part in run.data.final],
            "work": sorted(task.data.out for task in work),
            "stdout": sorted(task.stdout for task in work),
            "index": sorted(task.index for task in work),
            "big": len(Task(f"KeepFlow/{run.id}/start/1").data.big),
            "script": run.code.script_name,
            "flowspec": "class KeepFlow" in run.code.flowspec,
            "parents": [task.pathspec.split("/")[2] for task in run["join"].task.parent_tasks],
        }))
        """
    )
    assert answer.status == 0, answer
    told = json.loads(answer.output)
    assert told["successful"] is True
    assert told["finished"] is True
    assert told["tags"] == ["mine"]
    assert {"user", "runtime", "python_version"} <= set(told["system"])
    assert told["steps"] == ["end", "join", "start", "work"]
    assert told["outs"] == ["A", "B"]
    assert told["final"] == [["A", "B"], 5, "a note\n"]
    assert told["work"] == ["A", "B"]
    assert told["stdout"] == ["working on a\n", "working on b\n"]
    assert told["index"] == [0, 1]
    assert told["big"] == 1_000_000
    assert told["script"] == "flow.py"
    assert told["flowspec"] is True
    assert told["parents"] == ["work", "work"]


def test_dump_and_logs(kept: Project) -> None:
    done = kept.flow("run")
    run = re.search(r"run-id (\d+)", done.output).group(1)  # type: ignore[union-attr]
    dump = kept.flow("dump", f"{run}/end")
    assert dump.status == 0, dump
    assert "final" in dump.output
    logs = kept.flow("logs", "show", f"{run}/work")
    assert logs.output == "working on a\nworking on b\n", logs
    missing = kept.flow("logs", f"{run}/nowhere")
    assert missing.status == 1, missing
    assert "join" in missing.errors


def test_resume_takes_over_what_succeeded(kept: Project) -> None:
    kept.write("broken", "")
    failed = kept.flow("run")
    assert failed.status == 1, failed
    (kept.path / "broken").unlink()
    resumed = kept.flow("resume")
    assert resumed.status == 0, resumed
    assert "working on" not in resumed.output, resumed
    assert "Cloning previously run task" in resumed.output
    answer = kept.script(
        """
        from flowstone import Flow
        run = Flow("KeepFlow").latest_run
        print(run.successful, run.data.outs, run.origin_pathspec is not None)
        """
    )
    assert answer.output == "True ['A', 'B'] True\n", answer


def test_resume_from_a_step_runs_it_again(kept: Project) -> None:
    assert kept.flow("run").status == 0
    resumed = kept.flow("resume", "work")
    assert resumed.status == 0, resumed
    assert resumed.output.count("working on") == 2, resumed


def test_package_list_goes_to_stdout_and_changes_nothing(kept: Project) -> None:
    kept.write(".venv/lib/ignored.py", "")
    kept.write("data.csv", "1")
    listed = kept.flow("package", "list", "--archive")
    assert listed.status == 0, listed
    names = listed.output.splitlines()
    assert "flow.py" in names
    assert "data.csv" not in names
    assert not any("ignored" in name for name in names)
    assert not (kept.path / ".flowstone").exists()
    more = kept.flow("--package-suffixes", ".csv", "package", "list", "--archive")
    assert "data.csv" in more.output.splitlines()
    why = kept.flow("package", "list", "--why")
    assert re.search(r"out +\.venv/ +\(", why.output), why


def test_package_save_opens_with_tar(kept: Project) -> None:
    saved = kept.flow("package", "save", "code.tar.gz")
    assert saved.status == 0, saved
    with tarfile.open(kept.path / "code.tar.gz") as archive:
        names = archive.getnames()
    assert "flow.py" in names
    assert any(name.endswith("flowstone/flowspec.py") for name in names)


def package_id(project: Project) -> str:
    done = project.flow("package", "info", "--json")
    assert done.status == 0, done
    return str(json.loads(done.output)["id"])


def test_equal_content_is_one_package_wherever_it_lies(kept: Project, tmp_path: Path) -> None:
    kept.write("helpers/deep/module.py", "X = 1\n")
    first = package_id(kept)
    other = Project(tmp_path / "another place", tmp_path / "other-home")
    shutil.rmtree(other.path)
    previous = os.umask(0o077)
    try:
        shutil.copytree(kept.path, other.path, copy_function=shutil.copyfile)
    finally:
        os.umask(previous)
    for path in other.path.rglob("*"):
        os.utime(path, (1, 1))
    other.environment["USER"] = "somebody-else"
    assert package_id(other) == first
    (other.path / "helpers/deep/module.py").write_text("X = 2\n")
    assert package_id(other) != first


def test_code_of_a_run_comes_back(kept: Project) -> None:
    assert kept.flow("run").status == 0
    (kept.path / "flow.py").write_text("edited since\n")
    run = next((kept.path / ".flowstone" / "runs" / "KeepFlow").glob("[0-9]*")).name
    extracted = kept.engine("code", f"KeepFlow/{run}", "--into", "back")
    assert extracted.status == 0, extracted
    assert "class KeepFlow" in (kept.path / "back" / "flow.py").read_text()


def test_store_verify_finds_a_flipped_byte(kept: Project) -> None:
    assert kept.flow("run").status == 0
    assert kept.engine("store", "verify").status == 0
    blobs = [path for path in (kept.path / ".flowstone" / "blob").rglob("*") if path.is_file()]
    blob = max(blobs, key=lambda path: path.stat().st_size)
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(bytes(content))
    found = kept.engine("store", "verify")
    assert found.status == 1, found
    assert blob.name in found.output


def test_metaflow_name_works_unchanged(project: Project) -> None:
    project.write("flow.py", FLOW.replace("from flowstone import", "from metaflow import"))
    project.write("notes.txt", "x")
    done = project.flow("run")
    assert done.status == 0, done


def test_nothing_holds_the_output_open_after_the_run(kept: Project) -> None:
    process = subprocess.run(
        f"'{kept.environment['PATH'].split(':')[0]}/python' flow.py run | cat >/dev/null",
        shell=True,
        cwd=kept.path,
        env=kept.environment,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0
