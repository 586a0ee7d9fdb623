"""`python -m wild_rydes <command>`, as the Makefile runs it."""

from wild_rydes import cli, commands

if __name__ == "__main__":
    cli.run(__doc__, commands)
