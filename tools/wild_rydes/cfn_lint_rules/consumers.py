"""Rules for queues, what comes into them, and the functions that take their messages."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._source import DOCS, Source
from wild_rydes.templates.reader import as_list

# The most that SQS allows.
MAX_RECEIVES = 1000
# Lambda's own, where a template says nothing.
DEFAULT_TIMEOUT = 3
# As AWS recommends, so that Lambda can keep a batch whose function is throttled.
TIMEOUTS_OF_A_FUNCTION = 6


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


class InvisibleWhileHandled(CloudFormationLintRule):
    id = "E9033"
    shortdesc = "A message stays invisible while it is collected and handled"
    description = "The visibility timeout is at least six times the function's timeout, and the longest batching window on top"
    source_url = DOCS
    tags = ["wild-rydes", "retries"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, queues, found = Source(cfn), dict(Source(cfn).of("AWS::SQS::Queue")), []
        shared = source.document.get("Globals", {}).get("Function", {}).get("Timeout", DEFAULT_TIMEOUT)
        for function, _, event in source.events("SQS"):
            name = event["Queue"]["Fn::GetAtt"][0]
            timeout = source.resources[function]["Properties"].get("Timeout", shared)
            window = event.get("MaximumBatchingWindowInSeconds", 0)
            if isinstance(window, dict):
                window = source.parameters[window["Ref"]]["MaxValue"]
            needed = TIMEOUTS_OF_A_FUNCTION * timeout + window
            if queues[name].get("VisibilityTimeout", 0) < needed:
                fault = (
                    f"{name} shows messages again that {function} may still handle: its VisibilityTimeout is less than {needed}"
                )
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
