"""Runs rydes, the command-line client, for the commands that use a stage as its customers and its operators do."""

import json
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_rydes import console

# Of what a command says that fails.
MOST_SHOWN = 500


class Rydes:
    """The client of one stage. It shows each command with its output, or it is silent."""

    def __init__(self, program: Path, env: Mapping[str, str], shown: bool) -> None:
        self.program, self.env, self.shown = program, dict(env), shown

    def run(self, *arguments: str, shown: bool = True) -> str:
        """Runs a command; stops if it fails."""
        code, said, wrong = self.tried(*arguments, shown=shown)
        if code:
            seen = "see above" if self.shown else (wrong.strip() or said.strip() or "it gave no reason")[:MOST_SHOWN]
            raise console.Stop(f"rydes {shlex.join(arguments)} did not do what it should: {seen}")
        return said

    def tried(self, *arguments: str, shown: bool = True) -> tuple[int, str, str]:
        """Runs a command that may fail; gives its exit code and what it says."""
        shown = shown and self.shown
        if shown:
            console.line(f"\n{console.DIM}${console.END} rydes {shlex.join(arguments)}")
        errors = None if self.shown else subprocess.PIPE
        command: list[str | Path] = [self.program, *arguments]
        ended = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, stderr=errors, text=True)
        if shown:
            console.line(ended.stdout.rstrip())
        return ended.returncode, ended.stdout, ended.stderr or ""

    def read(self, *arguments: str) -> Any:
        """The JSON output of a command."""
        return self.parsed(self.run(*arguments, "--json", shown=False))

    @staticmethod
    def parsed(said: str) -> Any:
        """The JSON that a command has said."""
        try:
            return json.loads(said)
        except ValueError:
            raise console.Stop(f"rydes did not answer with JSON: {said.strip() or 'it said nothing'}") from None

    def shown_and_read(self, *arguments: str) -> Any:
        """Shows what a command says, and gives it as JSON."""
        if self.shown:
            self.run(*arguments)
        return self.read(*arguments)

    def complete(self, *arguments: str) -> str:
        """Completes a ride, and gives its id."""
        return self.run("complete-ride", *arguments).strip()

    def trace(self, ride: str) -> dict[str, dict[str, Any]]:
        """A ride's trace by service, once every service has done its part."""
        return {step["service"]: step for step in self.shown_and_read("trace", ride)["services"]}

    def reaches(self, ride: str) -> dict[str, dict[str, Any]]:
        """The same; stops with the names of the services that have not done their part in time."""
        _, said, wrong = self.tried("trace", ride, "--json", shown=False)
        steps = {step["service"]: step for step in self.parsed(said.strip() or wrong).get("services", [])}
        late = [service for service, step in steps.items() if step["effect"] is None and "filtered_out" not in step["delivery"]]
        check(not late, f"ride {ride} has had no effect in time at {', '.join(late)}")
        check(bool(steps), f"ride {ride} can't be traced: {wrong.strip()}")
        return steps

    def fare(self, ride: str) -> list[str]:
        """The states of a ride's fare, once it is collected or given up."""
        return [step["state"] for step in self.shown_and_read("fare", ride)["steps"]]

    def prebook(self, *arguments: str) -> str:
        """Prebooks a ride, and gives its id."""
        return self.run("prebook", *arguments).strip()

    def decision(self, booking: str) -> str:
        """The outcome of a prebooking."""
        return self.shown_and_read("trace", booking)["status"]

    def quotes(self, *arguments: str) -> dict[str, Any]:
        """Requests quotes, and gives how the request has ended."""
        if not self.shown:
            return self.read("request-quotes", *arguments)
        said = self.run("request-quotes", *arguments)
        return self.read("trace", said.split()[1].rstrip(":"))


def check(holds: bool, otherwise: str) -> None:
    """Stops unless it holds."""
    if not holds:
        raise console.Stop(otherwise)
