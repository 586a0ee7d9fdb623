"""Writes the AsyncAPI documents of all services anew, from the templates and the schemas."""

import argparse

from wild_rydes import environments


def run(_: argparse.Namespace) -> None:
    write()


def write() -> None:
    environments.run_module("checks", "wild_rydes.templates.asyncapi", "the AsyncAPI documents could not be made", "--write")
