"""Builds for Lambda, and checks each function's size and what it links against: all of them, or a few."""

import argparse

from wild_rydes import artifacts, console, functions


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--arch", choices=["x86_64", "arm64"], default="x86_64")
    parser.add_argument("--few", action="store_true")


def run(options: argparse.Namespace) -> None:
    if options.few:
        # Their sizes say which.
        functions.build_for_here()
    names = functions.a_few() if options.few else functions.names()
    console.line(f"  {len(names)} of {len(functions.names())} functions: {', '.join(names)}")
    functions.build_for_aws(options.arch, only=names)
    artifacts.check(functions.FOR_AWS, names)
