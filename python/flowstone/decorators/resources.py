"""`@resources`: what a step needs, whatever the executor. Recorded in the flow's description."""

from __future__ import annotations

from .base import StepDecorator, apply_to_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Mapping


class ResourcesDecorator(StepDecorator):
    name = "resources"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cpu": "1",
        "gpu": None,
        "disk": None,
        "memory": "4096",
        "shared_memory": None,
    }


def resources(*arguments: Any, **attributes: Any) -> Any:
    """States what the step needs.

    :param cpu: number of processors (default 1).
    :param gpu: number of graphics processors.
    :param disk: megabytes of disk.
    :param memory: megabytes of memory (default 4096).
    :param shared_memory: mebibytes of /dev/shm.
    """
    return apply_to_step(ResourcesDecorator, arguments, attributes)
