"""Prints as JSON the account and the region of a stage, and its stacks that are there.

--exports adds what the stacks export and which stacks import it, --resources their resources. Both take a call for each.
"""

import json
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes.cloud.stage import Stage


def describe(stage: Stage, with_exports: bool, with_resources: bool) -> dict[str, Any]:
    stacks = stage.stacks()
    if with_resources:
        for name, stack in stacks.items():
            stack["resources"] = stage.resources(name)
    exports = {"exports": stage.exports() if stacks else {}} if with_exports else {}
    return {**stage.caller(), "stacks": stacks, **exports}


if __name__ == "__main__":
    try:
        print(json.dumps(describe(Stage(sys.argv[1]), "--exports" in sys.argv, "--resources" in sys.argv)))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS can't be asked what is there: {str(error).rstrip('.')}; check region, credentials and rights")
