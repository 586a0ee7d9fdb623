"""A role allows what its function and Lambda need, and nothing else."""

from copy import deepcopy
from typing import Any

import pytest

from wild_rydes.templates.roles import ASSUMED_BY_LAMBDA, FROM_QUEUE, LOGS, TRACES, Function, in_words

QUEUE, GROUP, TABLE = {"Fn::GetAtt": ["Buffer", "Arn"]}, {"Ref": "Group"}, {"Fn::GetAtt": ["Points", "Arn"]}
CALLED = {"dynamodb:PutItem"}


def allow(actions: Any, resource: Any) -> dict[str, Any]:
    return {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}}


RESOURCES: dict[str, Any] = {
    "Award": {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": "../target/lambda/award-points/",
            "Role": {"Fn::GetAtt": ["AwardRole", "Arn"]},
            "LoggingConfig": {"LogGroup": GROUP},
            "Environment": {"Variables": {"POINTS_TABLE_NAME": {"Ref": "Points"}}},
            "Events": {"Messages": {"Type": "SQS", "Properties": {"Queue": QUEUE}}},
        },
    },
    "AwardRole": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [ASSUMED_BY_LAMBDA]},
            "Policies": [allow(list(LOGS), GROUP), allow(list(FROM_QUEUE), QUEUE), allow("dynamodb:PutItem", TABLE)],
        },
    },
}


def faults(resources: dict[str, Any], called: set[str] = CALLED) -> list[str]:
    return list(Function("loyalty.yaml", "Award", resources).faults(called))


@pytest.fixture
def resources() -> dict[str, Any]:
    return deepcopy(RESOURCES)


def test_a_role_that_fits_has_no_faults(resources: dict[str, Any]) -> None:
    assert faults(resources) == []


def test_an_action_that_no_call_needs_is_found(resources: dict[str, Any]) -> None:
    [fault] = faults(resources, set())
    assert "needn't have dynamodb:PutItem on Points: no call in award-points asks for it" in fault


def test_an_action_on_a_resource_that_the_function_does_not_know_is_found(resources: dict[str, Any]) -> None:
    resources["Award"]["Properties"]["Environment"]["Variables"] = {}
    [fault] = faults(resources)
    assert "no environment variable of award-points names it" in fault


def test_a_call_without_a_right_is_found(resources: dict[str, Any]) -> None:
    [fault] = faults(resources, {*CALLED, "sns:Publish"})
    assert "lacks sns:Publish: a call in award-points asks for it" in fault


def test_a_function_whose_requests_x_ray_records_may_tell_it(resources: dict[str, Any]) -> None:
    resources["Award"]["Properties"]["Tracing"] = {"Ref": "Tracing"}
    assert [fault for fault in faults(resources) if "lacks xray:PutTraceSegments on *: Lambda asks for it" in fault]
    resources["AwardRole"]["Properties"]["Policies"].append(allow(list(TRACES), "*"))
    assert faults(resources) == []


def test_a_right_that_lambda_needs_is_missed(resources: dict[str, Any]) -> None:
    resources["AwardRole"]["Properties"]["Policies"].pop(1)
    assert [fault for fault in faults(resources) if "lacks sqs:ReceiveMessage on Buffer: Lambda asks for it" in fault]


def test_managed_policies_and_others_who_assume_the_role_are_found(resources: dict[str, Any]) -> None:
    role = resources["AwardRole"]["Properties"]
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    role["AssumeRolePolicyDocument"]["Statement"].append({"Effect": "Allow"})
    found = "; ".join(faults(resources))
    assert "has managed policies" in found
    assert "can be assumed by others than Lambda" in found


def test_rights_are_listed_by_resource() -> None:
    allowed = {("sqs:SendMessage", "A"), ("sqs:GetQueueUrl", "A"), ("sns:Publish", "B")}
    assert in_words(allowed) == ["sqs:GetQueueUrl, sqs:SendMessage on A", "sns:Publish on B"]
