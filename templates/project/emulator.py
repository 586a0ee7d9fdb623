"""Runs the emulator of local.py, with some of its functions replaced, until the program that started it is gone.

It runs in the emulator's own Python. The comment at each replacement says what was wrong.
"""

import json
import os
import signal
import socketserver
import sys
import threading
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import lambda_svc

Execute = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
NUMBERED_IN = {"aws:kinesis": ("kinesis", "sequenceNumber"), "aws:dynamodb": ("dynamodb", "SequenceNumber")}


def bound_as_number(bound: Callable[..., Any]) -> Callable[..., int]:
    def bound_of(mapping: dict[str, Any], *others: Any) -> int:
        if "MaximumConcurrency" in (scaling := mapping.get("ScalingConfig") or {}):
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return int(bound(mapping, *others))

    return bound_of


def number(record: dict[str, Any]) -> str:
    """The sequence number of a stream's record. All of them are equally long."""
    part, name = NUMBERED_IN[record["eventSource"]]
    return str(record[part][name])


def from_checkpoint(execute: Execute) -> Execute:
    """Gives a function the records of a stream as Lambda does: again from the first one that its response names, and in halves
    after an error, if the mapping says so."""
    checkpoints: dict[tuple[str, ...], tuple[str, int]] = {}

    def execute_all(function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        records = event.get("Records") if isinstance(event, dict) else None
        mapping = mapping_of(function, records[0]) if isinstance(records, list) and records else None
        if not (records and mapping):
            return execute(function, event)
        place = mapping["UUID"], records[0]["eventID"].rpartition(":")[0]
        while True:
            checkpoint, most = checkpoints.get(place, ("", len(records)))
            left = [record for record in records if number(record) >= checkpoint]
            result = execute(function, {"Records": left[:most]})
            if result.get("error"):
                if mapping.get("BisectBatchOnFunctionError"):
                    checkpoints[place] = checkpoint, max(1, min(most, len(left)) // 2)
                return result
            if failed := failures(mapping, result, left[:most]):
                checkpoints[place] = min(failed), len(records)
                return {"error": True, "body": {"errorType": "PartialBatch", "errorMessage": f"again from {min(failed)} on"}}
            if len(left) <= most:
                checkpoints.pop(place, None)
                return result
            checkpoints[place] = number(left[most]), most

    return execute_all


def mapping_of(function: dict[str, Any], record: Any) -> dict[str, Any] | None:
    """The mapping by which the function gets a record of a stream, if it is one."""
    if not isinstance(record, dict) or record.get("eventSource") not in NUMBERED_IN:
        return None
    ends = record["eventSourceARN"], function["config"]["FunctionName"]
    mappings = (mapping for _, _, mapping in lambda_svc._iter_all_esms())
    return next((each for each in mappings if (each["EventSourceArn"], each["FunctionName"]) == ends), None)


def failures(mapping: dict[str, Any], result: dict[str, Any], records: list[dict[str, Any]]) -> list[str]:
    """The sequence numbers in a function's response. One that no record has stands for the whole batch, as on Lambda."""
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return []
    body = result.get("body")
    response = json.loads(body) if isinstance(body, str) else body
    named = [each.get("itemIdentifier") for each in (response or {}).get("batchItemFailures") or []]
    numbers = [number(record) for record in records]
    return [each if each in numbers else numbers[0] for each in named]


def end_with_parent() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    # A maximum from a parameter is a string. It was compared with numbers, and then no queue was polled any more.
    lambda_svc._sqs_esm_concurrency = bound_as_number(lambda_svc._sqs_esm_concurrency)
    # Records that a response named as failed were lost. A batch was never halved.
    lambda_svc._execute_function = from_checkpoint(lambda_svc._execute_function)
    # Answers to functions are two packets each. The second one would wait 40 ms for the acknowledgement of the first.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
