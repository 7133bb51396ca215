"""What a join step receives: the flow as each branch left it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator

    from .flowspec import FlowSpec


class Inputs:
    """`inputs.branch_step.x`, `inputs[0].x`, `[inp.x for inp in inputs]`."""

    def __init__(self, flows: Iterable[FlowSpec]):
        self.flows = list(flows)
        for flow in self.flows:
            setattr(self, flow._flowstone.step, flow)

    def __getitem__(self, index: int) -> FlowSpec:
        return self.flows[index]

    def __iter__(self) -> Iterator[FlowSpec]:
        return iter(self.flows)

    def __len__(self) -> int:
        return len(self.flows)

    if TYPE_CHECKING:
        # Branches are attributes, named after their last step.
        def __getattr__(self, name: str) -> FlowSpec: ...
