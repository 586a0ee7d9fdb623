"""A function that is throttled behaves in the emulator as it does on AWS."""

import asyncio
import importlib
import sys
import types
import unittest
from unittest import mock

NAMES = ("hypercorn", "hypercorn.config", "ministack", "ministack.app", "ministack.services")
THROTTLED = {"throttle": True, "error": True}


def loaded() -> types.ModuleType:
    """The server's module, on which ministack is none: it is installed in an environment of its own."""
    modules = {name: types.ModuleType(name) for name in NAMES}
    modules["hypercorn.config"].Config = types.SimpleNamespace()
    modules["ministack"].app = modules["ministack.app"]
    there = {"sqs": "_prune_dedup", "lambda_svc": "_run_sqs_batch _execute_function", "apigateway_v1": "_call_lambda_raw"}
    for service, functions in there.items():
        fake = types.SimpleNamespace(**{name: lambda *_: None for name in functions.split()})
        setattr(modules["ministack.services"], service, fake)
    with mock.patch.dict(sys.modules, modules):
        sys.modules.pop("ministack_server", None)
        return importlib.import_module("ministack_server")


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestThrottledFunction(unittest.TestCase):
    def setUp(self) -> None:
        self.server, self.tries = loaded(), 0
        self.server.time = self.time = Time()

    def free_after(self, tries: int):
        def execute(_: dict, __: dict) -> dict:
            self.tries += 1
            return {"body": {}, **THROTTLED} if self.tries <= tries else {"body": "done"}

        return self.server.execute(execute)

    def batch(self, tries: int, seconds: float) -> dict:
        """How a batch ends that is invisible for so long, if the function is free after so many tries."""
        ended, execute = {}, self.free_after(tries)

        def run(mapping: dict, function: dict, event: dict, batch: list[dict], queue: str) -> None:
            ended.update(execute(function, event))

        messages = [{"visible_at": self.time.now + after} for after in (seconds, 60)]
        self.server.run_batch(run)({}, {}, {}, messages, "queue")
        return ended

    def test_a_batch_is_tried_again_while_it_is_invisible(self) -> None:
        self.assertEqual(self.batch(tries=2, seconds=30), {"body": "done"})
        self.assertEqual(self.tries, 3)

    def test_a_batch_is_given_up_before_it_is_visible_again(self) -> None:
        before = self.time.now
        self.assertTrue(self.batch(tries=1000, seconds=30)["throttle"])
        self.assertTrue(24 < self.time.now - before < 30)
        # 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, and then 5 s apart.
        self.assertEqual(self.tries, 11)

    def test_whoever_invokes_it_is_refused_at_once_by_a_name_that_state_machines_know(self) -> None:
        result = self.free_after(1)({}, {})
        self.assertEqual((self.tries, result["body"]["errorType"]), (1, "Lambda.TooManyRequestsException"))

    def test_an_api_answers_with_its_gateway_response(self) -> None:
        async def call(result: dict) -> tuple:
            return result, None

        called = self.server.call_from_api(call)
        self.assertEqual(asyncio.run(called(THROTTLED)), (None, "throttled"))
        self.assertEqual(asyncio.run(called({"body": "done"})), ({"body": "done"}, None))


if __name__ == "__main__":
    unittest.main()
