"""Prints templates as SAM transforms them, as JSON by the template's name: transformed <parameters> <template>…"""

import json
import logging
import os
import sys
from pathlib import Path

from wild_rydes.templates.reader import read
from wild_rydes.templates.transformed import REGIONS, transform

if __name__ == "__main__":
    logging.disable()
    os.environ["AWS_DEFAULT_REGION"] = REGIONS[0]
    given, paths = json.loads(sys.argv[1]), map(Path, sys.argv[2:])
    print(json.dumps({path.stem: transform(path, read(path), given) for path in paths}))
