"""Makes a new service that takes an event: its crate, its template, and the AsyncAPI document that is made from it.

The files of tools/new_service are its first version, with the names of the service and of the event put in. The service records
each event in a table of its own, and passes all tests untouched.
"""

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from wild_rydes import console, stages
from wild_rydes.commands import contracts
from wild_rydes.paths import INFRA, ROOT, TOOLS

FILES = TOOLS / "new_service"
# The output of a publisher's template that names the types of event which its topic carries.
EVENTS = re.compile(r"^  (\w+Topic)Events: \{Value: ([\w ]+)\}$", re.MULTILINE)
# Two words or more, as a name of one word may be a keyword of Rust or a crate's.
KEBAB_CASE = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)+")
# CloudFormation makes the names of queues, and cuts those that SQS would not take.
LONGEST_QUEUE = 80


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True)
    parser.add_argument("--event", required=True)


def run(options: argparse.Namespace) -> None:
    name, event, topics = options.name, options.event, topics_by_event()
    faults = [*name_faults(name), *event_faults(event, topics)]
    if faults:
        raise console.Stop("; ".join(faults))
    lock = (ROOT / "Cargo.lock").read_text()
    written = write(name, event, topics[event])
    try:
        add_to_lock()
        # Its code looks as all code does, under its own names.
        cargo("fmt", "--package", name)
        contracts.write()
    except console.Stop:
        # Nothing is left half done: the command can be given again.
        shutil.rmtree(ROOT / "functions" / name)
        (INFRA / f"{name}.yaml").unlink()
        document(name).unlink(missing_ok=True)
        (ROOT / "Cargo.lock").write_text(lock)
        raise
    for file in [*written, document(name)]:
        console.line(f"  {file.relative_to(ROOT)}")
    console.line(f"{console.GREEN}✓{console.END} {name} takes {event}; how to go on: docs/adding-a-service.md")


def document(name: str) -> Path:
    return ROOT / "contracts" / "asyncapi" / f"{name}.json"


def topics_by_event() -> dict[str, str]:
    """The topic that carries each type of event, as the publishers' templates say."""
    outputs = [found for template in sorted(INFRA.glob("*.yaml")) for found in EVENTS.findall(template.read_text())]
    return {event: topic for topic, events in outputs for event in events.split()}


def name_faults(name: str) -> Iterator[str]:
    if not KEBAB_CASE.fullmatch(name):
        yield f"NAME={name} is not two or more words in small letters with dashes between them, as in ride-insurance"
    excess = len(dead_letter_queue(name)) - LONGEST_QUEUE
    if excess > 0:
        # The queue's name has the service's name twice.
        most = len(name) - (excess + 1) // 2
        yield (
            f"NAME={name} has {len(name)} characters, and {most} are the most: with a STAGE of {stages.LONGEST}, the name of the "
            f"dead-letter queue would have {LONGEST_QUEUE + excess}. CloudFormation cuts it at {LONGEST_QUEUE}, and dashboards "
            f"find dead-letter queues by the end of their names"
        )
    taken = [path for path in (ROOT / "functions" / name, INFRA / f"{name}.yaml") if name and path.exists()]
    for path in taken:
        yield f"{path.relative_to(ROOT)} exists already: take another NAME"
    if not taken and f'name = "{name}"\n' in (ROOT / "Cargo.lock").read_text():
        yield f"a crate {name} exists already: take another NAME"
    queue = re.compile(rf"^  {pascal_case(name)}(QueueUrl|TableName):", re.MULTILINE)
    for template in sorted(INFRA.glob("*.yaml")):
        if template.stem != name and queue.search(template.read_text()):
            yield f"infra/{template.name} has a queue or a table {pascal_case(name)} already: take another NAME"
    for several in sorted(INFRA.glob("*.instances.json")):
        prefix = several.name.removesuffix(".instances.json") + "-"
        if name.startswith(prefix):
            yield f"NAME={name} begins with {prefix}, as the stacks of infra/{several.name} do: take another NAME"


def dead_letter_queue(name: str) -> str:
    """The longest name that CloudFormation makes for the service's dead-letter queue. It adds thirteen characters."""
    return f"wild-rydes-{'x' * stages.LONGEST}-{name}-{pascal_case(name)}Dlq-{'X' * 13}"


def event_faults(event: str, topics: dict[str, str]) -> Iterator[str]:
    if event not in topics:
        yield f"EVENT={event} is unknown; known are {', '.join(sorted(topics))}"


def write(name: str, event: str, topic: str) -> list[Path]:
    """Copies the files with the names put in; gives what was written."""
    words = {
        "sample-service": name,
        "sample_service": name.replace("-", "_"),
        "SAMPLE_SERVICE": name.replace("-", "_").upper(),
        "SampleService": pascal_case(name),
        "Sample Service": name.replace("-", " ").title(),
        "sample-event": re.sub(r"(?<!^)(?=[A-Z])", "-", event).lower(),
        "SampleEvent": event,
        "SampleTopic": topic,
    }
    sample = re.compile("|".join(words))

    def put_in(text: str) -> str:
        return sample.sub(lambda match: words[match[0]], text)

    written = []
    for folder in ("functions", "infra"):
        for file in sorted(path for path in (FILES / folder).rglob("*") if path.is_file()):
            target = ROOT / put_in(str(file.relative_to(FILES)))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(put_in(file.read_text()))
            written.append(target)
    return written


def pascal_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def add_to_lock() -> None:
    """Makes the new crate a part of Cargo.lock. A network is used only if crates were never downloaded here."""
    try:
        cargo("metadata", "--format-version=1", "--offline")
    except console.Stop:
        cargo("metadata", "--format-version=1")


def cargo(*arguments: str) -> None:
    ended = subprocess.run(["cargo", *arguments], cwd=ROOT, capture_output=True, text=True)
    if ended.returncode:
        raise console.Stop(f"cargo {' '.join(arguments)} failed: {ended.stderr.strip()}")
