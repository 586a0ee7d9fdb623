"""Each rule of our own finds a template that breaks it, at the right line, and leaves alone one that keeps it."""

import re
from pathlib import Path

import pytest
from cfnlint.decode import decode
from cfnlint.helpers import load_plugins
from cfnlint.template import Template

from wild_rydes.paths import ROOT

KEPT = Path(__file__).parent / "templates" / "kept.yaml"
RULES = {rule.id: rule for rule in load_plugins(str(ROOT / "tools" / "wild_rydes" / "cfn_lint_rules"))}
TLS = 'Bool: {"aws:SecureTransport": "false"}'
# The rule, the text that is replaced where it is found first after the resource's name, the text in its place, the message, and
# the line that it is about.
BROKEN = [
    ("E9001", "BufferPolicy", TLS, 'Bool: {"aws:SecureTransport": "true"}', "Buffer has no policy that denies sqs:*", "Buffer:"),
    ("E9001", "DeadLettersPolicy", "IsOnAws", "IsOnEmulator", "DeadLetters has no policy that denies", "DeadLetters:"),
    ("E9001", "LakePolicy", ', !Sub "${Lake.Arn}/*"', "", "Lake has no policy that denies s3:* without TLS", "Lake:"),
    (
        "E9001",
        "TopicPolicy",
        "!If [IsOnEmulator, ",
        "!If [IsOnAws, ",
        "OperatorTopic has no policy that denies",
        "OperatorTopic:",
    ),
    ("E9002", "TopicPolicy", "aws:SourceArn", "aws:Other", "OperatorTopic's policy allows more than a service", "OperatorTopic:"),
    ("E9002", "TopicPolicy", "Service:", "AWS:", "OperatorTopic's policy allows more than a service", "OperatorTopic:"),
    ("E9003", "TopicPolicy", "ArnNotEquals", "ArnEquals", "doesn't close it to all but its publisher", "OperatorTopic:"),
    ("E9010", "Buffer", "SqsManagedSseEnabled: true, ", "", "Buffer is not encrypted", "Buffer:"),
    ("E9010", "DeadLetters", "KmsMasterKeyId", "QueueName", "DeadLetters is not encrypted", "DeadLetters:"),
    ("E9010", "OperatorTopic", "KmsMasterKeyId", "DisplayName", "OperatorTopic is not encrypted", "OperatorTopic:"),
    ("E9010", "Lake", "BucketEncryption", "Other", "Lake is not encrypted", "Lake:"),
    ("E9011", "Lake", "IgnorePublicAcls: true", "IgnorePublicAcls: false", "Lake lacks IgnorePublicAcls", "Lake:"),
    ("E9012", "Logs", "RetentionInDays: 30", "LogGroupName: l", "Logs keeps its logs for ever", "Logs:"),
    ("E9013", "Handler", "!Ref Logs", "another", "Handler has no log group of its template's", "Handler:"),
    ("E9014", "Ledger", "RetainExceptOnCreate", "Delete", "Ledger needs DeletionPolicy: RetainExceptOnCreate", "Ledger:"),
    ("E9014", "Ledger", "UpdateReplacePolicy: Retain", "Metadata: {}", "Ledger needs UpdateReplacePolicy: Retain", "Ledger:"),
    ("E9014", "Ledger", "!If [ProtectsData, true, false]", "false", "Ledger can't be protected from deletion", "Ledger:"),
    ("E9014", "Lake", "RetainExceptOnCreate", "Retain", "Lake needs DeletionPolicy: RetainExceptOnCreate", "Lake:"),
    ("E9014", "Attempts", "DeletionPolicy: Delete", "Metadata: {}", "Attempts needs DeletionPolicy: Delete", "Attempts:"),
    ("E9020", "BufferAgeAlarm", "!GetAtt Buffer.", "!GetAtt DeadLetters.", "Buffer has no alarm on ApproximateAge", "Buffer:"),
    ("E9020", "DeadLettersAlarm", "MessagesVisible", "Messages", "DeadLetters has no alarm on ApproximateNumber", "DeadLetters:"),
    (
        "E9021",
        "HandlerLagAlarm",
        "${Stage}-handler",
        "${Stage}-other",
        "Handler reads a stream and has no alarm on IteratorAge",
        "Rows:",
    ),
    ("E9022", "SagaAlarm", "ExecutionsTimedOut", "Other", "Saga has no alarm on ExecutionsTimedOut", "Saga:"),
    ("E9022", "SagaAlarm", "ExecutionsSucceeded", "Other", "Saga has no alarm on ExecutionsSucceeded", "Saga:"),
    ("E9023", "ApiErrorsAlarm", "${Stage}-api", "${Stage}-other", "Api has no alarm on 5XXError", "Api:"),
    ("E9023", "EdgeErrorsAlarm", "5XXError", "4XXError", "Edge has no alarm on 5XXError", "Edge:"),
    ("E9024", "SagaAlarm", "!Ref OperatorTopic", "!Ref Buffer", "SagaAlarm doesn't tell the operator", "SagaAlarm:"),
    (
        "E9024",
        "DeadLettersAlarm",
        "Fn::ImportValue",
        "Fn::Other",
        "DeadLettersAlarm doesn't tell the operator",
        "DeadLettersAlarm:",
    ),
    ("E9025", "HandlerLagAlarm", "see docs/operating.md#", "", "description doesn't end with where docs/", "HandlerLagAlarm:"),
    (
        "E9025",
        "SagaAlarm",
        "#failing-collections",
        "#no-such",
        "docs/operating.md#no-such, which isn't there",
        "AlarmDescription:",
    ),
    ("E9026", "HandlerAlarm", "Errors", "Others", "Handler has no alarm on Errors", "Handler:"),
    ("E9026", "HandlerAlarm", "Throttles", "Others", "Handler has no alarm on Throttles", "Handler:"),
    ("E9027", "Dashboard", "=wild QueueName=rydes", "=wild-rydes", "searches for QueueName=wild-rydes", "DashboardBody:"),
    ("E9030", "Bound", "MinValue: 2", "MinValue: 1", "Handler takes messages, and no parameter", "Messages:"),
    ("E9030", "Handler", "MaximumConcurrency: !Ref Bound", "MaximumConcurrency: 5", "and no parameter", "Messages:"),
    ("E9031", "Buffer", "maxReceiveCount: 1000", "maxReceiveCount: 5", "Buffer doesn't leave the count of attempts", "Buffer:"),
    ("E9032", "Subscription", "BufferPolicy", "TopicPolicy", "Subscription doesn't wait for BufferPolicy", "Subscription:"),
    ("E9033", "Buffer", "VisibilityTimeout: 80", "VisibilityTimeout: 79", "its VisibilityTimeout is less than 80", "Buffer:"),
    ("E9033", "Window", "MaxValue: 20", "MaxValue: 21", "its VisibilityTimeout is less than 81", "Buffer:"),
    ("E9033", "Handler", "Timeout: 10", "Timeout: 11", "its VisibilityTimeout is less than 86", "Buffer:"),
    ("E9040", "QueryMethod", "AWS_IAM", "NONE", "GET /query-instant-ride-rfq/{id} can be called without AWS_IAM", "QueryMethod:"),
    ("E9040", "Api", "DefaultAuthorizer: AWS_IAM", "ApiKeyRequired: true", "POST /submit-ride-completion can be", "Handler:"),
    (
        "E9041",
        "Api",
        "ThrottlingRateLimit: !Ref Requests",
        "ThrottlingRateLimit: 5",
        "POST /submit-ride-completion has no throttling",
        "Handler:",
    ),
    ("E9042", "Queries", "300", "301", "is limited to 301 a second, 301 at once", "QueryMethod:"),
    ("E9044", "Refusal", '"400"', '"401"', "is not deployed anew with the API as it is now: call it Deployment", "Deployment"),
    ("E9044", "IdResource", "{id}", "{key}", "is not deployed anew with the API as it is now", "Deployment"),
    ("E9044", "Deployment9ec9a2f2", ", Refusal", "", "may come before Refusal: add it to DependsOn", "Deployment"),
    ("E9050", "Handler", "${AWS::Partition}", "aws", "stream/1' holds in one partition only", "Properties:"),
    (
        "E9050",
        "Lake",
        "BucketEncryption",
        "WebsiteURL: !Sub 'b.s3.${AWS::Region}.amazonaws.com'\n      BucketEncryption",
        "one partition",
        "W",
    ),
    (
        "E9051",
        "Handler",
        "!Sub wild-rydes-${Stage}-handler",
        "handler",
        "Handler has the same name in every stage",
        "FunctionName:",
    ),
    (
        "E9051",
        "SagaAlarm",
        "Type:",
        "Condition: wild-rydes-x\n    Type:",
        "'wild-rydes-x' is the same in every stage",
        "Condition:",
    ),
    (
        "E9051",
        "Dashboard",
        "wild-rydes-${Stage}",
        "wild-rydes-dashboard",
        "'wild-rydes-dashboard' is the same in every",
        "DashboardName",
    ),
    ("E9052", "Stage", "MaxLength: 9", "MinLength: 9", "Stage has no MaxLength", "Stage:"),
    (
        "E9052",
        "Stage",
        "MaxLength: 9",
        "MaxLength: 40",
        "the name of DeadLetters has up to 84 characters",
        "DeadLetters:",
    ),
    (
        "E9052",
        "Handler",
        "${Stage}-handler",
        "${Stage}-" + 50 * "x",
        "the name of Handler has up to 71 characters",
        "FunctionName:",
    ),
    ("E9043", "Handler", "/submit-ride-completion", "/other", "limits POST /~1submit-ride-completion, which isn't there", "Api:"),
]


