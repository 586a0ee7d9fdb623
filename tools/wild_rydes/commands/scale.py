"""Counts anew what a stage has, and writes the tables of docs/scale.md."""

import argparse
import re
import subprocess

from wild_rydes import console, environments, functions
from wild_rydes.paths import ROOT

PAGE = ROOT / "docs" / "scale.md"
TABLE = re.compile(r"<!-- table of ([^,]+), written by make scale -->\n.*?<!-- end of table -->\n", re.DOTALL)


def run(_: argparse.Namespace) -> None:
    environments.run_module("checks", "wild_rydes.templates.stage", "the templates could not be counted", "--write")
    functions.build_rydes()
    made = subprocess.run([functions.RYDES, "plan", "--markdown"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if made.returncode:
        raise console.Stop("rydes plan failed: see above")
    PAGE.write_text(shown(PAGE.read_text(), made.stdout))


def shown(page: str, tables: str) -> str:
    """The page with these tables in place of its own."""
    by_name = {found[1]: found[0] for found in TABLE.finditer(tables)}
    if missing := {found[1] for found in TABLE.finditer(page)} ^ set(by_name):
        raise console.Stop(f"docs/scale.md and rydes plan differ in the tables of {', '.join(sorted(missing))}")
    return TABLE.sub(lambda found: by_name[found[1]], page)
