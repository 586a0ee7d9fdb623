"""The parameters of logs and traces do what they say, and AWS's own logs of requests and executions hold no data of customers."""

import re
from pathlib import Path

import pytest

from wild_rydes.templates.reader import parameters, read, resources, templates

# Ids that are made at random, names that the templates give, and numbers.
HARMLESS = {
    *("requestId", "integration.requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "status", "error.responseType"),
    *("responseLatency", "integration.status", "integrationLatency", "xrayTraceId"),
}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_an_access_log_has_neither_callers_nor_what_they_sent(template: Path) -> None:
    for resource in resources(template).values():
        if resource["Type"] in ("AWS::Serverless::Api", "AWS::ApiGateway::Stage"):
            condition, logged, _ = resource["Properties"]["AccessLogSetting"]["Fn::If"]
            assert condition == "HasAccessLogs"
            variables = set(re.findall(r"\$context\.([\w.]+)", logged["Format"]))
            assert variables <= HARMLESS
            assert {"requestId", "integration.requestId", "status", "responseLatency", "xrayTraceId"} <= variables


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_an_executions_log_has_no_data(template: Path) -> None:
    for resource in resources(template).values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            logging = resource["Properties"]["Logging"]
            assert logging["IncludeExecutionData"] is False
            assert logging["Level"] == {"Ref": "ExecutionLogLevel"}
            assert logging["Destinations"]


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_nothing_is_traced_and_every_failure_is_logged_unless_a_parameter_says_otherwise(template: Path) -> None:
    known = {
        "Tracing": ("PassThrough", ["Active", "PassThrough"]),
        # Alarms count lines with errors, so no level leaves those out.
        "LogLevel": ("INFO", ["INFO", "WARN", "ERROR"]),
        "AccessLogs": ("false", ["true", "false"]),
    }
    declared = {name: (of["Default"], of["AllowedValues"]) for name, of in parameters(template).items() if name in known}
    assert declared == {name: known[name] for name in declared}
    conditions = read(template).get("Conditions", {})
    for condition, parameter, value in (("IsTraced", "Tracing", "Active"), ("HasAccessLogs", "AccessLogs", "true")):
        expected = {"Fn::Equals": [{"Ref": parameter}, value]} if parameter in declared else None
        assert conditions.get(condition) == expected


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_one_parameter_traces_functions_apis_and_executions(template: Path) -> None:
    traced = {"Fn::If": ["IsTraced", True, False]}
    for_functions = read(template).get("Globals", {}).get("Function", {})
    for resource in resources(template).values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                assert properties.get("Tracing", for_functions["Tracing"]) == {"Ref": "Tracing"}
                assert for_functions["Environment"]["Variables"]["LOG_LEVEL"] == {"Ref": "LogLevel"}
            case "AWS::Serverless::Api" | "AWS::ApiGateway::Stage":
                assert properties["TracingEnabled"] == traced
            case "AWS::Serverless::StateMachine":
                assert properties["Tracing"] == {"Enabled": traced}
