"""Four steps, each of which writes another array of 100 MB that does not compress."""

from FRAMEWORK import FlowSpec, step


class ArtifactFlow(FlowSpec):
    @step
    def start(self):
        self.array = made(0)
        self.next(self.second)

    @step
    def second(self):
        self.array = made(1)
        self.next(self.third)

    @step
    def third(self):
        self.array = made(2)
        self.next(self.end)

    @step
    def end(self):
        self.array = made(3)


def made(seed):
    import numpy

    return numpy.random.default_rng(seed).random(100_000_000 // 8)


if __name__ == "__main__":
    ArtifactFlow()
