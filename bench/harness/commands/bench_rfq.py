"""Requests quotes at growing rates against an emulator of their own."""

import argparse

from harness import fresh_emulator, rfq


def run(_: argparse.Namespace) -> None:
    fresh_emulator.measure(rfq.measure)
