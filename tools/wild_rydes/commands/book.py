"""Writes the code in the pages anew, and builds the book into .local/book/site, or serves it."""

import argparse

from wild_rydes import console
from wild_rydes.book import builder
from wild_rydes.paths import ROOT


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serve", action="store_true", help="serve the book on the loopback interface")
    parser.add_argument("--port", type=int, default=8000)


def run(options: argparse.Namespace) -> None:
    for page, text in builder.stale().items():
        page.write_text(text)
        console.line(f"wrote the code in {page.relative_to(ROOT)} anew")
    if options.serve:
        builder.serve(options.port)
        return
    with console.step("building the book"):
        builder.build()
    console.line(f"Open {builder.SITE / 'index.html'}, or run make book-serve")
