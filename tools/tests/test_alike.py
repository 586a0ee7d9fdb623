"""The check that the templates' blocks are alike. Each test breaks a copy of one template."""

from pathlib import Path

import pytest

from wild_rydes.templates.alike import faults
from wild_rydes.templates.blocks import Template
from wild_rydes.templates.reader import templates

INTACT = [Template(path) for path in templates()]


def faults_after(right: str, wrong: str, folder: Path) -> tuple[str, list[str]]:
    """Replaces a text in a template that has it. Returns the template's name, and all faults."""
    path = next(path for path in reversed(templates()) if right in path.read_text())
    (folder / path.name).write_text(path.read_text().replace(right, wrong, 1))
    broken = Template(folder / path.name)
    return path.name, list(faults([broken if template.name == path.name else template for template in INTACT]))


def test_the_templates_are_alike() -> None:
    assert list(faults(INTACT)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("maxReceiveCount: 1000", "maxReceiveCount: 5", id="value"),
        pytest.param("      SqsManagedSseEnabled: true\n", "", id="missing property"),
        pytest.param("      CodeUri: ", "      Tracing: Active\n      CodeUri: ", id="property that the others lack"),
        pytest.param("RetentionInDays: 30", "RetentionInDays: 7", id="retention of a log"),
        pytest.param("    Timeout: 10", "    Timeout: 20", id="globals"),
        pytest.param("- sqs:DeleteMessage\n", "- sqs:PurgeQueue\n", id="another right"),
        pytest.param("Action: [dynamodb:BatchGetItem, dynamodb:UpdateItem]", "Action: dynamodb:UpdateItem", id="missing right"),
        pytest.param("AttributeName: expiresAt", "AttributeName: expires", id="attempts table"),
        pytest.param("RawMessageDelivery: true", "RawMessageDelivery: false", id="subscription"),
        pytest.param("          ATTEMPTS_TABLE_NAME: !Ref AttemptsTable\n", "", id="environment variable"),
        pytest.param("            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", id="event source"),
        pytest.param("    MinValue: 2\n", "    MinValue: 1\n", id="parameter"),
        pytest.param("      Protocol: sqs\n      Endpoint: !GetAtt", "      Endpoint: !GetAtt", id="missing protocol"),
        pytest.param("# Lambda polls with", "# Lambda takes messages with", id="comment"),
        pytest.param("AgeAlarm:\n", "WaitAlarm:\n", id="name of a resource"),
    ],
)
def test_a_part_that_differs_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    name, found = faults_after(right, wrong, tmp_path)
    assert found
    assert all(fault.startswith(f"{name}: ") for fault in found)


def test_another_order_of_properties_is_found(tmp_path: Path) -> None:
    kept = "      MessageRetentionPeriod: 1209600\n      SqsManagedSseEnabled: true\n"
    turned = "      SqsManagedSseEnabled: true\n      MessageRetentionPeriod: 1209600\n"
    _, found = faults_after(kept, turned, tmp_path)
    assert ["stands before" in fault for fault in found] == [True]


def test_a_resource_between_those_of_a_block_is_found(tmp_path: Path) -> None:
    other = "    Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}\n"
    _, found = faults_after(other, f"{other}\n  Between:\n    Type: AWS::SNS::Topic\n", tmp_path)
    assert any("isn't followed by" in fault and "Between" not in fault for fault in found)
