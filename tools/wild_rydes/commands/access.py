"""Prints who may do what: each function, each app and each other role."""

import argparse

from wild_rydes import environments


def run(_: argparse.Namespace) -> None:
    environments.run_module("checks", "wild_rydes.templates.roles", "roles don't fit what functions do", "--table")
