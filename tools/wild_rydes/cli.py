"""Runs a command: a module of a package of commands, called as a person types it, with dashes for its underscores.

Each has a docstring, whose first sentence is its help, `run(options)`, and `arguments(parser)` if it takes options.
"""

import argparse
import importlib
import os
import pkgutil
import signal
import sys
from types import ModuleType

from wild_rydes import console

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(description: str | None, package: ModuleType) -> None:
    """Runs the command that the arguments name."""
    options = parse(description, package)
    # It led Python to these packages, and would lead the tools that they run astray.
    os.environ.pop("PYTHONPATH", None)
    for end in ENDS:
        signal.signal(end, terminate)
    try:
        options.run(options)
    except console.Stop as stop:
        sys.exit(f"{console.RED}✗{console.END} {stop}")


def terminate(number: int, _: object) -> None:
    """Ends a command, which still stops what it started, however often it is told to end: make passes on what the terminal has
    sent already. What the command starts meanwhile must not ignore signals, so they are handled."""
    for end in ENDS:
        signal.signal(end, lambda *_: None)
    sys.exit(128 + number)


def parse(description: str | None, package: ModuleType) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=package.__name__.split(".")[0], description=description)
    subparsers = parser.add_subparsers(required=True)
    for found in pkgutil.iter_modules(package.__path__):
        command = importlib.import_module(f"{package.__name__}.{found.name}")
        about = (command.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        sub = subparsers.add_parser(found.name.replace("_", "-"), help=about, description=about)
        if hasattr(command, "arguments"):
            command.arguments(sub)
        sub.set_defaults(run=command.run)
    return parser.parse_args()
