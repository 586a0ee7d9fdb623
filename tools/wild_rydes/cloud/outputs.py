"""Prints as JSON the outputs of a stage's stacks, by stack."""

import json
import sys

from wild_rydes.cloud.stage import Stage

if __name__ == "__main__":
    print(json.dumps(Stage(sys.argv[1]).outputs()))
