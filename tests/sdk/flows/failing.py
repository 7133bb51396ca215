"""A run that fails after a retry, with artifacts of the failed attempts."""

from metaflow import FlowSpec, Parameter, current, retry, step


class FailingFlow(FlowSpec):
    size = Parameter("size", default=3, type=int)

    @step
    def start(self):
        self.kept = list(range(self.size))
        self._private = "p"
        self.next(self.work)

    @retry(times=1)
    @step
    def work(self):
        self.attempted = current.retry_count
        self.kept.append(99)
        print("attempt", current.retry_count)
        raise RuntimeError(f"no luck in attempt {current.retry_count}")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FailingFlow()
