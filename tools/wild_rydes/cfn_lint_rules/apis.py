"""Rules for the methods of APIs."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._apis import Method, declared, methods, setting_path, settings
from wild_rydes.cfn_lint_rules._source import APIS, DOCS, Source, runbook


class CallersSign(CloudFormationLintRule):
    id = "E9040"
    shortdesc = "Callers of an API sign their requests"
    description = "Each method asks for AWS_IAM"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{method.verb} {method.path} can be called without AWS_IAM", method.resource)
            for method in methods(source)
            if method.authorization != "AWS_IAM"
        ]


class MethodsLimited(CloudFormationLintRule):
    id = "E9041"
    shortdesc = "Each method has throttling limits of its own"
    description = "Without limits of its own, one method takes what the account's limit leaves to all"
    source_url = DOCS
    tags = ["wild-rydes", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{method.verb} {method.path} has no throttling limits of its own", method.resource)
            for method in methods(source)
            if not limits(method)
        ]


class LimitsDocumented(CloudFormationLintRule):
    id = "E9042"
    shortdesc = "The runbook names the limits of each method"
    description = "The table of limits in docs/operating.md has a row for each method, with what the template says"
    source_url = DOCS
    tags = ["wild-rydes", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for method in methods(source):
            if (
                limited := limits(method)
            ) and f"| `{method.verb} {method.path}` | {limited[0]:,} | {limited[1]:,} |" not in runbook():
                fault = f"docs/operating.md doesn't say that {method.verb} {method.path} is limited to "
                found.append(source.match(f"{fault}{limited[0]:,} a second, {limited[1]:,} at once", method.resource))
        return found


class LimitsHaveMethods(CloudFormationLintRule):
    id = "E9043"
    shortdesc = "Limits are those of methods that exist"
    description = "A limit whose method or path is misspelt limits nothing"
    source_url = DOCS
    tags = ["wild-rydes", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} limits {verb} {path}, which isn't there", name)
            for name, api in source.of(*APIS)
            for verb, path in sorted(settings(source, name, api).keys() - existing(source, name, api))
        ]


def limits(method: Method) -> tuple[int, int] | None:
    """The requests that a method takes a second, and at once."""
    rate, burst = method.settings.get("ThrottlingRateLimit"), method.settings.get("ThrottlingBurstLimit")
    return (rate, burst) if rate and burst else None


def existing(source: Source, name: str, api: dict[str, object]) -> set[tuple[str, str]]:
    return {(verb, setting_path(path)) for verb, path, _, _ in declared(source, name, api)}
