"""Lab 5: a step more in the saga, with its compensation."""

import json
from typing import Any

import boto3

from wild_rydes.labs.route import AFTER, BEFORE, COMPENSATION, STEP, route_faults
from wild_rydes.labs.stack import NotDone, Stack

FILE = "statemachines/fare-collection.asl.json"


def check(stack: Stack) -> str:
    """The deployed saga issues an invoice, and cancels it wherever a later step fails."""
    states = _states(stack)
    for state in (STEP, COMPENSATION):
        if state not in states:
            raise NotDone(f"the deployed saga has no state {state}: add it to {FILE} (steps 2 to 4), then make up")
    faults = route_faults(states)
    if faults:
        raise NotDone(f"{faults[0]}; change that in {FILE}, then make up")
    collected, given_up = stack.complete("lab"), stack.complete("lab_fail_credit")
    _expect(stack, collected, [BEFORE, STEP, AFTER, "CompleteFare"], "COLLECTED", "ISSUED")
    _expect(stack, given_up, [BEFORE, STEP, AFTER, COMPENSATION, "RefundPayment", "FailFare"], "FAILED", "CANCELLED")
    return f"fare {collected} has an invoice; fare {given_up} was given up, and its invoice was cancelled before the refund"


def _expect(stack: Stack, ride: str, wanted: list[str], status: str, invoice: str) -> None:
    # A collection begins a moment after its ride is completed, and only a trace waits for that.
    stack.rydes.tried("trace", ride, "--json")
    _, said, wrong = stack.rydes.tried("fare", ride, "--json")
    fare = stack.rydes.parsed(said.strip() or wrong)
    if "steps" not in fare:
        raise NotDone(f"fare {ride} is not being collected: {fare.get('error')}")
    path = [step["state"] for step in fare["steps"]]
    rest = iter(path)
    if not all(state in rest for state in wanted) or fare["status"] != status:
        raise NotDone(f"fare {ride} ended as {fare['status']} after {', '.join(path)}: see rydes fare {ride}")
    table = stack.outputs["fare-collection"]["FaresTableName"]
    row = boto3.client("dynamodb").get_item(TableName=table, Key={"fareId": {"S": ride}}, ConsistentRead=True)["Item"]
    found = row.get("invoice", {}).get("S", "none")
    if found != invoice:
        state = STEP if invoice == "ISSUED" else COMPENSATION
        raise NotDone(
            f"the invoice of fare {ride} is {found}, and should be {invoice}: "
            f"see UpdateExpression and ExpressionAttributeValues of {state} in {FILE}"
        )


def _states(stack: Stack) -> dict[str, Any]:
    machine = stack.outputs["fare-collection"]["FareCollectionStateMachineArn"]
    described = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    return json.loads(described["definition"])["States"]
