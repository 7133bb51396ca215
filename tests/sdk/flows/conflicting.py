"""Merging artifacts that two branches made differently."""

from metaflow import FlowSpec, step


class ConflictingFlow(FlowSpec):
    @step
    def start(self):
        self.shared = 1
        self.next(self.left, self.right)

    @step
    def left(self):
        self.x = "left"
        self.same = [1]
        self.next(self.meet)

    @step
    def right(self):
        self.x = "right"
        self.same = [1]
        self.only = True
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ConflictingFlow()
