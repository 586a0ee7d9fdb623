"""Sets the alarms on queues of the running stage by the queues' depths, as CloudWatch does on AWS, and shows those that are on.

The local emulator measures nothing by itself.
"""

import argparse

from wild_rydes import console, environments, local_stage


def run(_: argparse.Namespace) -> None:
    env = local_stage.environment()
    console.line(environments.output("sam", "wild_rydes.cloud.alarms", env["STAGE"], env=env).rstrip())
