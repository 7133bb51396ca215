"""Fails once, in a loop beside a branch, until FIXED is set; then it is resumed."""

import os

from metaflow import FlowSpec, Parameter, current, step


class ResumedFlow(FlowSpec):
    size = Parameter("size", default=2)

    @step
    def start(self):
        self.made_by = current.run_id == current.origin_run_id
        self.resumed = current.origin_run_id is not None
        self.next(self.spread, self.side)

    @step
    def side(self):
        self.x = "side"
        self.next(self.meet)

    @step
    def spread(self):
        self.items = list(range(self.size))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        if self.input == 1 and not os.environ.get("FIXED"):
            raise RuntimeError("not fixed")
        self.resumed = current.origin_run_id is not None
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.x = [branch.input for branch in inputs]
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.xs = [inputs.gather.x, inputs.side.x]
        self.next(self.end)

    @step
    def end(self):
        self.resumed = current.origin_run_id is not None


if __name__ == "__main__":
    ResumedFlow()
