"""Deletes stacks of a stage, one beside the other, without a question."""

import sys

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes.cloud.stage import NotDeleted, Stage

if __name__ == "__main__":
    stage, *names = sys.argv[1:]
    try:
        Stage(stage).delete_all(names)
    except (BotoCoreError, ClientError, NotDeleted) as error:
        sys.exit(str(error))