def found(template: Path) -> list[tuple[str, str, str]]:
    """The faults in a template: the rule, its message, and the line."""
    document, errors = decode(str(template))
    assert not errors
    cfn, lines = Template(str(template), document, ["us-east-1"]), template.read_text().splitlines()
    return [(rule.id, match.message, lines[match.location[0]].strip()) for rule in RULES.values() for match in rule.match(cfn)]


def test_a_template_that_keeps_all_rules_has_no_faults() -> None:
    assert found(KEPT) == []


@pytest.mark.parametrize(("rule", "resource", "text", "by", "message", "line"), BROKEN, ids=lambda value: str(value)[:24])
def test_what_breaks_a_rule_is_found(
    rule: str, resource: str, text: str, by: str, message: str, line: str, tmp_path: Path
) -> None:
    before, declared, after = KEPT.read_text().partition(f"\n  {resource}:")
    assert text in after
    broken = tmp_path / "broken.yaml"
    broken.write_text(before + declared + after.replace(text, by, 1))
    faults = found(broken)
    assert [fault for fault in faults if fault[0] == rule and message in fault[1] and fault[2].startswith(line)], faults


def test_the_definition_of_a_state_machine_is_searched_too(tmp_path: Path) -> None:
    for file in (KEPT, KEPT.with_name("saga.asl.json")):
        (tmp_path / file.name).write_text(file.read_text().replace("arn:${Partition}:states", "arn:aws:states"))
    [(rule, message, line)] = found(tmp_path / KEPT.name)
    assert (rule, line) == ("E9050", "Properties: {DefinitionUri: saga.asl.json}")
    assert message.startswith("saga.asl.json:4: ")


def test_each_rule_is_broken_by_a_test() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_each_rule_has_a_row_in_the_docs() -> None:
    rows = dict(re.findall(r"^\| (E9\d{3}) \| (.+?) \|", (ROOT / "tools" / "README.md").read_text(), re.MULTILINE))
    assert rows == {rule.id: rule.shortdesc for rule in RULES.values()}
