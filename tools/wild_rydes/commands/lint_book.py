"""Builds the book without a warning, and checks each of its links."""

import argparse

from wild_rydes import console
from wild_rydes.book import builder


def run(_: argparse.Namespace) -> None:
    stale = builder.renew()
    if stale:
        raise console.Stop(f"code in {', '.join(stale)} differed from the source; it was written anew: look at it and commit it")
    builder.build()
    builder.check_links()
    console.line(f"  {console.GREEN}✓{console.END} book: each page has a link to it, and each link leads somewhere")
