"""Counts in the templates what a stage has: what costs money without a ride, and what bounds its pace, for `rydes plan`.

Run with the Python of the environment for checks, which has cfn-lint's reader. Prints what is out of date, and fails if anything
is. `--write` writes it anew instead.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_rydes.paths import ROOT
from wild_rydes.stacks import stacks_of
from wild_rydes.templates.reader import read, templates

STAGE = ROOT / "apps" / "rydes" / "scale" / "stage.json"
ABOUT = "Counted in infra/*.yaml, written by make scale: what a stage has. A herd counts as often as it is deployed."
FUNCTION = "AWS::Serverless::Function"


def main() -> None:
    text = json.dumps(stage(), indent=1, ensure_ascii=False) + "\n"
    if "--write" in sys.argv:
        STAGE.parent.mkdir(parents=True, exist_ok=True)
        STAGE.write_text(text)
    elif not STAGE.exists() or STAGE.read_text() != text:
        sys.exit(f"{STAGE.relative_to(ROOT)} isn't what the templates have: run make scale")


def stage() -> dict[str, Any]:
    counted = {"alarm_metrics": 0, "dashboards": 0, "keys": 0, "functions": 0}
    sources: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    methods: list[dict[str, Any]] = []
    for template in templates():
        document, copies = read(template), len(stacks_of(template))
        for resource in document["Resources"].values():
            count(resource, counted, copies)
        sources += [{**source, "copies": copies} for source in event_sources(template.stem, document)]
        others += others_of(document)
        methods += method_limits(template.stem, document)
    return {"about": ABOUT, **counted, "sources": sources, "others": others, "methods": methods}


def count(resource: dict[str, Any], counted: dict[str, int], copies: int) -> None:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::CloudWatch::Alarm":
            # An alarm costs as much as the metrics that it looks at.
            metrics = [metric for metric in properties.get("Metrics", []) if "MetricStat" in metric]
            counted["alarm_metrics"] += copies * (len(metrics) or 1)
        case "AWS::CloudWatch::Dashboard":
            counted["dashboards"] += copies
        case "AWS::KMS::Key":
            counted["keys"] += copies
        case function if function == FUNCTION:
            counted["functions"] += copies


def event_sources(service: str, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Queues and streams, each with the function that takes from it."""
    resources, parameters = document["Resources"], document.get("Parameters", {})
    for properties in functions(document):
        for name, event in polled(properties).items():
            given = event["Properties"]
            source = {
                "function": Path(properties["CodeUri"]).name,
                "service": service,
                "source": name,
                "memory": memory(document, properties),
                "batch": given["BatchSize"],
                "kind": "stream" if event["Type"] == "DynamoDB" else "fifo" if is_fifo(resources, given) else "queue",
            }
            if bound := given.get("ScalingConfig"):
                parameter = bound["MaximumConcurrency"]["Ref"]
                source |= {"parameter": parameter, "default": parameters[parameter]["Default"]}
            yield source


def others_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Functions that others invoke."""
    for properties in functions(document):
        if not polled(properties):
            yield {"function": Path(properties["CodeUri"]).name, "memory": memory(document, properties)}


def functions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (of["Properties"] for of in document["Resources"].values() if of["Type"] == FUNCTION)


def polled(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: event for name, event in properties.get("Events", {}).items() if event["Type"] in ("SQS", "DynamoDB")}


def memory(document: dict[str, Any], properties: dict[str, Any]) -> int:
    of_all: int = document.get("Globals", {}).get("Function", {}).get("MemorySize", 128)
    return int(properties.get("MemorySize", of_all))


def is_fifo(resources: dict[str, Any], event: dict[str, Any]) -> bool:
    match event["Queue"]:
        case {"Fn::GetAtt": [name, _]}:
            return bool(resources[name]["Properties"].get("FifoQueue"))
    return False


def method_limits(service: str, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The limits of API methods, each with the parameter that sets its rate, if one does."""
    for resource in document["Resources"].values():
        for of in resource.get("Properties", {}).get("MethodSettings", []):
            if "ThrottlingRateLimit" in of:
                path = of["ResourcePath"].replace("/~1", "/").replace("~1", "/")
                (rate, parameter), (burst, _) = (number(document, of[f"Throttling{which}Limit"]) for which in ("Rate", "Burst"))
                limit = {"method": f"{of['HttpMethod']} {path}", "rate": rate, "burst": burst}
                yield limit | ({"parameter": f"{service}:{parameter}"} if parameter else {})


def number(document: dict[str, Any], value: Any) -> tuple[int, str]:
    """A number in a template, and the parameter that it is the default of, if any."""
    match value:
        case {"Ref": parameter}:
            return int(document["Parameters"][parameter]["Default"]), parameter
    return int(value), ""


if __name__ == "__main__":
    main()
