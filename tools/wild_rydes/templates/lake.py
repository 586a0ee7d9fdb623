"""Checks that queries in the lake find every event, and read no more files than they must.

Run with the Python of the environment for checks, which has cfn-lint. Prints what is wrong, and fails if anything is.
"""

import re
import sys
from typing import Any

from wild_rydes.paths import INFRA
from wild_rydes.templates.reader import read, templates

TEMPLATE = INFRA / "datalake-ingestion.yaml"
TOPIC = re.compile(r"wild-rydes-\$\{Stage\}-(\w+Topic)Arn$")
WINDOW = re.compile(r"PARTITION BY ([\w, ]+?) ORDER BY")


def main() -> None:
    events = {name: value.split() for template in templates() for name, value in topic_events(read(template)).items()}
    if faults := list_faults(read(TEMPLATE), events) + view_faults(read(TEMPLATE)):
        sys.exit("\n".join(f"{TEMPLATE.name}: {fault}" for fault in faults))


def topic_events(document: dict[str, Any]) -> dict[str, str]:
    """The events that each topic of a template carries."""
    outputs = document.get("Outputs", {})
    return {name.removesuffix("Events"): out["Value"] for name, out in outputs.items() if name.endswith("TopicEvents")}


def list_faults(lake: dict[str, Any], events: dict[str, list[str]]) -> list[str]:
    """Types of events that are filed and not listed, so that no query finds them; and the other way round."""
    listed = set(lake["Mappings"]["EventTypes"]["Listed"]["Value"].split(","))
    filed, faults = set(), []
    for resource in lake["Resources"].values():
        if resource["Type"] == "AWS::SNS::Subscription":
            found = TOPIC.match(resource["Properties"]["TopicArn"]["Fn::ImportValue"]["Fn::Sub"])
            topic = found[1] if found else "?"
            filed.update(events.get(topic, []))
            faults += [] if topic in events else [f"no template says in an output {topic}Events which events {topic} carries"]
    faults += [f"queries don't find {name}: add it to the mapping EventTypes" for name in sorted(filed - listed)]
    return faults + [
        f"the mapping EventTypes lists {name}, which no topic of the lake carries" for name in sorted(listed - filed)
    ]


def view_faults(lake: dict[str, Any]) -> list[str]:
    """Partitions of the table that the view's window doesn't keep apart. A query for one of them would read all files."""
    keys = [key["Name"] for key in lake["Resources"]["EventsTable"]["Properties"]["TableInput"]["PartitionKeys"]]
    window = WINDOW.search(lake["Mappings"]["Views"]["UniqueEvents"]["Sql"])
    kept = [column.strip() for column in window[1].split(",")] if window else []
    return [f"the window of the view unique_events isn't partitioned by {key}" for key in keys if key not in kept]


if __name__ == "__main__":
    main()
