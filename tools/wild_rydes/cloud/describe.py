"""Prints as JSON where a stage goes, and what of it is there; with --resources also what its stacks consist of."""

import json
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes.cloud.stage import Stage


def describe(stage: Stage, with_resources: bool) -> dict[str, Any]:
    stacks = stage.stacks()
    if with_resources:
        for name, stack in stacks.items():
            stack["resources"] = stage.resources(name)
    return {**stage.caller(), "stacks": stacks, "exports": stage.exports() if stacks else {}}


if __name__ == "__main__":
    try:
        print(json.dumps(describe(Stage(sys.argv[1]), "--resources" in sys.argv)))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS can't be asked what is there: {str(error).rstrip('.')}; check region, credentials and rights")
