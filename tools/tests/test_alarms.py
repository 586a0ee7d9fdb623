"""The alarms on the share of failed collections: an emulator knows no metric math, so their expressions are evaluated here."""

from typing import Any

import pytest

from wild_rydes.paths import INFRA
from wild_rydes.templates.reader import read

TEMPLATE = read(INFRA / "fare-collection.yaml")
FUNCTIONS = {"IF": lambda condition, then, otherwise: then if condition else otherwise, "FILL": lambda value, by: value or by}


def goes_off(alarm: dict[str, Any], measured: dict[str, int]) -> bool:
    """Tells if an alarm goes off after as many windows with such sums as it looks at. A metric that is not there has no sum."""
    parts = {part["Id"]: part for part in alarm["Metrics"]}
    sums = {
        name: measured.get(part["MetricStat"]["Metric"]["MetricName"], 0) for name, part in parts.items() if "MetricStat" in part
    }
    [expression] = [part["Expression"] for part in parts.values() if "Expression" in part]
    # CloudWatch divides by nothing to no value; IF chooses the other branch here, but Python would evaluate both.
    value = eval(expression, {**FUNCTIONS, **{name: Sum(value) for name, value in sums.items()}})
    threshold = alarm["Threshold"]
    if "Ref" in threshold:
        threshold = TEMPLATE["Parameters"][threshold["Ref"]]["Default"]
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    return bool(value >= threshold)


class Sum(int):
    def __rtruediv__(self, other: int) -> float:
        return other / int(self) if self else 0


@pytest.mark.parametrize(
    ("started", "succeeded", "failed", "expected"),
    [
        pytest.param(0, 0, 0, False, id="nothing happens"),
        pytest.param(3, 3, 0, False, id="few, all succeed"),
        pytest.param(1, 0, 1, False, id="one fails, as when a customer can't pay"),
        pytest.param(3, 1, 2, False, id="few, one succeeds"),
        pytest.param(2, 0, 2, True, id="few, all fail"),
        pytest.param(19, 0, 19, True, id="not enough for a share, all fail"),
        pytest.param(2, 0, 0, False, id="all are under way"),
        pytest.param(100, 80, 20, False, id="many, some fail"),
        pytest.param(100, 70, 30, True, id="many, more fail than refusals explain"),
    ],
)
def test_an_alarm_goes_off_when_fares_fail_however_few_there_are(
    started: int, succeeded: int, failed: int, expected: bool
) -> None:
    measured = {"ExecutionsStarted": started, "ExecutionsSucceeded": succeeded, "ExecutionsFailed": failed}
    alarms = [
        resource["Properties"]
        for resource in TEMPLATE["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    ]
    assert any(goes_off(alarm, measured) for alarm in alarms) is expected
