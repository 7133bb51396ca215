"""What a client says about the newest run of a flow, as JSON: under Metaflow and Flowstone."""

import json
import re
import sys

from metaflow import Flow, Run, Step, Task, namespace
from metaflow.exception import MetaflowInvalidPathspec, MetaflowNotFound


def plain(value):
    if hasattr(value, "stacktrace"):
        # Metaflow says "line 25::" where there is no file.
        message = value.exception.split("\n")[0].replace("::", ":")
        return {"wrapped": value.type.split(".")[-1], "message": message}
    return repr(value)


def task_answers(task):
    return {
        "successful": task.successful,
        "finished": task.finished,
        "index": task.index,
        "attempt": task.current_attempt,
        "exception": plain(task.exception),
        "artifacts": {artifact.id: plain(artifact.data) for artifact in task},
        "named_tuple": sorted(task.artifacts._fields),
        "stdout": [
            re.sub(r"^\d{4}-\d\d-\d\d [\d:.]+ ", "", line)
            for line in task.stdout.splitlines()
            if not line.startswith(">")
        ],
        "parents": sorted(parent.pathspec.split("/")[2] for parent in task.parent_tasks),
        "children": sorted(child.pathspec.split("/")[2] for child in task.child_tasks),
        "path": task.metadata_dict.get("foreach-execution-path"),
        "attempts": sorted(m.value for m in task.metadata if m.name == "attempt"),
        "has_data": "name" in task.data,
        "finished_at": task.finished_at is not None,
    }


def error_of(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error).replace(run.id, "RUN")]
    return None


namespace("user:ada")
flow = Flow(sys.argv[1])
run = flow.latest_run
# Metaflow fails on relatives that have not run.
complete = all(name in run for name in run["start"].task["_graph_info"].data["steps"])
answers = {
    "successful": run.successful,
    "finished": run.finished,
    "finished_at": run.finished_at is not None,
    "data": None if run.data is None else sorted(run.data._artifacts),
    "end_task": None if run.end_task is None else run.end_task.path_components[2],
    "latest_successful": flow.latest_successful_run is not None,
    "user_tags": sorted(run.user_tags),
    "in_namespace": run.is_in_namespace(),
    "steps": {
        step.id: {
            "tasks": sorted((task_answers(task) for task in step), key=lambda t: t["path"] or ""),
            "parents": sorted(s.id for s in step.parent_steps) if complete else None,
            "children": sorted(s.id for s in step.child_steps) if complete else None,
            "str": str(step).replace(run.id, "RUN"),
        }
        for step in run
    },
    "parameters": {a.id: plain(a.data) for a in run["_parameters"].task},
    "contains": ["start" in run, "nope" in run],
    "errors": {
        "index": error_of(lambda: run["nope"]),
        "run": error_of(lambda: Run(sys.argv[1] + "/nope")),
        "flow": error_of(lambda: Flow("NopeFlow")),
        "pathspec": error_of(lambda: Step("a/b")),
        "attempt": error_of(lambda: Task(run["start"].task.pathspec, attempt=9)),
        "artifact": error_of(lambda: run["start"].task["nope"]),
        "attribute": error_of(lambda: run["start"].task.data.nope),
    },
    "kinds": [issubclass(MetaflowNotFound, Exception), MetaflowInvalidPathspec.headline],
}
namespace("user:bob")
answers["namespaces"] = [run.is_in_namespace(), error_of(lambda: Run(run.pathspec))]
namespace(None)
answers["global"] = error_of(lambda: Run(run.pathspec))
run.add_tag("good")
run.add_tags(["a", "b"])
run.replace_tag("a", "c")
run.remove_tag("b")
answers["tags"] = [sorted(run.user_tags), sorted(Run(run.pathspec).user_tags)]
answers["tag_errors"] = [error_of(lambda: run.remove_tag("user:ada")) is not None]
json.dump(answers, sys.stdout, sort_keys=True, indent=1)
