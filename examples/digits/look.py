"""What the newest run of DigitsFlow executed, made and ran in."""

from flowstone import Flow

run = Flow("DigitsFlow").latest_successful_run
print(f"{run.pathspec} executed {run.code.script_name}, code {run.code.id[:12]}:")
print(run.code.flowspec)
for step in run:
    task = step.task
    print(f"{step.id}: artifacts {sorted(artifact.id for artifact in task)}")
    print(f"{step.id}: environment {task.environment.id[:12]}, Python {task.environment.python}")
