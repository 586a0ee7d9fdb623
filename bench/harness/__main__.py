"""`python -m harness <command>`, as the Makefile runs it."""

from harness import commands
from wild_rydes import cli

if __name__ == "__main__":
    cli.run(__doc__, commands)
