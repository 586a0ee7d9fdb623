"""The logs that AWS itself writes of requests and executions hold no data of customers."""

import re
from pathlib import Path

import pytest

from wild_rydes.templates.reader import resources, templates

# Ids that are made at random, names that the templates give, and numbers.
HARMLESS = {
    *("requestId", "integration.requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "status", "error.responseType"),
    *("responseLatency", "integration.status", "integrationLatency", "xrayTraceId"),
}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_an_access_log_has_neither_callers_nor_what_they_sent(template: Path) -> None:
    for resource in resources(template).values():
        if resource["Type"] in ("AWS::Serverless::Api", "AWS::ApiGateway::Stage"):
            _, logged, _ = resource["Properties"]["AccessLogSetting"]["Fn::If"]
            variables = set(re.findall(r"\$context\.([\w.]+)", logged["Format"]))
            assert variables <= HARMLESS
            assert {"requestId", "integration.requestId", "status", "responseLatency"} <= variables


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_an_executions_log_has_no_data(template: Path) -> None:
    for resource in resources(template).values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            logging = resource["Properties"]["Logging"]
            assert logging["IncludeExecutionData"] is False
            assert logging["Destinations"]
