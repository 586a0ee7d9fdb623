"""Runs tests against a deployment whose functions take the fault proxy for AWS."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from wild_rydes import console, end_to_end, functions
from wild_rydes.emulator import profiles
from wild_rydes.emulator.embedded import free_port
from wild_rydes.fault_proxy import FaultProxy
from wild_rydes.paths import LOCAL
from wild_rydes.stages import fresh, own_stage, stage_locally


@contextmanager
def behind_proxy(name: str, seed: int, settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """Deploys to an emulator of its own, whose functions take the fault proxy for AWS; gives what its tests have to know."""
    functions.build_for_here(functions.BROKEN_FOR_HERE)
    end_to_end.build()
    folder, port = LOCAL / name, free_port()
    # The functions' calls go through the proxy; all others go straight to the emulator.
    with FaultProxy(port, seed) as proxy, fresh(folder, {"AWS_ENDPOINT_URL": proxy.url, **settings}, port) as emulator:
        stage = own_stage(name)
        stage_locally(emulator, folder, stage)
        env = {**emulator.environment(), **profiles.EMBEDDED, "STAGE": stage, "RYDES": str(functions.RYDES)}
        yield {**env, "FAULTS": proxy.url, "BUILDS": str(functions.BROKEN_FOR_HERE)}


def run_suite(suite: str, *arguments: str, env: dict[str, str]) -> None:
    """Runs tests that need a deployment in a state of their own."""
    ended = subprocess.run([end_to_end.program(suite), *arguments], cwd=end_to_end.PACKAGE, env={**os.environ, **env})
    if ended.returncode:
        raise console.Stop(f"make {suite} failed: see its messages above")
