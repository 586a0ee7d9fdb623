"""Rules for queues, what comes into them, and the functions that take their messages."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._source import DOCS, Source
from wild_rydes.templates.reader import as_list

# The most that SQS allows.
MAX_RECEIVES = 1000


class ConcurrencyBounded(CloudFormationLintRule):
    id = "E9030"
    shortdesc = "A parameter bounds the concurrency of a function that takes messages"
    description = "MaximumConcurrency is a parameter, a number from 2, so that one service leaves concurrency to the others"
    source_url = DOCS
    tags = ["wild-rydes", "concurrency"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for function, event, queue in source.events("SQS"):
            bound = queue.get("ScalingConfig", {}).get("MaximumConcurrency", {})
            parameter = source.parameters.get(bound.get("Ref", "") if isinstance(bound, dict) else "", {})
            if parameter.get("Type") != "Number" or parameter.get("MinValue") != 2:
                fault = f"{function} takes messages, and no parameter, a number from 2, bounds its MaximumConcurrency"
                found.append(source.match(fault, function, "Events", event))
        return found


class AttemptsCounted(CloudFormationLintRule):
    id = "E9031"
    shortdesc = "A queue leaves the count of attempts to the function that takes its messages"
    description = "The maxReceiveCount of such a queue is the highest that SQS allows, because a receive need not be an attempt"
    source_url = DOCS
    tags = ["wild-rydes", "retries"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, queues, found = Source(cfn), dict(Source(cfn).of("AWS::SQS::Queue")), []
        for function, _, event in source.events("SQS"):
            name = event["Queue"]["Fn::GetAtt"][0]
            if queues[name].get("RedrivePolicy", {}).get("maxReceiveCount") != MAX_RECEIVES:
                fault = f"{name} doesn't leave the count of attempts to {function}: its maxReceiveCount isn't {MAX_RECEIVES}"
                found.append(source.match(fault, name))
        return found


class SubscriptionsWait(CloudFormationLintRule):
    id = "E9032"
    shortdesc = "A subscription waits for its queue's policy"
    description = "Until the policy allows SNS to send, events are lost: the dead-letter queue has the same policy"
    source_url = DOCS
    tags = ["wild-rydes", "delivery"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for name, subscription in source.of("AWS::SNS::Subscription"):
            queue = {"Ref": subscription["Endpoint"]["Fn::GetAtt"][0]} if subscription["Protocol"] == "sqs" else {}
            waited_for = as_list(source.resources[name].get("DependsOn", []))
            for policy, properties in source.of("AWS::SQS::QueuePolicy"):
                if queue in as_list(properties["Queues"]) and policy not in waited_for:
                    found.append(source.match(f"{name} doesn't wait for {policy}: add DependsOn", name))
        return found
