"""The task `_parameters`: evaluates the parameters of a run, once, and stores what all its steps
share.
"""

from __future__ import annotations

import os
import sys

from ..exceptions import UnpicklableArtifactException
from ..flowspec import constants_of
from ..graph import FlowGraph
from ..parameters import ParameterContext, parameters_of
from ..tracebacks import user_traceback
from .outcome import end_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from ..task_attempt import TaskAttempt
    from .artifacts import EngineLink


def run_parameters(flow: type[FlowSpec], attempt: TaskAttempt, link: EngineLink) -> dict[str, Any]:
    """Stores parameters, class-level constants, the flow's name and graph. Returns the `end`
    frame.
    """
    try:
        for name, value in _shared_artifacts(flow, attempt).items():
            link.store(name, value)
    except UnpicklableArtifactException as error:
        return _failure(error, "unpicklable")
    except Exception as error:
        return _failure(error, "user")
    return end_frame()


def _shared_artifacts(flow: type[FlowSpec], attempt: TaskAttempt) -> dict[str, Any]:
    context = ParameterContext(attempt.flow, attempt.user, "")
    found = {
        variable: parameter.evaluate(attempt.parameter_values.get(parameter.name), context)
        for variable, parameter in parameters_of(flow).items()
    }
    found.update(constants_of(flow))
    found["name"] = flow.__name__
    script = os.path.basename(sys.argv[0])
    found["_graph_info"] = FlowGraph(attempt.graph).info(flow, script)
    return found


def _failure(error: Exception, reason: str) -> dict[str, Any]:
    sys.stderr.write(user_traceback(error))
    return end_frame(error=error, reason=reason)
