"""Installs the tools, and builds functions, client and tests: what `make test` needs."""

import argparse

from wild_rydes import end_to_end, environments, functions


def run(_: argparse.Namespace) -> None:
    environments.check_prerequisites()
    with environments.installing("ministack", "sam", "checks", "browser", "deny", "localstripe"):
        functions.build_for_here(functions.BROKEN_FOR_HERE)
        end_to_end.build(*end_to_end.UNIT)
