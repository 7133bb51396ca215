"""Branches inside of a loop, a loop inside of a branch."""

from metaflow import FlowSpec, step


class BranchesInLoopsFlow(FlowSpec):
    @step
    def start(self):
        self.names = ("ada", "bob")
        self.next(self.each, foreach="names")

    @step
    def each(self):
        self.who = self.input
        self.next(self.plain, self.loop)

    @step
    def plain(self):
        self.result = f"plain {self.who} {self.index} {self.input}"
        self.next(self.meet)

    @step
    def loop(self):
        self.letters = self.who
        self.next(self.letter, foreach="letters")

    @step
    def letter(self):
        self.upper = self.input.upper()
        self.deep = self.foreach_stack()
        self.next(self.letters_joined)

    @step
    def letters_joined(self, inputs):
        self.result = "".join(branch.upper for branch in inputs)
        self.merge_artifacts(inputs, include=["who", "letters"])
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.results = [inputs.plain.result, inputs.letters_joined.result]
        self.at = (self.index, self.input)
        self.merge_artifacts(inputs, exclude=["result"])
        self.next(self.all)

    @step
    def all(self, inputs):
        self.results = [branch.results for branch in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    BranchesInLoopsFlow()
