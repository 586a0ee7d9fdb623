"""Builds the book without a warning, and checks each of its links."""

import argparse

from wild_rydes import console
from wild_rydes.book import builder
from wild_rydes.paths import ROOT


def run(_: argparse.Namespace) -> None:
    stale = ", ".join(str(page.relative_to(ROOT)) for page in builder.stale())
    if stale:
        raise console.Stop(f"the code in these pages differs from the source: {stale}; make book writes it anew")
    builder.build()
    builder.check_links()
    console.line(f"  {console.GREEN}✓{console.END} book: each page has a link to it, and each link leads somewhere")
