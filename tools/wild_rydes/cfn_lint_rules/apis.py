"""Rules for the methods of APIs."""

import hashlib
import json
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._apis import Method, declared, methods, setting_path, settings
from wild_rydes.cfn_lint_rules._source import APIS, DOCS, Source, runbook
from wild_rydes.templates.reader import as_list

# A deployment publishes PARTS. It has to wait for those of PUBLISHED, because no other part refers to them.
PUBLISHED = ("AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse")
PARTS = (*PUBLISHED, "AWS::ApiGateway::Model", "AWS::ApiGateway::RequestValidator", "AWS::ApiGateway::Resource")


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
    description = "Parameters limit each method. Without limits of its own, one takes what the account's limit leaves to all"
    source_url = DOCS
    tags = ["wild-rydes", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{method.verb} {method.path} has no throttling limits of its own", method.resource)
            for method in methods(source)
            if not limits(source, method)
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
                limited := limits(source, method)
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


class DeploymentsChange(CloudFormationLintRule):
    id = "E9044"
    shortdesc = "The deployment of an API changes with its methods"
    description = "Only a new deployment publishes a changed method, so the name of the deployment has a digest of the API"
    source_url = DOCS
    tags = ["wild-rydes", "apis"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for name, deployment in source.of("AWS::ApiGateway::Deployment"):
            parts = deployed(source, deployment["RestApiId"]["Ref"])
            if name != (right := f"Deployment{digest(parts)}"):
                found.append(source.match(f"{name} is not deployed anew with the API as it is now: call it {right}", name))
            waited_for = as_list(source.resources[name].get("DependsOn", []))
            for part in (p for p, resource in parts.items() if resource["Type"] in PUBLISHED and p not in waited_for):
                found.append(source.match(f"{name} may come before {part}: add it to DependsOn", name))
        return found


def deployed(source: Source, api: str) -> dict[str, Any]:
    """The resources that a deployment of an API publishes."""
    there = source.resources.items()
    return {name: r for name, r in there if name == api or (r["Type"] in PARTS and r["Properties"]["RestApiId"] == {"Ref": api})}


def digest(parts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def limits(source: Source, method: Method) -> tuple[int, int] | None:
    """The requests that a method takes a second, and at once, by the defaults of its parameters."""
    settings = (method.settings.get(limit) for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"))
    names = [setting.get("Ref", "") if isinstance(setting, dict) else "" for setting in settings]
    rate, burst = (source.parameters.get(name, {}).get("Default") for name in names)
    return (rate, burst) if rate and burst else None


def existing(source: Source, name: str, api: dict[str, object]) -> set[tuple[str, str]]:
    return {(verb, setting_path(path)) for verb, path, _, _ in declared(source, name, api)}
