"""A step that runs until it is done, and a branch that is not taken, inside of a foreach."""

from metaflow import FlowSpec, step


class SwitchingFlow(FlowSpec):
    @step
    def start(self):
        self.turns = []
        self.state = "more"
        self.next(self.loop)

    @step
    def loop(self):
        self.turns = [*self.turns, len(self.turns)]
        self.state = "more" if len(self.turns) < 3 else "enough"
        self.next({"more": self.loop, "enough": self.spread}, condition="state")

    @step
    def spread(self):
        self.items = [1, 2, 3]
        self.next(self.choose, foreach="items")

    @step
    def choose(self):
        self.parity = self.input % 2
        self.next({0: self.even, 1: self.odd}, condition="parity")

    @step
    def even(self):
        self.said = f"{self.input} is even at {self.index}"
        self.next(self.collect)

    @step
    def odd(self):
        self.said = f"{self.input} is odd at {self.index}"
        self.next(self.collect)

    @step
    def collect(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all_said = [branch.said for branch in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    SwitchingFlow()
