"""The client: runs, tasks and artifacts of a datastore."""

from flowstone.client import (
    DataArtifact,
    Flow,
    Metaflow,
    MetaflowCode,
    MetaflowData,
    Run,
    Step,
    Task,
    default_namespace,
    get_namespace,
    namespace,
)

__all__ = [
    "DataArtifact",
    "Flow",
    "Metaflow",
    "MetaflowCode",
    "MetaflowData",
    "Run",
    "Step",
    "Task",
    "default_namespace",
    "get_namespace",
    "namespace",
]
