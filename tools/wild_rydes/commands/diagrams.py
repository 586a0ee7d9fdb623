"""Draws the state machines in the docs anew."""

import argparse

from wild_rydes import environments


def run(_: argparse.Namespace) -> None:
    environments.run_module(
        "checks", "wild_rydes.templates.state_machines", "there are faults in the state machines", "--diagrams"
    )
