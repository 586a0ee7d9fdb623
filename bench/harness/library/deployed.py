"""The consumers' templates, deployed to an emulator, and what the emulator then knows of each."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from harness.library.client import Client
from harness.library.designs import Design
from wild_rydes import functions
from wild_rydes.deployment import Deployment
from wild_rydes.paths import LOCAL
from wild_rydes.stacks import Stack
from wild_rydes.stages import fresh

FOLDER = LOCAL / "bench" / "library"


class Deployed(NamedTuple):
    """A deployed consumer, by its template."""

    design: Design
    # The variables of its function, its time limit, and the size of its batches.
    variables: dict[str, str]
    seconds: float
    batch: int
    queue_arn: str
    queue_url: str
    dlq_url: str


@contextmanager
def deployed(designs: Sequence[Design]) -> Iterator[tuple[Client, list[Deployed]]]:
    # The harness takes the place of Lambda, and signs nothing.
    with fresh(FOLDER, {"AUTH": "false"}) as emulator:
        deployment = Deployment("library", functions.ARCH, emulator.environment(), FOLDER)
        for design in designs:
            deployment.deploy_one(Stack(design.template, design.function))
        client = Client(emulator.endpoint)
        yield client, [described(client, design) for design in designs]


def described(client: Client, design: Design) -> Deployed:
    configuration = client.functions("GET", f"/functions/{design.function}/configuration")
    [source] = client.functions("GET", f"/event-source-mappings/?FunctionName={design.function}")["EventSourceMappings"]
    # The harness delivers the messages itself: it sees the processes, and kills them.
    client.functions("PUT", f"/event-source-mappings/{source['UUID']}", {"Enabled": False})
    arn = source["EventSourceArn"]
    url = client.call("sqs", "GetQueueUrl", QueueName=name_of(arn))["QueueUrl"]
    attributes = client.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    dlq = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    dlq_url = client.call("sqs", "GetQueueUrl", QueueName=name_of(dlq))["QueueUrl"]
    return Deployed(design, variables_of(configuration), configuration["Timeout"], source["BatchSize"], arn, url, dlq_url)


def variables_of(configuration: dict[str, Any]) -> dict[str, str]:
    return configuration["Environment"]["Variables"]


def name_of(arn: str) -> str:
    return arn.rsplit(":", 1)[1]
