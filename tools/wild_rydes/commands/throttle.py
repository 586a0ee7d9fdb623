"""Puts AWS's quotas for a new account between a function and the emulator of the running stage, until Ctrl-C or make down.

A function whose template says AWS_ENDPOINT_URL_<SERVICE> calls this service through it.
"""

import argparse
import json
import time
import urllib.request
from typing import Any

from wild_rydes import console, end_to_end, local_stage
from wild_rydes.fault_proxy import FaultProxy

# SES sends one e-mail a second.
QUOTAS = {"profile": "sandbox", "scale": 1}
EVERY_SECONDS = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=4567)


def run(options: argparse.Namespace) -> None:
    emulator = local_stage.emulator()
    program = end_to_end.build_fault_proxy()
    with FaultProxy(emulator.port, seed=1, port=options.port, program=program) as proxy:
        _asked(f"{proxy.url}/_quotas", QUOTAS)
        console.line(f"AWS's quotas for a new account hold for functions that call {proxy.url}; Ctrl-C ends it")
        shown: list[str] = []
        while emulator.is_running():
            try:
                lines = throttled(_asked(f"{proxy.url}/_quotas"))
            except OSError as error:
                raise console.Stop("the proxy has ended: start it again with make throttle") from error
            for line in lines:
                if line not in shown:
                    console.line(f"  {line}")
            shown = lines
            time.sleep(EVERY_SECONDS)
    console.line("Wild Rydes is down, so nothing is throttled any more")


def throttled(quotas: list[dict[str, Any]]) -> list[str]:
    """A line for each quota that was reached."""
    return [f"{it['call']}: {it['calls']} calls, {it['throttled']} throttled" for it in quotas if it["throttled"]]


def _asked(url: str, body: object = None) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read()
    return json.loads(text) if text else None
