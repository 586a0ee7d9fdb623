"""Opens the console: builds, starts what is missing, serves the page until Ctrl-C, and stops what it has started."""

import argparse
import os
import re
import subprocess
import webbrowser

from wild_rydes import console, functions
from wild_rydes.commands import down, up
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S+")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4566)


def run(options: argparse.Namespace) -> None:
    was_up = Emulator.running(LOCAL) is not None
    emulator = up.up(options.port)
    env = {**os.environ, **emulator.environment(), "STAGE": "local"}
    served = subprocess.Popen([functions.RYDES, "console", "--allow-actions"], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert served.stdout
        for line in served.stdout:
            console.line(line.rstrip())
            if found := ADDRESS.search(line):
                webbrowser.open(found.group())
        if served.wait():
            raise console.Stop("the console has ended: see above")
    finally:
        # It switches on what it has switched off, for which it needs the emulator.
        served.terminate()
        served.wait()
        if not was_up:
            down.down()
