"""`current`, under the module name that programs know."""

from flowstone.current_task import Current, current

__all__ = ["Current", "current"]
