"""Prints the parameters that templates declare, as JSON: by the template's name, then by the parameter's."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Reads a template, and leaves its values as they are written: 2.00 is a text, as for CloudFormation."""


for kind in ("bool", "float", "int", "null", "timestamp"):
    Loader.add_constructor(f"tag:yaml.org,2002:{kind}", lambda _, node: node.value)
# A function such as !Sub. No parameter has any.
Loader.add_multi_constructor("!", lambda *_: None)


def declared(template: Path) -> dict[str, Any]:
    return yaml.load(template.read_text(), Loader).get("Parameters", {})


if __name__ == "__main__":
    print(json.dumps({Path(path).stem: declared(Path(path)) for path in sys.argv[1:]}))
