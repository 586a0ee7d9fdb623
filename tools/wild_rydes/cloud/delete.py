"""Deletes stacks of a stage, one beside the other, without a question; with --data also what would outlive them."""

import sys

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes.cloud.stage import NotDeleted, Stage

if __name__ == "__main__":
    stage, *names = sys.argv[1:]
    try:
        Stage(stage).delete_all([name for name in names if name != "--data"], "--data" in names)
    except (BotoCoreError, ClientError, NotDeleted) as error:
        sys.exit(str(error))
