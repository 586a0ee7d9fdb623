"""A function that is throttled, or fails at too much at once, is given its batch again as on AWS."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from patched import load

THROTTLED = {"throttle": True, "error": True}


class Time:
    """A clock that moves only while its reader sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestBound:
    def test_a_bound_from_a_parameter_is_a_number(self) -> None:
        mappings = load("mappings", "lambda_svc")
        bound = mappings.concurrency(lambda mapping, _: (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency"))
        assert bound({"ScalingConfig": {"MaximumConcurrency": "2"}}, {}) == 2
        assert bound({}, {}) is None


class TestReservedConcurrency:
    def test_what_is_reserved_for_a_function_holds_for_its_versions(self) -> None:
        mappings = load("mappings", "lambda_svc")
        functions = {("account", "region", "f"): {"concurrency": 0}}
        mappings.lambda_svc._functions = SimpleNamespace(get_scoped=lambda *of: functions.get(of))
        mappings.lambda_svc._account_region_from_function_config = lambda config: config["of"]
        reserved = mappings.reserved(lambda record, _: record.get("concurrency"))
        version: dict[str, Any] = {"version": "1"}
        assert reserved(version, {"FunctionName": "f", "of": ("account", "region")}) == 0
        assert reserved(version, {"FunctionName": "g", "of": ("account", "region")}) is None


class TestThrottledFunction:
    def setup_method(self) -> None:
        self.mappings, self.tries = load("mappings", "lambda_svc"), 0
        self.time = Time()
        self.mappings.time = self.time  # type: ignore[attr-defined]

    def free_after(self, tries: int) -> Callable[..., dict[str, Any]]:
        def execute(_: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
            self.tries += 1
            return {"body": {}, **THROTTLED} if self.tries <= tries else {"body": "done"}

        return self.mappings.execute(execute)

    def batch(self, tries: int, seconds: float) -> dict[str, Any]:
        """The result of a batch that is invisible for so long, if the function is free after so many tries."""
        ended, execute = {}, self.free_after(tries)

        def run(
            mapping: dict[str, Any], function: dict[str, Any], event: dict[str, Any], batch: list[dict[str, Any]], queue: str
        ) -> None:
            ended.update(execute(function, event))

        messages = [{"visible_at": self.time.now + after} for after in (seconds, 60)]
        self.mappings.run_batch(run)({}, {}, {}, messages, "queue")
        return ended

    def test_a_batch_is_tried_again_while_it_is_invisible(self) -> None:
        assert self.batch(tries=2, seconds=30) == {"body": "done"}
        assert self.tries == 3

    def test_a_batch_is_given_up_before_it_is_visible_again(self) -> None:
        before = self.time.now
        assert self.batch(tries=1000, seconds=30)["throttle"]
        assert 24 < self.time.now - before < 30
        # 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, and then 5 s apart.
        assert self.tries == 11

    def test_a_caller_is_refused_at_once_by_a_name_that_state_machines_know(self) -> None:
        result = self.free_after(1)({}, {})
        assert (self.tries, result["body"]["errorType"]) == (1, "Lambda.TooManyRequestsException")


class TestStream:
    STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/rides/stream/1"

    def setup_method(self) -> None:
        self.mappings, self.most = load("mappings", "lambda_svc"), 100
        self.bisected = True
        mapping = {"EventSourceArn": self.STREAM, "BisectBatchOnFunctionError": True}
        self.mappings.lambda_svc._iter_all_esms = lambda: [("", "", mapping)] if self.bisected else []
        rows = [{"eventSource": "aws:dynamodb", "eventSourceARN": self.STREAM, "n": n} for n in range(100)]
        self.records = self.mappings.records_of_stream(lambda table, position, limit: rows[position : position + limit])

    def polled(self, times: int) -> list[int]:
        """The number of rows that the function is given each time, if it fails at more than `most` of them."""

        def execute(_: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
            return {"error": True} if len(event["Records"]) > self.most else {}

        run, position, given = self.mappings.execute_for_stream(execute), 0, []
        for _ in range(times):
            rows = self.records("rides", position, 40)
            given.append(len(rows))
            position += 0 if run({}, {"Records": rows}).get("error") else len(rows)
        return given

    def test_what_a_function_fails_at_comes_again_in_halves(self) -> None:
        assert self.polled(2) == [40, 40]
        self.most = 12
        assert self.polled(6) == [40, 20, 10, 20, 10, 20]

    def test_all_of_it_comes_again_if_the_mapping_does_not_say_so(self) -> None:
        self.most, self.bisected = 12, False
        assert self.polled(3) == [40, 40, 40]
