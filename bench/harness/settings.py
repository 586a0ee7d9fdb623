"""The environment that functions find: every setting of a template, with its parameter's default or a value that fits."""

import re

from harness.events import ACCOUNT, QUEUE
from wild_rydes.paths import INFRA

QUEUES = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}"
GIVEN = {
    "BUFFER_QUEUE_URLS": f"{QUEUES}/{QUEUE}",
    "DEAD_LETTER_QUEUE_URLS": f"{QUEUES}/{QUEUE}-dlq",
    "DEAD_LETTER_QUEUE_URL": f"{QUEUES}/{QUEUE}-dlq",
    "CUSTOMER_NOTIFICATION_QUEUE_URL": f"{QUEUES}/notifications",
    "RFQ_RESPONSE_QUEUE_URL": f"{QUEUES}/responses",
    "RETURN_ADDRESSES": f"{QUEUES}/responses",
    "HERD_NAME": "rainbow",
    "HERD_QUEUE_PREFIX": "herd-",
    "PICKUP_MINUTES": "7",
    "SENDER_ADDRESS": "rides@example.com",
}


def of_template(template: str) -> dict[str, str]:
    """The settings in a template: a parameter's default where there is one."""
    defaults = dict(re.findall(r"^ {2}(\w+):\n(?: {4}.*\n)*? {4}Default: *[\"']?([^\"'\n]+)", template, re.M))
    settings = {}
    for name, value in re.findall(r"^ {10}([A-Z][A-Z_]+): *(.*)$", template, re.M):
        parameter = value.removeprefix("!Ref ")
        # A table is called what its setting is: CONTACTS_TABLE_NAME is contacts.
        settings[name] = defaults.get(parameter, name.removesuffix("_TABLE_NAME").lower())
    return settings


def environment(aws: str) -> dict[str, str]:
    """Everything that a function may look for, where AWS is at this address."""
    settings: dict[str, str] = {}
    for path in INFRA.glob("*.yaml"):
        settings |= of_template(path.read_text())
    settings |= GIVEN
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    credentials = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_ENDPOINT_URL": aws}
    function = {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }
    return {**settings, **region, **credentials, **function}
