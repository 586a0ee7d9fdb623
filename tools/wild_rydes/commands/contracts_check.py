"""Compares the schemas of messages with those of the last release, and the AsyncAPI documents with what they are made from."""

import argparse

from wild_rydes import console, contracts, environments


def run(_: argparse.Namespace) -> None:
    faults = contracts.broken()
    if faults:
        raise console.Stop("the contracts break consumers:\n" + "\n".join(f"  {fault}" for fault in faults))
    console.line(f"  {console.GREEN}✓{console.END} contracts, which break no consumer of the last release")
    environments.run_module("checks", "wild_rydes.templates.asyncapi", "the AsyncAPI documents aren't as they should be")
    console.line(f"  {console.GREEN}✓{console.END} AsyncAPI documents, which are as the templates and schemas have it")
