"""award-points once more, as most would write it: what functions/customer-loyalty does, in Python with boto3.

It makes the same calls for the same message, and says the same in its log. It is a yardstick, deployed nowhere.
"""

import json
import os
import random
import re
import time
from contextlib import suppress
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

SERVICE = "customer-loyalty"
TABLE = os.environ["LOYALTY_POINTS_TABLE_NAME"]
QUEUE_URL = os.environ["BUFFER_QUEUE_URLS"]
DLQ_URL = os.environ["DEAD_LETTER_QUEUE_URLS"]
FUNCTION = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
DYNAMODB = boto3.client("dynamodb", config=CONFIG)

MAX_RECEIVES = 5
ATTEMPTS = 5
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CUSTOMER = re.compile(r"[A-Za-z0-9_-]{1,64}")
REFUSED_FOR_CONTENT = ("ValidationException", "ItemCollectionSizeLimitExceededException")


class Failure(Exception):
    def __init__(self, error_type, detail, transient=False):
        super().__init__(detail)
        self.error_type, self.detail, self.transient = error_type, detail, transient


# Only where something fails: most executions need no second client.
@cache
def sqs():
    return boto3.client("sqs", config=CONFIG)


def handle(batch, context):
    kept, latencies, duplicates, failed = [], [], 0, {}
    for record in batch["Records"]:
        labels = {"message_id": record["messageId"], "receive_count": receives(record)}
        try:
            event = parse(record["body"], labels)
            made = award(event["data"])
        except Failure as failure:
            failed[failure.error_type] = failed.get(failure.error_type, 0) + 1
            keep = (failure.transient and receives(record) < MAX_RECEIVES) or not dead_letter(record, failure)
            kept += [record] if keep else []
            outcome = "kept for a retry" if keep else "dead-lettered"
            log("WARN", context, labels, message="failed", outcome=outcome, error_type=failure.error_type, detail=failure.detail)
        else:
            if made:
                sent = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
                latencies.append(max(0, round((datetime.now(timezone.utc) - sent).total_seconds() * 1000)))
            duplicates += not made
            log("INFO", context, labels, message="handled", outcome="made" if made else "duplicate")
    count(len(latencies) + duplicates, duplicates, latencies, failed)
    back_off(kept)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in kept]}


def receives(record):
    return int(record["attributes"].get("ApproximateReceiveCount", 1))


def parse(body, labels):
    """The event, if it is a sound RideCompleted."""
    try:
        event = json.loads(body)
        labels |= {"event_id": event["id"], "correlation_id": event["correlationid"]}
        if event["type"] != "RideCompleted":
            raise Failure("UnexpectedEventType", "expected an event of type RideCompleted")
        data = event["data"]
        data["points"] = int(Decimal(data["fare"]))
        sound = (
            event["specversion"] == "1.0"
            and event["id"] == data["ride"]
            and UUID.fullmatch(data["ride"])
            and CUSTOMER.fullmatch(data["customer"])
            and 0 <= data["points"] <= 1_000_000
        )
    except (ValueError, TypeError, KeyError, InvalidOperation):
        sound = False
    if not sound:
        raise Failure("MalformedEvent", "the message is not what an event looks like")
    return event


def award(ride):
    """Award and balance in one transaction; false if an earlier delivery had made it."""
    item = {
        "customer": {"S": ride["customer"]},
        "entry": {"S": f"RIDE#{ride['ride']}"},
        "points": {"N": str(ride["points"])},
    }
    for attempt in range(1, ATTEMPTS + 1):
        try:
            transact(item)
            return True
        except DYNAMODB.exceptions.TransactionCanceledException as cancelled:
            reasons = cancelled.response["CancellationReasons"]
            if reasons[0]["Code"] == "ConditionalCheckFailed":
                stored = reasons[0].get("Item")
                if stored is None or all(stored.get(name) == value for name, value in item.items()):
                    return False
                raise Failure("IdempotencyConflict", "the same id was seen before with another content") from None
            if not any(reason["Code"] == "TransactionConflict" for reason in reasons):
                raise of_aws("dynamodb:TransactWriteItems", cancelled) from None
        except (ClientError, BotoCoreError) as error:
            raise of_aws("dynamodb:TransactWriteItems", error) from None
        if attempt < ATTEMPTS:
            time.sleep(random.uniform(0, 0.025 * 2**attempt))
    raise Failure("TransactionConflict", "other awards to this customer kept getting in between", transient=True)


def transact(item):
    put = {
        "TableName": TABLE,
        "Item": {**item, "recordedAt": {"S": now()}},
        "ConditionExpression": "attribute_not_exists(customer)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    update = {
        "TableName": TABLE,
        "Key": {"customer": item["customer"], "entry": {"S": "BALANCE"}},
        "UpdateExpression": "ADD points :points, rides :one",
        "ExpressionAttributeValues": {":points": item["points"], ":one": {"N": "1"}},
    }
    DYNAMODB.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])


def of_aws(call, error):
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "CallFailed"
    return Failure(code, f"{call} failed", transient=code not in REFUSED_FOR_CONTENT)


def dead_letter(record, failure):
    queue = record["eventSourceARN"].rsplit(":", 1)[1]
    reason = {
        "errorType": failure.error_type,
        "detail": failure.detail,
        "service": SERVICE,
        "sourceQueue": queue,
        "sourceMessageId": record["messageId"],
        "receiveCount": receives(record),
    }
    attributes = {"DeadLetterReason": {"DataType": "String", "StringValue": json.dumps(reason)}}
    try:
        sqs().send_message(QueueUrl=DLQ_URL, MessageBody=record["body"], MessageAttributes=attributes)
    except (ClientError, BotoCoreError):
        return False
    return True


def back_off(kept):
    for start in range(0, len(kept), 10):
        entries = [
            {
                "Id": str(n),
                "ReceiptHandle": record["receiptHandle"],
                "VisibilityTimeout": random.randint(1, min(900, 2 << 2 * min(8, receives(record) - 1))),
            }
            for n, record in enumerate(kept[start : start + 10])
        ]
        with suppress(ClientError, BotoCoreError):
            sqs().change_message_visibility_batch(QueueUrl=QUEUE_URL, Entries=entries)


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(level, context, labels, **fields):
    ids = {"request_id": context.aws_request_id, **labels}
    print(json.dumps({"timestamp": now(), "level": level, "service": SERVICE, "function": FUNCTION, **ids, **fields}))


def count(handled, duplicates, latencies, failed):
    """In CloudWatch's embedded metric format."""
    if handled:
        metrics = {"Handled": ("Count", handled), "Duplicates": ("Count", duplicates)}
        if latencies:
            metrics["Latency"] = ("Milliseconds", latencies)
        emit(["Service", "Function"], metrics, {})
    for error_type, times in failed.items():
        emit(["Service", "Function", "ErrorType"], {"Failed": ("Count", times)}, {"ErrorType": error_type})


def emit(dimensions, metrics, more):
    definitions = [{"Name": name, "Unit": unit} for name, (unit, _) in metrics.items()]
    directive = {"Namespace": "WildRydes", "Dimensions": [dimensions], "Metrics": definitions}
    values = {name: value for name, (_, value) in metrics.items()}
    aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": aws, "Service": SERVICE, "Function": FUNCTION, **values, **more}))
