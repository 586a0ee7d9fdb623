"""Lambda's event source mappings and concurrency, where ministack's differ from AWS's: batches of a queue whose function is
throttled, batches of a stream that are too large for their function, bounds that come from a parameter, and the concurrency that
is reserved for a function with versions. Each function here takes the function of ministack that it replaces, and gives the
replacement.
"""

import contextvars
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

# The pauses between two tries to run a throttled function for a batch: each is twice as long as the one before.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0
# The most rows of a stream that a mapping can ask for.
LARGEST_BATCH = 10_000

# Until when a throttled function is tried again: as long as the batch that it is to get is invisible in its queue.
try_until = contextvars.ContextVar("try_until", default=0.0)


def run_batch(original: Callable[..., Any]) -> Callable[..., Any]:
    """Lambda keeps a batch whose function is throttled, and tries again until the messages' visibility time-out is over. Only
    then are they back in the queue: received once more, but never attempted. ministack gives up at once."""

    def run(
        mapping: dict[str, Any], function: dict[str, Any], event: dict[str, Any], batch: list[dict[str, Any]], *queue: str
    ) -> None:
        try_until.set(min(message["visible_at"] for message in batch))
        original(mapping, function, event, batch, *queue)

    return run


def execute(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result, wait = original(function, event), FIRST_WAIT_SECONDS
        while result.get("throttle") and time.time() + wait < try_until.get():
            time.sleep(wait)
            result, wait = original(function, event), min(2 * wait, LONGEST_WAIT_SECONDS)
        if result.get("throttle"):
            # Under this name a state machine knows it; ministack has none for it.
            result["body"]["errorType"] = "Lambda.TooManyRequestsException"
        return result

    return run


def concurrency(original: Callable[..., Any]) -> Callable[..., Any]:
    """A parameter's value is a string, and ministack compares this one with numbers: its poller then stops for all queues. AWS
    makes it a number."""

    def bound(mapping: dict[str, Any], *others: object) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return original(mapping, *others)

    return bound


def reserved(original: Callable[..., Any]) -> Callable[..., Any]:
    """The concurrency that is reserved for a function holds for all of its versions and aliases together. ministack looks into
    the record of the version that is called, which has none."""

    def of_function(record: dict[str, Any], config: dict[str, Any]) -> int | None:
        function = lambda_svc._functions.get_scoped(
            *lambda_svc._account_region_from_function_config(config), config["FunctionName"]
        )
        return original(function or record, config)

    return of_function


# By table, how many rows of its stream a function is given at once at the most, after it has failed at more.
halved: dict[str, int] = {}


def execute_for_stream(original: Callable[..., Any]) -> Callable[..., Any]:
    """A batch of a stream that a function failed at comes again in halves, if its mapping says so. Otherwise a batch larger than
    a quota allows would begin from its first row for ever. ministack gives the whole batch again."""

    def run(function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result, rows = original(function, event), event.get("Records") if isinstance(event, dict) else None
        if rows and rows[0].get("eventSource") == "aws:dynamodb":
            stream = rows[0]["eventSourceARN"]
            table = stream.split("/")[1]
            if result.get("error") and is_bisected(stream):
                halved[table] = max(1, len(rows) // 2)
            elif (twice := 2 * halved.pop(table, LARGEST_BATCH)) < LARGEST_BATCH:
                halved[table] = twice
        return result

    return run


def is_bisected(stream: str) -> bool:
    mappings = (mapping for _, _, mapping in lambda_svc._iter_all_esms() if mapping.get("EventSourceArn") == stream)
    return any(mapping.get("BisectBatchOnFunctionError") for mapping in mappings)


def records_of_stream(original: Callable[..., Any]) -> Callable[..., Any]:
    def records(table: str, position: int, limit: int, **scope: object) -> list[dict[str, Any]]:
        return original(table, position, min(limit, halved.get(table, limit)), **scope)

    return records
