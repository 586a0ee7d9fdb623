"""Reads templates, with cfn-lint's reader: run with the Python of the environment for checks."""

import sys
from pathlib import Path
from typing import Any

from cfnlint.decode import decode

from wild_rydes.paths import INFRA


def resources(template: Path) -> dict[str, Any]:
    """The resources of a template by name."""
    return read(template)["Resources"]


def parameters(template: Path) -> dict[str, Any]:
    """The parameters of a template by name."""
    return read(template).get("Parameters", {})


def read(template: Path) -> dict[str, Any]:
    document, errors = decode(str(template))
    if errors:
        sys.exit(f"{template.name}: {errors}")
    return document


def templates() -> list[Path]:
    return sorted(INFRA.glob("*.yaml"))


NO_VALUE = {"Ref": "AWS::NoValue"}


def on_aws(value: Any) -> Any:
    """The value of a template's expression on AWS, where the condition IsOnAws holds and IsOnEmulator doesn't."""
    match value:
        case {"Fn::If": ["IsOnAws", chosen, _]} | {"Fn::If": ["IsOnEmulator", _, chosen]}:
            return on_aws(chosen)
        case {"Fn::If": [condition, *either]}:
            return {"Fn::If": [condition, *map(on_aws, either)]}
        case dict():
            return {key: resolved for key, inner in value.items() if (resolved := on_aws(inner)) != NO_VALUE}
        case list():
            return [resolved for inner in value if (resolved := on_aws(inner)) != NO_VALUE]
    return value


def as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
