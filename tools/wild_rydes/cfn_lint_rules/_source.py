"""A template as it is written. cfn-lint hands rules the template as SAM transforms it, with other
functions, events and lines.

A module whose name begins with an underscore has no rules, so cfn-lint doesn't load it.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import decode
from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from wild_rydes.paths import ROOT

# Each rule has a row there.
DOCS = "tools/README.md#rules-for-templates"
RUNBOOK = ROOT / "docs" / "operating.md"
FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
APIS = ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi")

Properties = dict[str, Any]


class Source:
    """A template, and the matches of rules with their lines in it."""

    def __init__(self, cfn: Template) -> None:
        self._cfn = cfn
        self.filename = str(cfn.filename)
        self.document = read(self.filename)
        self.resources: dict[str, Any] = self.document.get("Resources", {})
        self.parameters: dict[str, Any] = self.document.get("Parameters", {})

    def is_of_an_account(self) -> bool:
        """Tells whether the template is deployed once for an account, and not for each stage."""
        return Path(self.filename).parent.name == "account"

    def of(self, *types: str) -> Iterator[tuple[str, Properties]]:
        """The names and properties of all resources of these types."""
        for name, resource in self.resources.items():
            if resource.get("Type") in types:
                yield name, resource.get("Properties", {})

    def match(self, message: str, name: str, *path: str | int) -> RuleMatch:
        """A fault of a resource, or of what the path leads to in its properties."""
        return self.match_at(message, ("Resources", name, *(("Properties", *path) if path else ())))

    def match_at(self, message: str, path: tuple[str | int, ...]) -> RuleMatch:
        """A fault of any part of the template."""
        return RuleMatch(list(path), message, location=self._cfn.get_location_yaml(self.document, list(path)))

    def file(self, local: object) -> Path | None:
        """The file that a property names by its path from the template."""
        path = Path(self.filename).parent / local if isinstance(local, str) else None
        return path if path and path.is_file() else None

    def has_alarm(self, metric: str, dimension: str, value: object) -> bool:
        """Tells whether an alarm watches this metric of this resource."""
        metrics: list[Properties] = []
        for _, alarm in self.of("AWS::CloudWatch::Alarm"):
            metrics += [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
            metrics.append(alarm)
        wanted = {"Name": dimension, "Value": value}
        return any(m.get("MetricName") == metric and wanted in m.get("Dimensions", []) for m in metrics)

    def name_of(self, function: str) -> object:
        """The name of a function, as its alarms have it: a release watches the alarms, so a reference would go in a circle."""
        return self.resources[function]["Properties"].get("FunctionName")

    def events(self, kind: str) -> Iterator[tuple[str, str, Properties]]:
        """The events of one kind that functions take: the function, the event's name, and its properties."""
        for function, properties in self.of(*FUNCTIONS):
            for name, event in properties.get("Events", {}).items():
                if event.get("Type") == kind:
                    yield function, name, event.get("Properties", {})


@cache
def read(filename: str) -> dict[str, Any]:
    """The template in a file; parsed once for all rules."""
    document, _ = decode(filename)
    return document if isinstance(document, dict) else {}


@cache
def runbook() -> str:
    """The text of the operator's page."""
    return Path(RUNBOOK).read_text()
