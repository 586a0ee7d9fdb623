"""The environment that functions find: every setting that some template sets, with a value that fits."""

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
    "AVAILABILITY_PERCENT": "100",
    "CURRENCY": "EUR",
    "HERD_NAME": "rainbow",
    "HERD_QUEUE_PREFIX": "herd-",
    "LOOK_BACK_DAYS": "7",
    "PAYMENT_PROVIDER": "simulated",
    "PICKUP_MINUTES": "7",
    "PRICE_PER_KM": "2.00",
    "REFUSED_CUSTOMER_SUFFIX": "_fail_credit",
    "REPLY_WITHIN_SECONDS": "5",
    "SEED": "1",
    "SENDER_ADDRESS": "rides@example.com",
    "WITHHELD_FOR_HOURS": "24",
}


def environment(aws: str) -> dict[str, str]:
    """Everything that a function may look for, where AWS is at this address."""
    names = {name for path in INFRA.glob("*.yaml") for name in re.findall(r"^ {10}([A-Z][A-Z_]+):", path.read_text(), re.M)}
    # A table is called what its setting is: CONTACTS_TABLE_NAME is contacts.
    settings = {name: name.removesuffix("_TABLE_NAME").lower() for name in names} | GIVEN
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    credentials = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_ENDPOINT_URL": aws}
    function = {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }
    return {**settings, **region, **credentials, **function}
