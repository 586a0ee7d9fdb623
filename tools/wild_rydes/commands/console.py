"""Opens the console: builds, starts what is missing, serves the page until Ctrl-C, and stops what it has started.

A recorded session (--replay) needs the client alone.
"""

import argparse
import os
import re
import subprocess
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wild_rydes import console, functions
from wild_rydes.commands import down, up
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S+")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--replay", type=Path)


def run(options: argparse.Namespace) -> None:
    if options.replay:
        functions.build_rydes()
        with _served("--replay", options.replay) as served:
            _open(served)
        return
    was_up = Emulator.running(LOCAL) is not None
    emulator = up.up(options.port)
    try:
        with _served("--allow-actions", **emulator.environment(), STAGE="local") as served:
            _open(served)
    finally:
        if not was_up:
            down.down()


@contextmanager
def _served(*arguments: str | Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    command = [functions.RYDES, "console", *arguments]
    served = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    try:
        yield served
    finally:
        # It switches on what it has switched off, for which it needs the emulator.
        served.terminate()
        served.wait()


def _open(served: subprocess.Popen[str]) -> None:
    assert served.stdout
    opened = False
    for line in served.stdout:
        console.line(line.rstrip())
        # Later addresses are for other browsers.
        if not opened and (found := ADDRESS.search(line)):
            opened = True
            webbrowser.open(found.group())
    if served.wait():
        raise console.Stop("the console has ended: see above")
