"""Lab 3: a poison message, from the alarm to the redrive."""

import json
from datetime import timezone

import boto3

from wild_rydes.labs.letters import QUEUE, SERVICE, Change, fault, letters, redriven
from wild_rydes.labs.stack import NotDone, Stack

FUNCTION = "award-points"


def check(stack: Stack) -> str:
    """A message was set aside, the alarm went off, the message was redriven and took effect, and the alarm is over."""
    alarm = _alarm_changes(stack)
    found = letters(stack.outcomes(FUNCTION), alarm)
    reason = fault(found, alarm, stack.queue(SERVICE, "dead_letter_queues"))
    whole = redriven(found)
    if reason or not whole:
        raise NotDone(reason)
    return f"ride {whole.ride} was set aside, redriven, and awarded; the alarm went off, and is over"


def _alarm_changes(stack: Stack) -> list[Change]:
    """The changes of the dead-letter queue's alarm, from the first to the last."""
    cloudwatch = boto3.client("cloudwatch")
    prefix = f"wild-rydes-{stack.stage}-{SERVICE}-{QUEUE}DlqAlarm"
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm["AlarmName"], HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    return [
        Change(
            item["Timestamp"].astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
            json.loads(item["HistoryData"])["newState"]["stateValue"],
        )
        for page in pages
        for item in page["AlarmHistoryItems"]
    ]
