"""Builds, starts the emulator, deploys every stack. What is up already stays, what hasn't changed is left alone."""

import argparse
import time

from wild_rydes import console, environments, functions
from wild_rydes.commands import down
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL
from wild_rydes.stages import stage_locally


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4566)


def run(options: argparse.Namespace) -> None:
    up(options.port)
    console.line("  next: . .local/stack.env; docs/using-rydes.md says what to try")


def up(port: int) -> Emulator:
    started = time.monotonic()
    environments.check_prerequisites()
    emulator = Emulator.running(LOCAL)
    was_up = emulator is not None
    if emulator:
        emulator.wait()
    else:
        down.clear()
        emulator = Emulator(LOCAL, port)
        # Before the build, which takes minutes the first time.
        emulator.check_port()
    with environments.installing("ministack", "sam"):
        functions.build_for_here()
    if not was_up:
        emulator.start()
    try:
        stage_locally(emulator, LOCAL, "local")
    except BaseException:
        # Half a deployment is of no use to anyone; what was up before stays.
        if not was_up:
            emulator.stop()
        raise
    settings = {**emulator.environment(), "STAGE": "local"}
    down.STACK_ENV.write_text("".join(f"export {name}={value}\n" for name, value in settings.items()))
    seconds = f"{console.DIM}({time.monotonic() - started:.0f} s){console.END}"
    console.line(f"{console.GREEN}✓{console.END} Wild Rydes is up at {emulator.endpoint} {seconds}")
    return emulator
