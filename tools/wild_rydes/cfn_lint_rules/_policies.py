"""The policies of queues, topics and buckets."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from wild_rydes.cfn_lint_rules._source import Source
from wild_rydes.templates.reader import as_list, on_aws

Statement = dict[str, Any]


class Guarded(NamedTuple):
    """A resource with a policy of its own: the action that its policy denies without TLS, the resources in the policy, and its
    statements as they are on AWS."""

    name: str
    action: str
    resources: list[dict[str, Any]]
    statements: list[Statement]


def guarded(source: Source) -> Iterator[Guarded]:
    """Every queue, topic and bucket of a template."""
    for name, _ in source.of("AWS::SQS::Queue"):
        arn: dict[str, Any] = {"Fn::GetAtt": [name, "Arn"]}
        yield Guarded(name, "sqs:*", [arn], statements(source, "AWS::SQS::QueuePolicy", "Queues", name))
    for name, _ in source.of("AWS::SNS::Topic"):
        yield Guarded(name, "sns:Publish", [{"Ref": name}], statements(source, "AWS::SNS::TopicPolicy", "Topics", name))
    for name, _ in source.of("AWS::S3::Bucket"):
        resources: list[dict[str, Any]] = [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        yield Guarded(name, "s3:*", resources, statements(source, "AWS::S3::BucketPolicy", "Bucket", name))


def statements(source: Source, policy_type: str, member: str, name: str) -> list[Statement]:
    policies = [policy for _, policy in source.of(policy_type) if {"Ref": name} in as_list(policy[member])]
    return [s for policy in policies for s in on_aws(policy["PolicyDocument"]["Statement"])]


def denies(statement: Statement, action: str, resource: dict[str, Any]) -> bool:
    """Tells whether a statement denies an action on a resource to every principal, under its conditions."""
    everybody = statement.get("Effect") == "Deny" and statement.get("Principal") == "*"
    return everybody and action in as_list(statement["Action"]) and resource in as_list(statement["Resource"])
