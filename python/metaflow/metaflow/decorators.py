"""What decorators are made of, and the errors of their use."""

from flowstone.decorators.base import Decorator, FlowDecorator, StepDecorator
from flowstone.exceptions import (
    BadFlowDecoratorException,
    BadStepDecoratorException,
    DuplicateFlowDecoratorException,
    DuplicateStepDecoratorException,
    InvalidDecoratorAttribute,
    UnknownStepDecoratorException,
)
from flowstone.steps import step

__all__ = [
    "BadFlowDecoratorException",
    "BadStepDecoratorException",
    "Decorator",
    "DuplicateFlowDecoratorException",
    "DuplicateStepDecoratorException",
    "FlowDecorator",
    "InvalidDecoratorAttribute",
    "StepDecorator",
    "UnknownStepDecoratorException",
    "step",
]
