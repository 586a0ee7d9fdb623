"""Lab 3: a poison message, from the alarm to the redrive."""

import json

import boto3

from wild_rydes.labs.stack import NotDone, Stack

SERVICE, QUEUE, FUNCTION = "customer-loyalty", "CustomerLoyalty", "award-points"


def check(stack: Stack) -> str:
    """A message was set aside, the alarm went off, the message was redriven and took effect, and the alarm is over."""
    by_event = {event: [line["outcome"] for line in lines] for event, lines in stack.outcomes(FUNCTION).items()}
    dead = {event: outcomes for event, outcomes in by_event.items() if "dead-lettered" in outcomes}
    if not dead:
        raise NotDone(
            f"no message of {SERVICE} has become a dead letter: put the fault into award_points.rs, "
            "then make up, and complete a ride of 1000"
        )
    states = _alarm_states(stack)
    if "ALARM" not in states:
        raise NotDone("the alarm has not gone off: run make alarms while the dead letter is there")
    letters = stack.queue(SERVICE, "dead_letter_queues")
    if letters:
        raise NotDone(
            f"{letters} dead letter{'s' if letters > 1 else ''} in {QUEUE}: mend award_points.rs, then make up, "
            f"and rydes dlq redrive {QUEUE}"
        )
    lost = [event for event, outcomes in dead.items() if outcomes[-1] not in ("made", "duplicate")]
    if lost:
        raise NotDone(
            f"ride {lost[0]} is no dead letter any more, and has no points: was it discarded? "
            "A redriven message needs some seconds"
        )
    if states[-1] != "OK":
        raise NotDone("the alarm is still on: run make alarms, which looks at the queue again")
    return f"ride {next(iter(dead))} was set aside, redriven, and awarded; the alarm went off, and is over"


def _alarm_states(stack: Stack) -> list[str]:
    """The states of the dead-letter queue's alarm, from the first change to the last."""
    cloudwatch = boto3.client("cloudwatch")
    prefix = f"wild-rydes-{stack.stage}-{SERVICE}-{QUEUE}DlqAlarm"
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm["AlarmName"], HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    changes = [json.loads(item["HistoryData"])["newState"]["stateValue"] for page in pages for item in page["AlarmHistoryItems"]]
    return [*changes, alarm["StateValue"]]
