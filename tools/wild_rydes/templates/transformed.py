"""Checks the templates as CloudFormation gets them: transformed by SAM, on AWS, in regions of every partition.

cfn-lint skips some of its checks on a template that SAM is yet to transform: it doesn't know the actions in policies then. Run
with the Python of the SAM CLI's environment, which has SAM's translator and cfn-lint, and with templates. Prints what is wrong,
with the line in the template, and fails if anything is.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from types import MappingProxyType
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.rules import Match
from cfnlint.template import Template
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from wild_rydes.templates.reader import on_aws, read

# A large and a small region with everything, two regions that lack services, GovCloud, and China.
REGIONS = ["us-east-1", "eu-central-1", "mx-central-1", "ap-southeast-7", "us-gov-west-1", "cn-north-1"]
# Parameters and conditions that only the emulator's parts use: as the templates are written, they are used.
UNUSED = ["W2001", "W8001"]
# The values that `sam deploy` puts in the place of local paths.
UPLOADED = "s3://bucket/key"


def main() -> None:
    logging.disable()
    # SAM asks a client of AWS for its region's name, and for nothing else.
    os.environ["AWS_DEFAULT_REGION"] = REGIONS[0]
    if found := [fault for name in sys.argv[1:] for fault in faults(Path(name))]:
        sys.exit("\n".join(found))


def faults(path: Path) -> Iterator[str]:
    document = read(path)
    try:
        transformed = transform(path, document)
    except InvalidDocumentException as refused:
        yield from (f"{path}: SAM: {cause.message}" for cause in refused.causes)
        return
    config = ManualArgs(regions=REGIONS, ignore_checks=UNUSED)
    for match in sorted(lint(json.dumps(transformed), config=config), key=lambda match: match.linenumber):
        where = "/".join(map(str, path_of(match)))
        yield f"{path}:{line(document, match)}: {match.rule.id} {shorten(match.message, 300)} ({where})"


def transform(path: Path, document: dict[str, Any], parameters: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The template that CloudFormation gets on AWS."""
    template = on_aws(json.loads(json.dumps(document)))
    for section in ("Resources", "Outputs"):
        kept = template.get(section, {}).items()
        template[section] = {name: part for name, part in kept if part.get("Condition") != "IsOnEmulator"}
    machines = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = UPLOADED
        if "DefinitionUri" in properties:
            definition = (path.parent / properties["DefinitionUri"]).read_text()
            # cfn-lint looks at integrations as they are in one partition.
            machines[name] = definition.replace("${Partition}", "aws")
            properties["DefinitionUri"] = UPLOADED
    # A template of an account has nothing for SAM.
    sam = "Transform" in template
    transformed: dict[str, Any] = Translator({}, Parser()).translate(template, dict(parameters)) if sam else template
    for name, definition in machines.items():
        properties = transformed["Resources"][name]["Properties"]
        del properties["DefinitionS3Location"]
        properties["DefinitionString"] = definition
    return transformed


def path_of(match: Match) -> list[str | int]:
    """The place of a fault in the transformed template."""
    return list(getattr(match, "path", None) or [])


def line(document: dict[str, Any], match: Match) -> int:
    """The line of the template that a fault leads back to: of the part itself, or of the resource that SAM has made it from."""
    path = path_of(match)
    if len(path) > 1 and path[0] == "Resources" and path[1] not in document["Resources"]:
        makers = [name for name in document["Resources"] if str(path[1]).startswith(name)]
        path = ["Resources", max(makers, key=len)] if makers else []
    found = Template("", document, REGIONS).get_location_yaml(document, path) if path else None
    return found[0] + 1 if found else 1


if __name__ == "__main__":
    main()
