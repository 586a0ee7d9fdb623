"""Walks through the use cases: the commands that a person would type, and what they print.

What it has to start for that, it stops again.
"""

import argparse
import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from wild_rydes import console, functions
from wild_rydes.commands import down, up
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4566)


def run(options: argparse.Namespace) -> None:
    was_up = Emulator.running(LOCAL) is not None
    emulator = up.up(options.port)
    try:
        walk(functions.RYDES, {**os.environ, **emulator.environment(), "STAGE": "local"})
    finally:
        if not was_up:
            down.down()
    if not was_up:
        console.line("To keep it running and try things yourself: make up && . .local/stack.env")


def walk(rydes: Path, env: dict[str, str]) -> None:
    """Runs the commands against a deployment; stops at the first that doesn't do what it should."""

    def run(*arguments: str, shown: bool = True) -> str:
        if shown:
            console.line(f"\n{console.DIM}${console.END} rydes {shlex.join(arguments)}")
        ended = subprocess.run([rydes, *arguments], env=env, stdout=subprocess.PIPE, text=True)
        if shown:
            console.line(ended.stdout.rstrip())
        if ended.returncode:
            raise console.Stop(f"rydes {arguments[0]} did not do what it should: see above")
        return ended.stdout

    def trace(ride: str) -> dict[str, dict[str, Any]]:
        """Shows a ride's trace, and gives it by service."""
        run("trace", ride)
        steps = json.loads(run("trace", ride, "--json", shown=False))["services"]
        return {step["service"]: step for step in steps}

    def fare(ride: str) -> list[str]:
        """Shows the way of a ride's fare, and gives the states."""
        run("fare", ride)
        return [step["state"] for step in json.loads(run("fare", ride, "--json", shown=False))["steps"]]

    def status(booking: str) -> str:
        """Shows a prebooking's trace, and gives how it ended."""
        run("trace", booking)
        return json.loads(run("trace", booking, "--json", shown=False))["status"]

    def quotes(*arguments: str) -> dict[str, Any]:
        """Requests quotes, shows them, and gives how the request ended."""
        shown = run("request-quotes", *arguments)
        return json.loads(run("trace", shown.split()[1].rstrip(":"), "--json", shown=False))

    title("Use case 1: a ride is completed (publish-subscribe, message filter, topic-queue chaining)")
    run("add-contact", "cmr", "cmr@example.com")
    console.line("\nA long and expensive ride. Five services want to know; none of them is known to the one that tells.")
    ride = run("complete-ride", "--from", "Berlin", "--to", "Frankfurt", "--distance", "600", "--fare", "256.50").strip()
    first, reached = ride, trace(ride)
    check(all(step["effect"] for step in reached.values()), "a ride did not reach all its subscribers")

    console.line("\nAn ordinary ride, of a customer without an address. The topic's filter keeps it from Extraordinary Rides.")
    ordinary = ("--from", "Mitte", "--to", "Kreuzberg", "--distance", "6", "--duration", "12", "--fare", "14.90")
    ride = run("complete-ride", "--customer", "anna", *ordinary).strip()
    reached = trace(ride)
    extraordinary = reached.pop("extraordinary-rides")
    check(all(step["effect"] for step in reached.values()), "an ordinary ride did not reach its subscribers")
    check("filtered_out" in extraordinary["delivery"], "an ordinary ride was not filtered out of Extraordinary Rides")

    title("Use case 2: rides are prebooked (buffering of peaks, pipes and filters)")
    console.line("\nThe request goes from API Gateway straight into a queue; API Gateway's request id is the booking's id.")
    booking = run("prebook", "--from", "Berlin", "--to", "Bonn").strip()
    check(status(booking) == "CONFIRMED", "a sound prebooking was not confirmed")

    console.line(
        "\nOne that breaks rules is accepted as well, as nobody looks at it before it is safe. It is answered afterwards."
    )
    booking = run("prebook", "--from", "Bonn", "--to", "Bonn", "--when", "2020-01-01T00:00:00Z").strip()
    check(status(booking) == "REJECTED", "a prebooking of the past was not rejected")

    title("Use case 3: a ride right now (scatter-gather, return address, correlation identifier, recipient list)")
    console.line(
        "\nThree herds are asked at the same time. One has no unicorn near Alexanderplatz; it is waited for, but not for ever."
    )
    rfq = quotes("--from", "Alexanderplatz", "--to", "Wedding")
    check(rfq["status"] == "CLOSED" and len(rfq["quotes"]) == 2, "a silent herd kept a request open")

    console.line("\nIn Mitte all have. With the last answer the request is closed, long before its time.")
    rfq = quotes("--from", "Mitte", "--to", "Moabit", "--reply-within", "60")
    check(len(rfq["quotes"]) == 3 and rfq["closed-at"] < rfq["reply-by"], "the last answer did not close a request")
    run("trace", rfq["rfq-id"])

    title("Use case 4: fares are collected (saga, FIFO queue with message groups, task tokens)")
    run("add-contact", "tom_fail_credit", "tom@example.com")
    console.line("\nCustomer Accounting has each fare collected as it opens it. That of the first ride, step by step:")
    check("NotifySuccess" in fare(first), "a fare was not collected")

    console.line("\nTom pays, but his account takes no credit. What was taken is given back, and he is told.")
    ride = run("complete-ride", "--customer", "tom_fail_credit", "--fare", "88.00").strip()
    trace(ride)
    check(fare(ride)[-1] == "FareFailed", "a fare that can't be credited was not given up")

    console.line(
        "\nNothing waits. The one message held back is the deadline of a request that all herds have answered; "
        "it will find nothing to do."
    )
    run("status")

    console.line(
        "\nNothing was lost, and nothing was done twice: an auditor that knows only the contract goes through all of it."
    )
    run("audit")


def title(text: str) -> None:
    console.line(f"\n{console.GREEN}━━ {text}{console.END}")


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise console.Stop(otherwise)
