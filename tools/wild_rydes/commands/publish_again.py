"""Has a ride of the running stage published once more, as its table's stream may do at any time."""

import argparse

from wild_rydes import console, environments, local_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ride", required=True)


def run(options: argparse.Namespace) -> None:
    if not options.ride:
        raise console.Stop("RIDE is missing: name a ride, as in make publish-again RIDE=<id>")
    env = local_stage.environment()
    environments.output("sam", "wild_rydes.cloud.publish_again", env["STAGE"], options.ride, env=env)
    console.line(f"{console.GREEN}✓{console.END} ride {options.ride} is published once more")
