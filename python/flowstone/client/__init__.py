"""The client: reads runs, tasks and artifacts of a datastore through the engine
(docs/formats/rpc.md).
"""

from __future__ import annotations

from .code import MetaflowCode
from .flow import Flow, Metaflow
from .namespaces import default_namespace, get_namespace, namespace
from .run import Run
from .step import Step
from .task import DataArtifact, MetaflowData, Task, TaskEnvironment

__all__ = [
    "DataArtifact",
    "Flow",
    "Metaflow",
    "MetaflowCode",
    "MetaflowData",
    "Run",
    "Step",
    "Task",
    "TaskEnvironment",
    "default_namespace",
    "get_namespace",
    "namespace",
]
