"""Observes a run of rides at the emulator. The Python of the environment with boto3 runs it, as a program:

observer.py contacts <customers>    gives so many customers an address, so that they are sent mails
observer.py settled <rides>         waits until so many rides have all their effects, and nothing is under way
observer.py observed                what was logged, and which states were entered, as JSON
"""

import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

STAGE = os.environ["STAGE"]
REPORT = re.compile(r"^REPORT RequestId: \S+\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB")
# CloudWatch adds so many bytes to each line.
LINE_OVERHEAD = 26
# Executions whose history is read: all of them are alike, but for retries.
SAMPLE = 40
# The wait is given up once nothing has moved for so long.
STUCK_SECONDS = 300


def contacts(customers: int) -> None:
    table, client = output("customer-notification", "ContactsTableName"), boto3.client("dynamodb")

    def put(n: int) -> None:
        client.put_item(TableName=table, Item={"customer": {"S": f"load-{n}"}, "email": {"S": f"load-{n}@example.com"}})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(customers)))


def settled(rides: int) -> None:
    sqs, states = boto3.client("sqs"), boto3.client("stepfunctions")
    machine = output("fare-collection", "FareCollectionStateMachineArn")
    queues = sqs.list_queues(QueueNamePrefix=f"wild-rydes-{STAGE}-")["QueueUrls"]
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    before, since, quiet = None, time.monotonic(), 0
    # Twice in a row: what has just left one queue may not be in the next yet.
    while quiet < 2:
        time.sleep(1)
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
        ended = Counter(execution["status"] for page in pages for execution in page["executions"])
        attributes = {q: sqs.get_queue_attributes(QueueUrl=q, AttributeNames=numbers)["Attributes"] for q in queues}
        waiting = {q.rsplit("/", 1)[-1]: sum(map(int, of.values())) for q, of in attributes.items()}
        waiting = {queue: n for queue, n in waiting.items() if n}
        now = (dict(ended), waiting)
        quiet = quiet + 1 if ended["SUCCEEDED"] >= rides and not ended["RUNNING"] and not waiting else 0
        if now != before:
            before, since = now, time.monotonic()
        elif not quiet and time.monotonic() - since > STUCK_SECONDS:
            sys.exit(f"nothing has moved for {STUCK_SECONDS} s: {rides} rides, executions {dict(ended)}, in queues {waiting}")


def observed() -> None:
    functions: dict[str, dict[str, float]] = defaultdict(
        lambda: {"invocations": 0, "gb_seconds": 0.0, "log_bytes": 0, "messages": 0}
    )
    accepted: dict[str, str] = {}
    effects: dict[str, dict[str, str]] = defaultdict(dict)
    for group, line in every_line():
        function = group.rsplit("/", 1)[-1]
        of = functions[function]
        of["log_bytes"] += len(line.encode()) + LINE_OVERHEAD
        if report := REPORT.match(line):
            of["invocations"] += 1
            of["gb_seconds"] += int(report[2]) / 1000 * int(report[3]) / 1024
            continue
        told: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        correlation, when = told.get("correlation_id", ""), told.get("timestamp", "")
        if told.get("message") == "answered" and told.get("status", 0) < 300:
            accepted[correlation] = when
        elif told.get("message") in ("handled", "entered", "published"):
            of["messages"] += 1
            # A ride's fare has events of its own, that go to some of the same functions.
            event = re.sub(r"^[0-9a-f-]{36}-?", "", told.get("event_id", ""))
            known = effects[f"{function} {event}".strip()]
            # The first time counts: a duplicate changes nothing.
            known[correlation] = min(when, known.get(correlation, when))
    answer = {"functions": functions, "accepted": accepted, "effects": effects, "sources": sources(), **executions()}
    json.dump(answer, sys.stdout)


def every_line() -> Iterator[tuple[str, str]]:
    logs = boto3.client("logs")
    groups = [g["logGroupName"] for page in logs.get_paginator("describe_log_groups").paginate() for g in page["logGroups"]]
    for group in (group for group in groups if group.startswith(f"/wild-rydes/{STAGE}/")):
        streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
        for stream in [stream["logStreamName"] for page in streams for stream in page["logStreams"]]:
            onward: dict[str, str] = {}
            page: dict[str, Any] | None = None
            while page is None or page["events"]:
                page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **onward)
                onward = {"nextToken": page["nextForwardToken"]}
                yield from ((group, event["message"]) for event in page["events"])


def sources() -> dict[str, str]:
    """The kind of each function's source: queue, FIFO queue, or stream."""
    pages = boto3.client("lambda").get_paginator("list_event_source_mappings").paginate()
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    return {name(m["FunctionArn"]): kind(m["EventSourceArn"]) for m in mappings}


def name(function_arn: str) -> str:
    return function_arn.split(":function:")[1].split(":")[0].removeprefix(f"wild-rydes-{STAGE}-")


def kind(source_arn: str) -> str:
    return "stream" if ":dynamodb:" in source_arn else "fifo" if source_arn.endswith(".fifo") else "queue"


def executions() -> dict[str, Any]:
    """The number of executions, and the states and calls to other services in each."""
    states, machine = boto3.client("stepfunctions"), output("fare-collection", "FareCollectionStateMachineArn")
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
    every = [execution["executionArn"] for page in pages for execution in page["executions"]]
    asked: Counter[str] = Counter()
    sample, entered = every[:: max(1, len(every) // SAMPLE)], 0
    for arn in sample:
        for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
            for event in page["events"]:
                entered += event["type"].endswith("StateEntered")
                if task := event.get("taskScheduledEventDetails"):
                    # The emulator gives the whole ARN, as in arn:aws:states:::sqs:sendMessage.waitForTaskToken.
                    asked[task["resource"].split(":::")[-1].split(".")[0]] += 1
    each = len(sample) or 1
    return {
        "executions": len(every),
        "states_each": entered / each,
        "asked_each": {call: n / each for call, n in asked.items()},
    }


def output(stack: str, name: str) -> str:
    [described] = boto3.client("cloudformation").describe_stacks(StackName=f"wild-rydes-{STAGE}-{stack}")["Stacks"]
    return next(o["OutputValue"] for o in described["Outputs"] if o["OutputKey"] == name)


if __name__ == "__main__":
    command, *numbers = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {"contacts": contacts, "settled": settled, "observed": observed}
    commands[command](*map(int, numbers))
