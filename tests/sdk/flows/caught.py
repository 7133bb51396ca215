"""Failures that are retried, timed out and caught."""

from metaflow import FlowSpec, catch, current, environment, retry, step, timeout


class CaughtFlow(FlowSpec):
    @retry(times=2, minutes_between_retries=0)
    @step
    def start(self):
        self.attempts = current.retry_count
        if current.retry_count < 2:
            raise ValueError(f"attempt {current.retry_count}")
        self.next(self.plain, self.slow, self.named)

    @catch(print_exception=False)
    @step
    def plain(self):
        self.before = "kept?"
        raise KeyError("lost")
        self.next(self.meet)

    @catch(var="why")
    @timeout(seconds=1)
    @step
    def slow(self):
        while True:
            pass
        self.next(self.meet)

    @catch(var="why", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @environment(vars={"COLOUR": "blue"})
    @step
    def named(self):
        import os

        self.colour = os.environ["COLOUR"]
        raise RuntimeError(f"in attempt {current.retry_count}")
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.reasons = [inputs.slow.why.exception.splitlines()[0], inputs.named.why.exception]
        self.colour = inputs.named.colour
        self.kept = inputs.plain.before
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    CaughtFlow()
