"""Checks that no template lacks what keeps it safe and its operator informed: encryption, policies, limits, logs, alarms.

A template is found by being there, and so is what it must have: each rule looks at every resource of a kind. Run with the
Python of the lint environment. Names everything that is wrong, and fails if anything is.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from wild_rydes.paths import ROOT
from wild_rydes.templates.reader import as_list, parameters, resources, templates

RUNBOOK = ROOT / "docs" / "operating.md"
# Emulators speak plain HTTP: on loopback, or in a container, which is called from one of Docker's networks. AWS is called from
# neither: what it sees of a caller is a public address, or none at all if the call comes through an endpoint in a VPC.
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}, "NotIpAddress": {"aws:SourceIp": ["127.0.0.1", "172.16.0.0/12"]}}
# The most that SQS allows.
MAX_RECEIVES = 1000
OPERATOR = {"Fn::ImportValue": {"Fn::Sub": "wild-rydes-${Stage}-OperatorTopicArn"}}


class Template:
    def __init__(self, path: Path) -> None:
        self.name, self.resources, self.parameters = path.name, resources(path), parameters(path)

    def of(self, *types: str) -> Iterator[tuple[str, dict]]:
        """The properties of all resources of these types."""
        for name, resource in self.resources.items():
            if resource["Type"] in types:
                yield name, resource.get("Properties", {})

    def statements(self, policy_type: str, member: str, name: str) -> list[dict]:
        """What the policies of a resource say, on AWS."""
        policies = [p for _, p in self.of(policy_type) if {"Ref": name} in as_list(p[member])]
        said = [s for p in policies for s in p["PolicyDocument"]["Statement"]]
        return [s["Fn::If"][1] if s.get("Fn::If", [""])[0] == "IsOnAws" else s for s in said]

    def alarmed(self, metric: str, dimension: str, value: object) -> bool:
        """Whether an alarm looks at this metric of this resource."""
        metrics = []
        for _, alarm in self.of("AWS::CloudWatch::Alarm"):
            metrics += [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
            metrics.append(alarm)
        wanted = {"Name": dimension, "Value": value}
        return any(m.get("MetricName") == metric and wanted in m.get("Dimensions", []) for m in metrics)


def queues(template: Template) -> Iterator[str]:
    for name, queue in template.of("AWS::SQS::Queue"):
        if not (queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId")):
            yield f"{name} is not encrypted"
        said = template.statements("AWS::SQS::QueuePolicy", "Queues", name)
        yield from policy_faults(name, said, "sqs:*", {"Fn::GetAtt": [name, "Arn"]})
        # What has no dead-letter queue is where messages stay until somebody comes.
        metric = "ApproximateAgeOfOldestMessage" if "RedrivePolicy" in queue else "ApproximateNumberOfMessagesVisible"
        if not template.alarmed(metric, "QueueName", {"Fn::GetAtt": [name, "QueueName"]}):
            yield f"{name} has no alarm on {metric}"


def topics(template: Template) -> Iterator[str]:
    for name, topic in template.of("AWS::SNS::Topic"):
        if not topic.get("KmsMasterKeyId"):
            yield f"{name} is not encrypted"
        said = template.statements("AWS::SNS::TopicPolicy", "Topics", name)
        yield from policy_faults(name, said, "sns:Publish", {"Ref": name})
        # "Not" with a key that says who: everyone else is denied.
        closing = [s for s in said if denies(s, "sns:Publish", {"Ref": name}) and {"ArnNotEquals", "ArnNotLike"} & set(s.get("Condition", {}))]
        if not closing:
            yield f"{name}'s policy doesn't close it to all but its publisher"


def buckets(template: Template) -> Iterator[str]:
    for name, bucket in template.of("AWS::S3::Bucket"):
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        for what in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            if not blocked.get(what):
                yield f"{name} lacks {what}"
        if not bucket.get("BucketEncryption"):
            yield f"{name} is not encrypted"
        said = template.statements("AWS::S3::BucketPolicy", "Bucket", name)
        for resource in ({"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}):
            yield from policy_faults(name, said, "s3:*", resource)


def policy_faults(name: str, said: list[dict], action: str, resource: dict) -> Iterator[str]:
    if not any(denies(s, action, resource) and s.get("Condition") == WITHOUT_TLS for s in said):
        yield f"{name} has no policy that denies {action} without TLS"
    # Whoever has a role is allowed by it. A service has none, and must say for which of our resources it comes.
    for statement in said:
        if statement["Effect"] == "Allow":
            sources = [key for keys in statement.get("Condition", {}).values() for key in keys]
            if list(statement["Principal"]) != ["Service"] or "aws:SourceArn" not in sources:
                yield f"{name}'s policy allows more than a service on behalf of a resource"


def denies(statement: dict, action: str, resource: dict) -> bool:
    everyone = statement["Effect"] == "Deny" and statement["Principal"] == "*"
    return everyone and action in as_list(statement["Action"]) and resource in as_list(statement["Resource"])


def alarms(template: Template) -> Iterator[str]:
    own = [{"Ref": name} for name, _ in template.of("AWS::SNS::Topic") if name == "OperatorTopic"]
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for name, alarm in template.of("AWS::CloudWatch::Alarm"):
        if not any(action in [OPERATOR, *own] for action in alarm.get("AlarmActions", [])):
            yield f"{name} doesn't tell the operator"
        description = alarm.get("AlarmDescription", "")
        text = description.get("Fn::Sub", "") if isinstance(description, dict) else description
        anchor = re.search(r"docs/operating\.md#([\w-]+)$", text)
        if not anchor:
            yield f"{name}'s description doesn't end with where docs/operating.md says what to do"
        elif anchor[1] not in anchors:
            yield f"{name}'s description leads to docs/operating.md#{anchor[1]}, which isn't there"


def functions(template: Template) -> Iterator[str]:
    groups = dict(template.of("AWS::Logs::LogGroup"))
    for name, group in groups.items():
        if not group.get("RetentionInDays"):
            yield f"{name} keeps its logs for ever"
    for name, function in template.of("AWS::Serverless::Function", "AWS::Lambda::Function"):
        if function.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref") not in groups:
            yield f"{name} has no log group of its template's"
        streams = [e for e in function.get("Events", {}).values() if e["Type"] == "DynamoDB"]
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield from event_source_faults(template, name, event["Properties"])
        if streams and not template.alarmed("IteratorAge", "FunctionName", {"Ref": name}):
            yield f"{name} reads a stream and has no alarm on IteratorAge"


def event_source_faults(template: Template, function: str, source: dict) -> Iterator[str]:
    """A function that takes messages leaves concurrency to others, and its queue leaves the count of attempts to it."""
    bound = template.parameters.get(source.get("ScalingConfig", {}).get("MaximumConcurrency", {}).get("Ref"), {})
    if bound.get("Type") != "Number" or bound.get("MinValue") != 2:
        yield f"{function} takes messages, and no parameter, a number from 2, bounds its MaximumConcurrency"
    queue = source["Queue"]["Fn::GetAtt"][0]
    redrive = dict(template.of("AWS::SQS::Queue"))[queue].get("RedrivePolicy", {})
    if redrive.get("maxReceiveCount") != MAX_RECEIVES:
        yield f"{queue} doesn't leave the count of attempts to {function}: its maxReceiveCount isn't {MAX_RECEIVES}"


def state_machines(template: Template) -> Iterator[str]:
    for name, _ in template.of("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"):
        for metric in ("ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"):
            if not template.alarmed(metric, "StateMachineArn", {"Ref": name}):
                yield f"{name} has no alarm on {metric}"


def apis(template: Template) -> Iterator[str]:
    stages = {p["RestApiId"]["Ref"]: p for _, p in template.of("AWS::ApiGateway::Stage")}
    for name, api in template.of("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"):
        if not template.alarmed("5XXError", "ApiName", api["Name"]):
            yield f"{name} has no alarm on 5XXError"
        settings = {(s["HttpMethod"], s["ResourcePath"]): s for s in stages.get(name, api).get("MethodSettings", [])}
        for method, path, authorization in methods(template, name, api):
            if authorization != "AWS_IAM":
                yield f"{method} {path} can be called without AWS_IAM"
            # The form of the path that API Gateway wants: a slash, and then the path with its slashes escaped.
            limits = settings.pop((method, "/" + path.replace("/", "~1")), {})
            rate, burst = limits.get("ThrottlingRateLimit"), limits.get("ThrottlingBurstLimit")
            if not (rate and burst):
                yield f"{method} {path} has no throttling limits of its own"
            elif f"| `{method} {path}` | {rate:,} | {burst:,} |" not in RUNBOOK.read_text():
                yield f"docs/operating.md doesn't say that {method} {path} is limited to {rate:,} a second, {burst:,} at once"
        for method, path in settings:
            yield f"{name} limits {method} {path}, which isn't there"


def methods(template: Template, name: str, api: dict) -> Iterator[tuple[str, str, str]]:
    """The methods of an API: how, where, and who may call."""
    for _, method in template.of("AWS::ApiGateway::Method"):
        if method["RestApiId"] == {"Ref": name}:
            yield method["HttpMethod"], path_of(template, method["ResourceId"]), method.get("AuthorizationType", "NONE")
    for _, function in template.of("AWS::Serverless::Function"):
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api" and event["Properties"]["RestApiId"] == {"Ref": name}:
                given = event["Properties"]
                authorization = {**api.get("Auth", {}), **given.get("Auth", {})}
                who = authorization.get("Authorizer", authorization.get("DefaultAuthorizer", "NONE"))
                yield given["Method"].upper(), given["Path"], who


def path_of(template: Template, resource: dict) -> str:
    if "Ref" not in resource:
        return ""
    properties = template.resources[resource["Ref"]]["Properties"]
    return f"{path_of(template, properties['ParentId'])}/{properties['PathPart']}"


def main() -> None:
    rules = (queues, topics, buckets, alarms, functions, state_machines, apis)
    found = [f"{t.name}: {fault}" for t in map(Template, templates()) for rule in rules for fault in rule(t)]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
