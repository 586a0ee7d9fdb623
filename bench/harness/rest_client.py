"""A client of both designs. The environment with boto3 runs it, as a program of its own; it prints JSON.

rest_client.py post <rides>     so many rides to each, in turns: how long each waited, and what it was told
rest_client.py down | up        one and the same service of both, customer loyalty, fails or works
rest_client.py effects          of how many rides each service that is called over REST has made its record
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from harness.observer import output

STAGE, ENDPOINT, REGION = (os.environ[name] for name in ("STAGE", "AWS_ENDPOINT_URL", "AWS_REGION"))
# The name of the function that goes down, in each design.
LOYALTY = {"messages": f"wild-rydes-{STAGE}-award-points", "rest": "rest-customer-loyalty"}
TEMPLATES = {"messages": "unicorn-management", "rest": "rest"}
SECONDS = 60


def post(rides: int) -> dict[str, Any]:
    urls, session = {design: url(stack) for design, stack in TEMPLATES.items()}, boto3.Session()
    seen: dict[str, list[dict[str, float]]] = {design: [] for design in urls}
    for n in range(rides):
        ride = {"from": "Mitte", "to": "Kreuzberg", "duration": 15, "distance": 6, "customer": f"load-{n}", "fare": "14.90"}
        # Another one first each time.
        for design in sorted(urls, reverse=n % 2 == 1):
            headers = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
            body = json.dumps(ride).encode()
            request = AWSRequest("POST", urls[design], headers, body)
            SigV4Auth(session.get_credentials(), "execute-api", REGION).add_auth(request)
            began = time.perf_counter()
            status = told(urllib.request.Request(urls[design], body, dict(request.headers)))
            seen[design].append({"ms": 1000 * (time.perf_counter() - began), "status": status})
    return seen


def told(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def url(stack: str) -> str:
    api, stage = output(stack, "ApiId"), "bench" if stack == "rest" else output(stack, "ApiStage")
    return f"{ENDPOINT}/restapis/{api}/{stage}/_user_request_/submit-ride-completion"


def down() -> dict[str, Any]:
    for function in LOYALTY.values():
        boto3.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    return LOYALTY


def up() -> dict[str, Any]:
    for function in LOYALTY.values():
        boto3.client("lambda").delete_function_concurrency(FunctionName=function)
    return LOYALTY


def effects() -> dict[str, Any]:
    """Each record in their one table says whose it is."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=output("rest", "EffectsTableName"))
    return Counter(item["id"]["S"].split(" ")[0] for page in pages for item in page["Items"])


if __name__ == "__main__":
    command, *numbers = sys.argv[1:]
    commands: dict[str, Callable[..., object]] = {"post": post, "down": down, "up": up, "effects": effects}
    json.dump(commands[command](*map(int, numbers)), sys.stdout)
