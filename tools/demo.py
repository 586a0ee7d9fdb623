"""The walk through the use cases: the commands that a person would type, and what they print."""

import json
import shlex
import subprocess
from pathlib import Path

import say


def walk(rydes: Path, env: dict[str, str]) -> None:
    """Runs the commands against a deployment; stops at the first that doesn't do what it should."""

    def run(*arguments: str, shown: bool = True) -> str:
        if shown:
            say.line(f"\n{say.DIM}${say.END} rydes {shlex.join(arguments)}")
        ended = subprocess.run([rydes, *arguments], env=env, stdout=subprocess.PIPE, text=True)
        if shown:
            say.line(ended.stdout.rstrip())
        if ended.returncode:
            raise say.Stop(f"rydes {arguments[0]} did not do what it should: see above")
        return ended.stdout

    def trace(ride: str) -> dict[str, dict]:
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

    def quotes(*arguments: str) -> dict:
        """Requests quotes, shows them, and gives how the request ended."""
        shown = run("request-quotes", *arguments)
        return json.loads(run("trace", shown.split()[1].rstrip(":"), "--json", shown=False))

    title("Use case 1: a ride is completed (publish-subscribe, message filter, topic-queue chaining)")
    run("add-contact", "cmr", "cmr@example.com")
    say.line("\nA long and expensive ride. Five services want to know; none of them is known to the one that tells.")
    ride = run("complete-ride", "--from", "Berlin", "--to", "Frankfurt", "--distance", "600", "--fare", "256.50").strip()
    first, reached = ride, trace(ride)
    check(all(step["effect"] for step in reached.values()), "a ride did not reach all its subscribers")

    say.line("\nAn ordinary ride, of a customer without an address. The topic's filter keeps it from Extraordinary Rides.")
    ordinary = ("--from", "Mitte", "--to", "Kreuzberg", "--distance", "6", "--duration", "12", "--fare", "14.90")
    ride = run("complete-ride", "--customer", "anna", *ordinary).strip()
    reached = trace(ride)
    extraordinary = reached.pop("extraordinary-rides")
    check(all(step["effect"] for step in reached.values()), "an ordinary ride did not reach its subscribers")
    check("filtered_out" in extraordinary["delivery"], "an ordinary ride was not filtered out of Extraordinary Rides")

    title("Use case 2: rides are prebooked (buffering of peaks, pipes and filters)")
    say.line("\nThe request goes from API Gateway straight into a queue; the message's id is the booking's.")
    booking = run("prebook", "--from", "Berlin", "--to", "Bonn").strip()
    check(status(booking) == "CONFIRMED", "a sound prebooking was not confirmed")

    say.line("\nOne that breaks rules is accepted as well, as nobody looks at it before it is safe. It is answered afterwards.")
    booking = run("prebook", "--from", "Bonn", "--to", "Bonn", "--when", "2020-01-01T00:00:00Z").strip()
    check(status(booking) == "REJECTED", "a prebooking of the past was not rejected")

    title("Use case 3: a ride right now (scatter-gather, return address, correlation identifier, recipient list)")
    say.line("\nThree herds are asked at the same time. One has no unicorn near Alexanderplatz; it is waited for, but not for ever.")
    rfq = quotes("--from", "Alexanderplatz", "--to", "Wedding")
    check(rfq["status"] == "CLOSED" and len(rfq["quotes"]) == 2, "a silent herd kept a request open")

    say.line("\nIn Mitte all have. With the last answer the request is closed, long before its time.")
    rfq = quotes("--from", "Mitte", "--to", "Moabit", "--reply-within", "60")
    check(len(rfq["quotes"]) == 3 and rfq["closed-at"] < rfq["reply-by"], "the last answer did not close a request")
    run("trace", rfq["rfq-id"])

    title("Use case 4: fares are collected (saga, FIFO queue with message groups, task tokens)")
    run("add-contact", "tom_fail_credit", "tom@example.com")
    say.line("\nCustomer Accounting has each fare collected as it opens it. That of the first ride, step by step:")
    check("NotifySuccess" in fare(first), "a fare was not collected")

    say.line("\nTom pays, but his account takes no credit. What was taken is given back, and he is told.")
    ride = run("complete-ride", "--customer", "tom_fail_credit", "--fare", "88.00").strip()
    trace(ride)
    check(fare(ride)[-1] == "FareFailed", "a fare that can't be credited was not given up")

    say.line("\nNothing waits. What is held back is the deadline of a request that all had answered by then; it will find nothing to do.")
    run("status")

    say.line("\nNothing was lost, and nothing was done twice: an auditor that knows only the contract goes through all of it.")
    run("audit")


def title(text: str) -> None:
    say.line(f"\n{say.GREEN}━━ {text}{say.END}")


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise say.Stop(otherwise)
