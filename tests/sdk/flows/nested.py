"""Nested loops, merges inside of them, and what is visible where."""

from metaflow import FlowSpec, step


class NestedFlow(FlowSpec):
    constant = (1, 2)

    @step
    def start(self):
        self.outer = {"x": 1, "y": 2}.items()
        self.outer = sorted(self.outer)
        self.shared = {"deep": [1]}
        self.next(self.middle, foreach="outer")

    @step
    def middle(self):
        self.inner = range(2)
        self.mine = self.input
        self.next(self.leaf, foreach="inner")

    @step
    def leaf(self):
        self.stack = self.foreach_stack()
        self.value = (self.index, self.input, str(self))
        self.next(self.join_inner)

    @step
    def join_inner(self, inputs):
        self.values = [branch.value for branch in inputs]
        self.indices = [(branch.index, branch.input) for branch in inputs]
        self.here = (self.index, self.input)
        self.merge_artifacts(inputs, include=["mine", "shared"])
        self.next(self.join_outer)

    @step
    def join_outer(self, inputs):
        self.values = [branch.values for branch in inputs]
        self.merge_artifacts(inputs, exclude=["mine", "here", "indices"])
        self.next(self.end)

    @step
    def end(self):
        self.shared["deep"].append(2)


if __name__ == "__main__":
    NestedFlow()
