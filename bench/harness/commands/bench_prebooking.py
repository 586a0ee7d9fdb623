"""Runs campaigns of growing size against an emulator of their own."""

import argparse

from harness import fresh_emulator, prebooking


def run(_: argparse.Namespace) -> None:
    fresh_emulator.measure(prebooking.measure)
