"""Rules for alarms: which there are, whom they tell, and where they lead the operator."""

import re
from collections.abc import Iterator

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._source import APIS, DOCS, FUNCTIONS, Properties, Source, runbook

# A term of a search with a hyphen.
HYPHENATED = re.compile(r'\b\w+=[^\s"\'\\]*-[\w${}-]*')
OPERATOR = {"Fn::ImportValue": {"Fn::Sub": "wild-rydes-${Stage}-OperatorTopicArn"}}


class QueuesWatched(CloudFormationLintRule):
    id = "E9020"
    shortdesc = "An alarm watches each queue"
    description = "An alarm watches the age of messages in a queue, or their number in a queue without a dead-letter queue"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for name, queue in source.of("AWS::SQS::Queue"):
            # Messages stay in a queue that has no dead-letter queue.
            metric = "ApproximateAgeOfOldestMessage" if "RedrivePolicy" in queue else "ApproximateNumberOfMessagesVisible"
            if not source.has_alarm(metric, "QueueName", {"Fn::GetAtt": [name, "QueueName"]}):
                found.append(source.match(f"{name} has no alarm on {metric}", name))
        return found


class StreamReadersWatched(CloudFormationLintRule):
    id = "E9021"
    shortdesc = "An alarm watches each function that reads a stream"
    description = "An alarm watches how far behind a stream's end its reader is"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{function} reads a stream and has no alarm on IteratorAge", function, "Events", event)
            for function, event, _ in source.events("DynamoDB")
            if not source.has_alarm("IteratorAge", "FunctionName", source.name_of(function))
        ]


class StateMachinesWatched(CloudFormationLintRule):
    id = "E9022"
    shortdesc = "Alarms watch each state machine"
    description = (
        "Alarms watch the executions of a state machine that were aborted, failed, or timed out, and tell when none succeeds"
    )
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} has no alarm on {metric}", name)
            for name, _ in source.of("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine")
            for metric in ("ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsSucceeded")
            if not source.has_alarm(metric, "StateMachineArn", {"Ref": name})
        ]


class ApisWatched(CloudFormationLintRule):
    id = "E9023"
    shortdesc = "An alarm watches each API"
    description = "An alarm watches how many requests an API answers with a server error"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} has no alarm on 5XXError", name)
            for name, api in source.of(*APIS)
            if not source.has_alarm("5XXError", "ApiName", api.get("Name"))
        ]


class SearchesFindPartsOfNames(CloudFormationLintRule):
    id = "E9027"
    shortdesc = "A dashboard's searches have no hyphens outside of quotation marks"
    description = "CloudWatch takes names apart at hyphens, so a term with one finds nothing, and a dashboard stays empty"
    source_url = DOCS
    tags = ["wild-rydes", "dashboards"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} searches for {term}: make each part a term", name, "DashboardBody")
            for name, dashboard in source.of("AWS::CloudWatch::Dashboard")
            for term in dict.fromkeys(HYPHENATED.findall(str(dashboard.get("DashboardBody"))))
        ]


class AlarmsTellTheOperator(CloudFormationLintRule):
    id = "E9024"
    shortdesc = "An alarm tells the operator"
    description = "Each alarm has the operator's topic among its actions"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        topics = [OPERATOR, *({"Ref": name} for name, _ in source.of("AWS::SNS::Topic") if name == "OperatorTopic")]
        return [
            source.match(f"{name} doesn't tell the operator", name)
            for name, alarm in source.of("AWS::CloudWatch::Alarm")
            if not any(action in topics for action in alarm.get("AlarmActions", []))
        ]


class AlarmsLeadToTheRunbook(CloudFormationLintRule):
    id = "E9025"
    shortdesc = "An alarm's description leads to the runbook"
    description = "The description of an alarm ends with the section of docs/operating.md that says what to do"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [source.match(fault, name, *path) for name, fault, path in self.faults(source)]

    def faults(self, source: Source) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for name, alarm in source.of("AWS::CloudWatch::Alarm"):
            section = re.search(r"docs/operating\.md#([\w-]+)$", description(alarm))
            if not section:
                yield name, f"{name}'s description doesn't end with where docs/operating.md says what to do", ()
            elif section[1] not in sections():
                fault = f"{name}'s description leads to docs/operating.md#{section[1]}, which isn't there"
                yield name, fault, ("AlarmDescription",)


class FunctionsWatched(CloudFormationLintRule):
    id = "E9026"
    shortdesc = "Alarms watch each function"
    description = "Alarms watch the invocations of a function that end with an error, and those that Lambda throttles"
    source_url = DOCS
    tags = ["wild-rydes", "alarms"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} has no alarm on {metric}", name)
            for name, _ in source.of(*FUNCTIONS)
            for metric in ("Errors", "Throttles")
            if not source.has_alarm(metric, "FunctionName", source.name_of(name))
        ]


def description(alarm: Properties) -> str:
    given = alarm.get("AlarmDescription", "")
    return str(given.get("Fn::Sub", "") if isinstance(given, dict) else given)


def sections() -> set[str]:
    """The anchors of the runbook's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", runbook(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
