"""The rights in policies of templates."""

from typing import Any

import pytest

from wild_rydes.templates.rights import branches, identity, inline_policies, rights

AWS_ONLY = {"Fn::If": ["IsOnEmulator", "emulator", "aws"]}


def test_only_the_branch_for_aws_counts_where_an_emulator_has_one_of_its_own() -> None:
    assert branches(AWS_ONLY) == ["aws"]
    assert branches([AWS_ONLY, "more", {"Ref": "AWS::NoValue"}]) == ["aws", "more"]


def test_both_branches_of_any_other_condition_count() -> None:
    assert branches({"Fn::If": ["HasStripe", ["a", "b"], {"Ref": "AWS::NoValue"}]}) == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"Ref": "Queue"}, "Queue"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "Queue"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, "Table's stream"),
        ({"Fn::ImportValue": {"Fn::Sub": "wild-rydes-${Stage}-RideCompletionTopicArn"}}, "RideCompletionTopic"),
        ({"Fn::Sub": "${Bucket.Arn}/events/*"}, "Bucket/events/*"),
        ({"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:herd-*"}, "herd-*"),
        ("*", "*"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_resource_is_known_by_its_name_however_it_is_referred_to(value: Any, name: str) -> None:
    assert identity(value) == name


def test_a_policy_allows_each_of_its_actions_on_each_of_its_resources() -> None:
    statement = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": [{"Ref": "A"}, {"Ref": "B"}]}
    single = {"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "T"}}
    policy = {"PolicyDocument": {"Statement": [statement, single]}}
    both = {(action, queue) for action in ("sqs:SendMessage", "sqs:GetQueueUrl") for queue in ("A", "B")}
    assert rights(policy) == both | {("sns:Publish", "T")}
    assert inline_policies({"Properties": {"Policies": [policy]}}) == rights(policy)
    assert inline_policies({"Properties": {}}) == set()
