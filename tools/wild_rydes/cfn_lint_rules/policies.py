"""Rules for the policies of queues, topics and buckets."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._policies import Statement, denies, guarded
from wild_rydes.cfn_lint_rules._source import DOCS, Source

# As it is on AWS, where no address is exempt.
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


class TlsDemanded(CloudFormationLintRule):
    id = "E9001"
    shortdesc = "A queue, topic or bucket refuses calls without TLS"
    description = "The policy of each queue, topic and bucket denies every action without TLS, to every principal"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} has no policy that denies {action} without TLS", name)
            for name, action, resources, statements in guarded(source)
            for resource in resources
            if not any(denies(s, action, resource) and s.get("Condition") == WITHOUT_TLS for s in statements)
        ]


class OnlyServicesAllowed(CloudFormationLintRule):
    id = "E9002"
    shortdesc = "The policy of a queue, topic or bucket allows services alone, on behalf of a resource"
    description = "A role says itself what it allows. A service has no role, and says for which of our resources it comes"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name}'s policy allows more than a service on behalf of a resource", name)
            for name, _, _, statements in guarded(source)
            for statement in statements
            if statement.get("Effect") == "Allow" and not for_a_resource(statement)
        ]


class TopicClosed(CloudFormationLintRule):
    id = "E9003"
    shortdesc = "A topic is closed to everybody but its publisher"
    description = "The policy of each topic denies publishing to every principal but its publisher, by the principal's ARN"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{topic.name}'s policy doesn't close it to all but its publisher", topic.name)
            for topic in guarded(source)
            if topic.action == "sns:Publish" and not any(closes(s, topic.name) for s in topic.statements)
        ]


def for_a_resource(statement: Statement) -> bool:
    keys = [key for keys in statement.get("Condition", {}).values() for key in keys]
    return list(statement["Principal"]) == ["Service"] and "aws:SourceArn" in keys


def closes(statement: Statement, topic: str) -> bool:
    """Tells whether a statement denies publishing to all but one principal, as "not" with the principal's ARN does."""
    excepts_one = bool({"ArnNotEquals", "ArnNotLike"} & set(statement.get("Condition", {})))
    return excepts_one and denies(statement, "sns:Publish", {"Ref": topic})
