"""Writes anew in the docs what each emulator honours, as the last runs have seen it."""

import argparse

from wild_rydes.emulator import table


def run(_: argparse.Namespace) -> None:
    table.write()
