"""Compares the schemas of messages with those of the last release."""

import argparse

from wild_rydes import console, contracts


def run(_: argparse.Namespace) -> None:
    faults = contracts.broken()
    if faults:
        raise console.Stop("the contracts break consumers:\n" + "\n".join(f"  {fault}" for fault in faults))
    console.line(f"  {console.GREEN}✓{console.END} contracts, which break no consumer of the last release")
