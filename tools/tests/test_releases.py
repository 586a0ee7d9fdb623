"""A release moves the alias of each function, and everything calls the alias, as SAM transforms the templates."""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from wild_rydes import environments
from wild_rydes.templates.reader import templates

PARAMETERS = {"Stage": "dev", "Name": "sunshine", "Release": "one"}
# The most alarms that CodeDeploy takes for a release.
MOST_ALARMS = 10
ALIAS = "live"
Resources = dict[str, dict[str, Any]]


@functools.cache
def transformed(canary: str, release: str = "one") -> dict[str, dict[str, Any]]:
    given = json.dumps({**PARAMETERS, "CanaryReleases": canary, "Release": release})
    return json.loads(environments.output("sam", "wild_rydes.cloud.transformed", given, *templates()))


def of(kind: str, resources: Resources) -> Resources:
    return {name: it for name, it in resources.items() if it["Type"] == kind}


def stacks(canary: str) -> Iterator[tuple[str, Resources]]:
    for name, template in transformed(canary).items():
        if of("AWS::Lambda::Function", template["Resources"]):
            yield name, template["Resources"]


@pytest.fixture(params=["true", "false"])
def canary(request: pytest.FixtureRequest) -> str:
    return request.param


def test_each_function_has_an_alias_of_its_newest_version(canary: str) -> None:
    for _, resources in stacks(canary):
        for function in of("AWS::Lambda::Function", resources):
            alias = resources[f"{function}Alias{ALIAS}"]["Properties"]
            assert (alias["Name"], alias["FunctionName"]) == (ALIAS, {"Ref": function})
            version, _ = alias["FunctionVersion"]["Fn::GetAtt"]
            assert resources[version]["Properties"]["FunctionName"] == {"Ref": function}


def test_each_event_source_and_schedule_calls_the_alias(canary: str) -> None:
    for _, resources in stacks(canary):
        called = [it["Properties"]["FunctionName"] for it in of("AWS::Lambda::EventSourceMapping", resources).values()]
        called += [it["Properties"]["FunctionName"] for it in of("AWS::Lambda::Permission", resources).values()]
        called += [t["Arn"] for it in of("AWS::Events::Rule", resources).values() for t in it["Properties"]["Targets"]]
        aliases: list[dict[str, str]] = [{"Ref": alias} for alias in of("AWS::Lambda::Alias", resources)]
        aliases += [{"Fn::Sub": f"${{{function}.Arn}}:{ALIAS}"} for function in of("AWS::Lambda::Function", resources)]
        assert [call for call in called if call not in aliases] == []


def test_each_permission_that_stands_in_a_template_waits_for_the_alias(canary: str) -> None:
    """SAM adds the others. A permission names the alias by its ARN, because LocalStack knows no alias before SAM's transform."""
    waiting = {}
    for _, resources in stacks(canary):
        for permission in of("AWS::Lambda::Permission", resources).values():
            named = permission["Properties"]["FunctionName"].get("Fn::Sub", "")
            if function := re.fullmatch(rf"\$\{{(\w+)\.Arn\}}:{ALIAS}", named):
                waiting[function[1]] = permission["DependsOn"]
    assert len(waiting) == 3
    assert waiting == {function: f"{function}Alias{ALIAS}" for function in waiting}


def test_each_method_that_calls_a_function_calls_the_alias(canary: str) -> None:
    uris = re.findall(r"functions/([^/]+)/invocations", json.dumps(transformed(canary)))
    assert len(uris) == 4
    assert [uri for uri in uris if not re.fullmatch(rf"\$\{{\w+Alias{ALIAS}\}}|\$\{{\w+\.Arn\}}:{ALIAS}", uri)] == []


def test_the_saga_calls_the_alias_and_may_call_nothing_else(canary: str) -> None:
    accounting, saga = (transformed(canary)[name] for name in ("customer-accounting", "fare-collection"))
    assert accounting["Outputs"]["CreditAccountAliasArn"]["Value"] == {"Fn::Sub": f"${{CreditAccount.Arn}}:{ALIAS}"}
    imports = re.findall(r"wild-rydes-\$\{Stage\}-(CreditAccount\w+)", json.dumps(saga))
    assert imports == ["CreditAccountAliasArn", "CreditAccountAliasArn"]


def test_a_canary_goes_back_on_the_services_own_alarms_and_on_those_of_the_function() -> None:
    for name, resources in stacks("true"):
        functions = of("AWS::Lambda::Function", resources)
        groups = of("AWS::CodeDeploy::DeploymentGroup", resources)
        assert groups.keys() == {f"{function}DeploymentGroup" for function in functions}, name
        own = {alarm for alarm in of("AWS::CloudWatch::Alarm", resources) if re.search("(Dlq|Delay|ApiError)Alarm$", alarm)}
        for function in functions:
            group = groups[f"{function}DeploymentGroup"]["Properties"]
            watched = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
            assert set(watched) == own | {f"{function}ErrorAlarm"}
            assert len(watched) <= MOST_ALARMS
            assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
            assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent15Minutes"}
            assert "CodeDeployLambdaAliasUpdate" in resources[f"{function}Alias{ALIAS}"]["UpdatePolicy"]
        # The one role of the stage, and not SAM's, which has a managed policy.
        assert "CodeDeployServiceRole" not in resources


def test_a_stage_without_canaries_has_nothing_of_codedeploy() -> None:
    for _, resources in stacks("false"):
        assert [it["Type"] for it in resources.values() if it["Type"].startswith("AWS::CodeDeploy")] == []
        assert [name for name, it in resources.items() if "UpdatePolicy" in it] == []
    assert "ReleaseRoleArn" not in json.dumps([resources for _, resources in stacks("false")])


def test_another_release_is_another_version_of_each_function() -> None:
    one, two = (
        {
            version
            for stack in transformed("false", release).values()
            for version in of("AWS::Lambda::Version", stack["Resources"])
        }
        for release in ("one", "two")
    )
    assert one
    assert not one & two
