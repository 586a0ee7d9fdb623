"""Walks through the use cases: the commands that a person would type, and what they print.

It stops everything that it has started.
"""

import argparse
import os

from wild_rydes import console, functions
from wild_rydes.commands import down, up
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL
from wild_rydes.rydes import Rydes, check


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4566)


def run(options: argparse.Namespace) -> None:
    was_up = Emulator.running(LOCAL) is not None
    emulator = up.up(options.port)
    try:
        walk(Rydes(functions.RYDES, {**os.environ, **emulator.environment(), "STAGE": "local"}, shown=True))
    finally:
        if not was_up:
            down.down()
    if not was_up:
        console.line("To keep it running and try things yourself: make up && . .local/stack.env")


def walk(rydes: Rydes) -> None:
    """Runs the commands against a deployment; stops at the first that doesn't do what it should."""
    title("Use case 1: a ride is completed (publish-subscribe, message filter, topic-queue chaining)")
    rydes.run("add-contact", "cmr", "cmr@example.com")
    console.line("\nA long and expensive ride. Five services want to know, and the publisher knows none of them.")
    ride = rydes.complete("--from", "Berlin", "--to", "Frankfurt", "--distance", "600", "--fare", "256.50")
    first, reached = ride, rydes.trace(ride)
    check(all(step["effect"] for step in reached.values()), "a ride did not reach all its subscribers")

    console.line("\nAn ordinary ride, of a customer without an address. The topic's filter keeps it from Extraordinary Rides.")
    ordinary = ("--from", "Mitte", "--to", "Kreuzberg", "--distance", "6", "--duration", "12", "--fare", "14.90")
    ride = rydes.complete("--customer", "anna", *ordinary)
    reached = rydes.trace(ride)
    extraordinary = reached.pop("extraordinary-rides")
    check(all(step["effect"] for step in reached.values()), "an ordinary ride did not reach its subscribers")
    check("filtered_out" in extraordinary["delivery"], "an ordinary ride was not filtered out of Extraordinary Rides")

    title("Use case 2: rides are prebooked (buffering of peaks, pipes and filters)")
    console.line("\nThe request goes from API Gateway straight into a queue; API Gateway's request id is the booking's id.")
    booking = rydes.prebook("--from", "Berlin", "--to", "Bonn")
    check(rydes.decision(booking) == "CONFIRMED", "a sound prebooking was not confirmed")

    console.line(
        "\nOne that breaks rules is accepted as well, as nobody looks at it before it is safe. It is answered afterwards."
    )
    booking = rydes.prebook("--from", "Bonn", "--to", "Bonn", "--when", "2020-01-01T00:00:00Z")
    check(rydes.decision(booking) == "REJECTED", "a prebooking of the past was not rejected")

    title("Use case 3: a ride right now (scatter-gather, return address, correlation identifier, recipient list)")
    console.line(
        "\nThree herds are asked at the same time. One has no unicorn near Alexanderplatz; it is waited for, but not for ever."
    )
    rfq = rydes.quotes("--from", "Alexanderplatz", "--to", "Wedding")
    check(rfq["status"] == "CLOSED" and len(rfq["quotes"]) == 2, "a silent herd kept a request open")

    console.line("\nIn Mitte all have. With the last answer the request is closed, long before its time.")
    rfq = rydes.quotes("--from", "Mitte", "--to", "Moabit", "--reply-within", "60")
    check(len(rfq["quotes"]) == 3 and rfq["closed-at"] < rfq["reply-by"], "the last answer did not close a request")
    rydes.run("trace", rfq["rfq-id"])

    title("Use case 4: fares are collected (saga, FIFO queue with message groups, task tokens)")
    rydes.run("add-contact", "tom_fail_credit", "tom@example.com")
    console.line("\nCustomer Accounting has each fare collected as it opens it. That of the first ride, step by step:")
    check(rydes.fare(first)[-1] == "CompleteFare", "a fare was not collected")

    console.line("\nTom pays, but his account takes no credit. What was taken is given back, and he is told.")
    ride = rydes.complete("--customer", "tom_fail_credit", "--fare", "88.00")
    rydes.trace(ride)
    check(rydes.fare(ride)[-1] == "FareFailed", "a fare that can't be credited was not given up")

    console.line(
        "\nNothing waits. The one message held back is the deadline of a request that all herds have answered; "
        "it will find nothing to do."
    )
    rydes.run("status")

    console.line("\nNothing was lost, and nothing was done twice: an auditor that knows only the contract checks everything.")
    rydes.run("audit")


def title(text: str) -> None:
    console.line(f"\n{console.GREEN}━━ {text}{console.END}")
