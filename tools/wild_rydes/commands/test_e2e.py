"""Runs the end-to-end tests against an emulator of their own, or the one that AWS_ENDPOINT_URL names, which stays."""

import argparse
import shutil

from wild_rydes import end_to_end, functions
from wild_rydes.emulator import profiles
from wild_rydes.emulator.embedded import free_port
from wild_rydes.emulator.profiles import Target
from wild_rydes.fault_proxy import FaultProxy
from wild_rydes.paths import INFRA, LOCAL
from wild_rydes.stages import fresh, own_stage, stage_locally

# Retries of state machines wait a fiftieth of their time.
RETRIES = {"SFN_WAIT_SCALE": "0.02"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="")
    parser.add_argument("--release", action="store_true")


def run(options: argparse.Namespace) -> None:
    target = profiles.of_environment()
    if target:
        folder = LOCAL / "given"
        shutil.rmtree(folder, ignore_errors=True)
        end_to_end.deploy_and_run(target, folder, end_to_end.build_for(folder, options.release, few=False), options.only)
        return
    functions.build_for_here(functions.BROKEN_FOR_HERE)
    end_to_end.build()
    folder = LOCAL / "test"
    port = free_port()
    # The calls of functions go through the proxy, which lets all pass and holds each message against its schema.
    with FaultProxy(port, seed=0) as proxy, fresh(folder, {"AWS_ENDPOINT_URL": proxy.url, **RETRIES}, port) as emulator:
        stage = own_stage("test")
        stage_locally(emulator, folder, stage)
        target = Target(profiles.read()["ministack"], "ministack, embedded", "embedded", emulator.endpoint, profiles.EMBEDDED)
        end_to_end.run_at(target, stage, LOCAL / INFRA.name, functions.BROKEN_FOR_HERE, options.only)
        if not options.only:
            proxy.check_messages()
