"""Injects every kind of fault while there is load, and audits the outcome."""

import argparse
import secrets

from wild_rydes import console, disturbed

# The load; the fewest calls of functions while there are faults, the share of them that fails, and the pause between kills. A
# small run has to see in a minute as much as a full one in half an hour.
SIZES = {
    "small": {"RIDES": 60, "PREBOOKINGS": 40, "RFQS": 20, "CALLS": 1_200, "SHARE_PERCENT": 30, "KILL_EVERY_MS": 400},
    "full": {"RIDES": 10_000, "PREBOOKINGS": 2_000, "RFQS": 500, "CALLS": 60_000, "SHARE_PERCENT": 3, "KILL_EVERY_MS": 2_000},
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=list(SIZES), default="full")
    parser.add_argument("--seed", default="")


def run(options: argparse.Namespace) -> None:
    seed = int(options.seed) if options.seed else secrets.randbelow(1_000_000)
    console.line(f"  seed {seed}; the same again: make chaos SIZE={options.size} SEED={seed}")
    sizes = {name: str(count) for name, count in SIZES[options.size].items()}
    with disturbed.behind_proxy("chaos", seed, {"SFN_WAIT_SCALE": "0.2"}) as env:
        env |= {"SEED": str(seed), **sizes}
        # The calls of a ride are counted while nothing fails, and no other load is there.
        disturbed.run_suite("chaos", "calls::", env=env)
        disturbed.run_suite("chaos", "--skip", "calls::", "--nocapture", env=env)
