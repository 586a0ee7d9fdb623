"""The running stack that a lab is done on, as its checks look at it."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3

from wild_rydes import console, functions
from wild_rydes.cloud.stage import Stage
from wild_rydes.rydes import Rydes

# A short, cheap ride: no service is interested in it that a filter keeps it from.
RIDE = ("--from", "Mitte", "--to", "Kreuzberg", "--duration", "12", "--fare", "14.90")

# The longest that a trace waits for a service.
TRACED_SECONDS = 60


class NotDone(Exception):
    """A lab is not done. The message gives the reason, and the next step."""


class Stack:
    """The stage that make up has deployed. `env` leads to its emulator."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.stage = env["STAGE"]
        self.rydes = Rydes(functions.RYDES, env, shown=False)

    @cached_property
    def outputs(self) -> dict[str, dict[str, str]]:
        """The outputs of each stack, by the stack's name without the stage."""
        return Stage(self.stage).outputs()

    def complete(self, customer: str, distance: str = "6") -> str:
        """Completes a ride, and gives its id."""
        return self.rydes.complete("--customer", customer, "--distance", distance, *RIDE)

    def step(self, ride: str, service: str, about: str) -> dict[str, Any]:
        """The part of a service in a ride, once it is done or the time for it is up. `about` describes the ride."""
        waits(TRACED_SECONDS, f"{about} at {service}")
        _, said, wrong = self.rydes.tried("trace", ride, "--json", "--timeout", str(TRACED_SECONDS))
        steps = self.rydes.parsed(said.strip() or wrong)["services"]
        return next(step for step in steps if step["service"] == service)

    def findings(self, service: str) -> list[str]:
        """The findings of an audit about a service."""
        _, said, wrong = self.rydes.tried("audit", "--json")
        found = self.rydes.parsed(said.strip() or wrong)["findings"]
        return [f"{finding['about']}: {finding['what']}" for finding in found if finding["service"] == service]

    def queue(self, service: str, kind: str) -> int:
        """The number of a service's messages, also those held back and in flight, in its `queues` or `dead_letter_queues`."""
        services = {each["service"]: each for each in self.rydes.read("status")["services"]}
        return sum(queue["waiting"] + queue["held_back"] + queue["in_flight"] for queue in services[service][kind])

    def has_handled(self, ride: str, service: str) -> bool:
        """True if a service has logged that it handled a ride."""
        _, said, wrong = self.rydes.tried("logs", ride, "--json")
        return any(line["service"] == service for line in self.rydes.parsed(said.strip() or wrong))

    def lines(self, function: str) -> list[dict[str, Any]]:
        """All log lines of a function about a message, by time."""
        pages = boto3.client("logs").get_paginator("filter_log_events")
        found = [
            json.loads(event["message"])
            for page in pages.paginate(logGroupName=f"/wild-rydes/{self.stage}/{function}")
            for event in page["events"]
            if event["message"].startswith("{")
        ]
        return sorted((line for line in found if "event_id" in line and "outcome" in line), key=lambda line: line["timestamp"])

    def deployed(self, function: str) -> str:
        """The time at which a function was changed last, in UTC."""
        name = f"wild-rydes-{self.stage}-{function}"
        return boto3.client("lambda").get_function_configuration(FunctionName=name)["LastModified"]

    def outcomes(self, function: str) -> dict[str, list[dict[str, Any]]]:
        """The same by the id of the message's event."""
        by_event: dict[str, list[dict[str, Any]]] = {}
        for line in self.lines(function):
            by_event.setdefault(line["event_id"], []).append(line)
        return by_event


def waits(seconds: int, event: str) -> None:
    """Names, before a long wait, the event that ends it."""
    console.line(f"  … waiting up to {seconds} s for {event}")


def made(lines: list[dict[str, Any]]) -> int:
    """The number of times that a message took effect."""
    return sum(line["outcome"] == "made" for line in lines)
