"""The exceptions that flows and programs meet. Names and headlines are Metaflow's.

    MetaflowException
    ├─ InvalidNextException, UnhandledInMergeArtifactsException, MissingInMergeArtifactsException
    ├─ TimeoutException, FailureHandledByCatch, UnpicklableArtifactException, MetaflowDataMissing
    ├─ ParameterFieldFailed, ParameterFieldTypeMismatch
    ├─ InvalidDecoratorAttribute, Bad…/Duplicate…/Unknown…DecoratorException
    ├─ MetaflowNotFound, MetaflowNamespaceMismatch, MetaflowInvalidPathspec, MetaflowTaggingError
    └─ MetaflowInternalError, CommandException, ExternalCommandFailed, MetaflowUnknownUser

``MetaflowExceptionWrapper`` is not one of them: it is what remains of any exception once it is an
artifact.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class MetaflowException(Exception):
    """A failure with a message for the user; `headline` names its kind."""

    headline = "Flow failed"

    def __init__(self, msg: str = "", lineno: int | None = None, source_file: str | None = None):
        super().__init__()
        self.message = msg
        self.line_no = lineno
        self.source_file = source_file

    def __str__(self) -> str:
        where = ""
        if self.source_file:
            where = f"{self.source_file}: "
        if self.line_no:
            where += f"line {self.line_no}: "
        return where + self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses build their message from other arguments, so they are restored without
        # __init__.
        return (_restore, (type(self),), self.__dict__)


def _restore(kind: type[MetaflowException]) -> MetaflowException:
    return kind.__new__(kind)


class InvalidNextException(MetaflowException):
    headline = "Invalid self.next() transition detected"

    def __init__(self, msg: str):
        super().__init__(msg, lineno=_line_of_user_code())


class UnhandledInMergeArtifactsException(MetaflowException):
    headline = "Unhandled artifacts in merge"

    def __init__(self, msg: str, unhandled: list[str]):
        super().__init__(msg)
        self.artifact_names = unhandled


class MissingInMergeArtifactsException(MetaflowException):
    headline = "Missing artifacts in merge"

    def __init__(self, msg: str, unhandled: list[str]):
        super().__init__(msg)
        self.artifact_names = unhandled


class TimeoutException(MetaflowException):
    headline = "@timeout"


class FailureHandledByCatch(MetaflowException):
    headline = "Task execution failed but @catch handled it"

    def __init__(self, retry_count: int):
        super().__init__(
            f"Task execution kept failing over {retry_count} attempts. Your code did not raise an "
            "exception. Something in the execution environment caused the failure."
        )


class DataException(MetaflowException):
    headline = "Data store error"


class UnpicklableArtifactException(MetaflowException):
    headline = "Cannot pickle artifact"

    def __init__(self, artifact_name: str, type_name: str, cause: str):
        super().__init__(
            f'Cannot pickle dump artifact named "{artifact_name}" of type {type_name}: {cause}'
        )
        self.artifact_name = artifact_name


class MetaflowDataMissing(MetaflowException):
    headline = "Data missing"


class ParameterFieldFailed(MetaflowException):
    headline = "Parameter field failed"

    def __init__(self, name: str, field: str, trace: str):
        super().__init__(
            f"When evaluating the field *{field}* for the Parameter *{name}*, "
            f"the following exception occurred:\n\n{trace}"
        )


class ParameterFieldTypeMismatch(MetaflowException):
    headline = "Parameter field with a mismatching type"


class InvalidDecoratorAttribute(MetaflowException):
    headline = "Unknown decorator attribute"

    def __init__(self, deconame: str, attr: str, defaults: Iterable[str]):
        super().__init__(
            f"Decorator '{deconame}' does not support the attribute '{attr}'. "
            f"These attributes are supported: {', '.join(defaults)}."
        )


class BadStepDecoratorException(MetaflowException):
    headline = "Syntax error"

    def __init__(self, deco: str, func: object):
        name = getattr(func, "__name__", str(func))
        super().__init__(
            f"You tried to apply decorator '{deco}' on '{name}' which is not declared as a @step. "
            "Make sure you apply this decorator on a function which has @step on the line just "
            f"before the function name and @{deco} is above @step."
        )


class BadFlowDecoratorException(MetaflowException):
    headline = "Syntax error"

    def __init__(self, deconame: str):
        super().__init__(
            f"Decorator '{deconame}' can be applied only to FlowSpecs. "
            "Make sure the decorator is above a class definition."
        )


class UnknownStepDecoratorException(MetaflowException):
    headline = "Unknown step decorator"

    def __init__(self, deconame: str, supported: Iterable[str]):
        super().__init__(
            f"Unknown step decorator *{deconame}*. "
            f"The following decorators are supported: *{', '.join(supported)}*"
        )


class DuplicateStepDecoratorException(MetaflowException):
    headline = "Duplicate decorators"

    def __init__(self, deco: str, step_name: str):
        super().__init__(
            f"Step '{step_name}' already has a decorator '{deco}'. "
            "You can specify this decorator only once."
        )


class DuplicateFlowDecoratorException(MetaflowException):
    headline = "Duplicate decorators"

    def __init__(self, deco: str):
        super().__init__(
            f"Flow already has a decorator '{deco}'. You can specify each decorator only once."
        )


class MetaflowNotFound(MetaflowException):
    headline = "Object not found"


class MetaflowNamespaceMismatch(MetaflowException):
    headline = "Object not in the current namespace"

    def __init__(self, namespace: str | None):
        super().__init__(f"Object not in namespace '{namespace}'")


class MetaflowInvalidPathspec(MetaflowException):
    headline = "Invalid pathspec"


class MetaflowTaggingError(MetaflowException):
    headline = "Tagging error"


class MetaflowUnknownUser(MetaflowException):
    headline = "Unknown user"

    def __init__(self) -> None:
        super().__init__(
            "Metaflow could not determine your user name based on environment variables "
            "($USERNAME etc.)"
        )


class MetaflowInternalError(MetaflowException):
    headline = "Internal error"


class CommandException(MetaflowException):
    headline = "Invalid command"


class ExternalCommandFailed(MetaflowException):
    headline = "External command failed"


class MetaflowExceptionWrapper(Exception):
    """What remains of an exception once it is an artifact: strings that unpickle anywhere."""

    exception: str
    type: str
    stacktrace: str | None

    def __init__(self, exc: BaseException | None = None):
        super().__init__()
        if exc is None:
            return
        from .tracebacks import text_of, user_traceback

        self.exception = text_of(exc)
        self.type = f"{type(exc).__module__}.{type(exc).__name__}"
        self.stacktrace = None
        if exc.__traceback__ is not None:
            self.stacktrace = user_traceback(exc)

    def __reduce__(self) -> tuple[Any, ...]:
        return (MetaflowExceptionWrapper, (None,), self.__dict__)

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        self.__dict__.update(state or {})

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return self.stacktrace or f"[no stacktrace]\n{self.type}: {self.exception}"


def _line_of_user_code() -> int | None:
    from .tracebacks import is_sdk_file

    frame = sys._getframe(1)
    while frame is not None and is_sdk_file(frame.f_code.co_filename):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return frame.f_lineno
