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

    title("Use case 1: a ride is completed (publish-subscribe, message filter, topic-queue chaining)")
    run("add-contact", "cmr", "cmr@example.com")
    say.line("\nA long and expensive ride. Five services want to know; none of them is known to the one that tells.")
    ride = run("complete-ride", "--from", "Berlin", "--to", "Frankfurt", "--distance", "600", "--fare", "256.50").strip()
    reached = trace(ride)
    check(all(step["effect"] for step in reached.values()), "a ride did not reach all its subscribers")

    say.line("\nAn ordinary ride, of a customer without an address. The topic's filter keeps it from Extraordinary Rides.")
    ordinary = ("--from", "Mitte", "--to", "Kreuzberg", "--distance", "6", "--duration", "12", "--fare", "14.90")
    ride = run("complete-ride", "--customer", "anna", *ordinary).strip()
    reached = trace(ride)
    extraordinary = reached.pop("extraordinary-rides")
    check(all(step["effect"] for step in reached.values()), "an ordinary ride did not reach its subscribers")
    check("filtered_out" in extraordinary["delivery"], "an ordinary ride was not filtered out of Extraordinary Rides")

    say.line("\nNothing waits, nothing was lost:")
    run("status")


def title(text: str) -> None:
    say.line(f"\n{say.GREEN}━━ {text}{say.END}")


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise say.Stop(otherwise)
