"""Sets each alarm on the depth of a stage's queue by the queue's depth, and prints those that are on.

It sets states instead of putting metrics, because the local emulator doesn't tell metrics of one name apart by their dimensions.
"""

import sys
from collections.abc import Iterator
from typing import Any

import boto3

METRIC = "ApproximateNumberOfMessagesVisible"


def alarms(stage: str) -> Iterator[dict[str, Any]]:
    """Every alarm on the depth of a queue."""
    pages = boto3.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"wild-rydes-{stage}-")
    return (alarm for page in pages for alarm in page["MetricAlarms"] if alarm.get("MetricName") == METRIC)


def look(alarm: dict[str, Any]) -> str | None:
    """Sets an alarm; gives a line about it if it is on. All these alarms go off above their threshold."""
    sqs = boto3.client("sqs")
    queue = next(it["Value"] for it in alarm["Dimensions"] if it["Name"] == "QueueName")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    depth = int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"].popitem()[1])
    state = "ALARM" if depth > alarm["Threshold"] else "OK"
    if state != alarm["StateValue"]:
        boto3.client("cloudwatch").set_alarm_state(
            AlarmName=alarm["AlarmName"], StateValue=state, StateReason=f"{depth} messages are visible"
        )
    return f"ALARM  {alarm['AlarmName']}: {depth} in the queue\n       {alarm['AlarmDescription']}" if state == "ALARM" else None


if __name__ == "__main__":
    on = [line for line in map(look, alarms(sys.argv[1])) if line]
    print("\n".join(on) or "no alarm on a queue is on")
