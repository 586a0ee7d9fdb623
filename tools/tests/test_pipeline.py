"""The pipeline's role covers what the templates make, and the boundary is what their roles do."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from wild_rydes.paths import INFRA, ROOT
from wild_rydes.templates.reader import as_list, read, resources, templates
from wild_rydes.templates.rights import inline_policies

PIPELINE = INFRA / "account" / "pipeline.yaml"
THERE = resources(PIPELINE)
# The action that makes a resource, and further ones that making it takes.
MAKES = {
    "AWS::ApiGateway::Deployment": ["apigateway:POST"],
    "AWS::ApiGateway::GatewayResponse": ["apigateway:PUT"],
    "AWS::ApiGateway::Method": ["apigateway:PUT"],
    "AWS::ApiGateway::Model": ["apigateway:POST"],
    "AWS::ApiGateway::RequestValidator": ["apigateway:POST"],
    "AWS::ApiGateway::Resource": ["apigateway:POST"],
    "AWS::ApiGateway::RestApi": ["apigateway:POST"],
    "AWS::ApiGateway::Stage": ["apigateway:POST"],
    "AWS::Athena::WorkGroup": ["athena:CreateWorkGroup"],
    "AWS::Budgets::Budget": ["budgets:ModifyBudget"],
    "AWS::CloudWatch::Alarm": ["cloudwatch:PutMetricAlarm"],
    "AWS::CloudWatch::Dashboard": ["cloudwatch:PutDashboard"],
    "AWS::DynamoDB::Table": ["dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTimeToLive"],
    "AWS::Glue::Database": ["glue:CreateDatabase"],
    "AWS::Glue::Table": ["glue:CreateTable"],
    "AWS::IAM::ManagedPolicy": ["iam:CreatePolicy"],
    "AWS::IAM::Role": ["iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole"],
    "AWS::KMS::Key": ["kms:CreateKey", "kms:EnableKeyRotation"],
    "AWS::Lambda::Permission": ["lambda:AddPermission"],
    "AWS::Logs::LogGroup": ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
    "AWS::Logs::MetricFilter": ["logs:PutMetricFilter"],
    "AWS::S3::Bucket": ["s3:CreateBucket", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock"],
    "AWS::S3::BucketPolicy": ["s3:PutBucketPolicy"],
    "AWS::SES::ConfigurationSet": ["ses:CreateConfigurationSet"],
    "AWS::SES::ConfigurationSetEventDestination": ["ses:CreateConfigurationSetEventDestination"],
    "AWS::SNS::Subscription": ["sns:Subscribe"],
    "AWS::SNS::Topic": ["sns:CreateTopic"],
    "AWS::SNS::TopicPolicy": ["sns:SetTopicAttributes"],
    "AWS::SQS::Queue": ["sqs:CreateQueue"],
    "AWS::SQS::QueuePolicy": ["sqs:SetQueueAttributes"],
    "AWS::Serverless::Api": ["apigateway:POST"],
    "AWS::Serverless::Function": [
        *(f"lambda:{call}" for call in ("CreateFunction", "PublishVersion", "CreateAlias", "CreateEventSourceMapping")),
        *(f"codedeploy:{call}" for call in ("CreateApplication", "CreateDeploymentGroup", "CreateDeployment")),
        "events:PutRule",
    ],
    "AWS::Serverless::StateMachine": ["states:CreateStateMachine"],
}


def actions(policy: str) -> set[str]:
    statements = THERE[policy]["Properties"]["PolicyDocument"]["Statement"]
    return {action for statement in statements for action in as_list(statement["Action"])}


def policies() -> list[str]:
    return [policy["Ref"] for policy in THERE["DeployRole"]["Properties"]["ManagedPolicyArns"]]


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_the_role_can_make_every_resource_of_the_templates(template: Path) -> None:
    kinds = {resource["Type"] for resource in resources(template).values()}
    assert kinds <= MAKES.keys(), "say here which actions make it, and allow them in infra/account/pipeline.yaml"
    needed = {action for kind in kinds for action in MAKES[kind]}
    assert needed - {action for policy in policies() for action in actions(policy)} == set()


def test_the_boundary_is_what_the_roles_of_the_templates_do_and_no_more() -> None:
    roles = [it for template in templates() for it in resources(template).values() if it["Type"] == "AWS::IAM::Role"]
    allowed = {action for role in roles for action, _ in inline_policies(role)}
    assert actions("Boundary") == allowed


def test_every_role_of_the_templates_takes_the_boundary() -> None:
    for template in templates():
        for name, it in resources(template).items():
            if it["Type"] == "AWS::IAM::Role":
                bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
                assert it["Properties"].get("PermissionsBoundary") == bounded, f"{template.name}: {name}"


@pytest.mark.parametrize("policy", [*policies(), "Boundary"])
def test_no_action_is_a_pattern_and_each_resource_with_a_stage_is_one_of_the_pattern(policy: str) -> None:
    for statement in THERE[policy]["Properties"]["PolicyDocument"]["Statement"]:
        assert all("*" not in action for action in as_list(statement["Action"])), statement["Sid"]
        for resource in as_list(statement["Resource"]):
            text = resource["Fn::Sub"] if isinstance(resource, dict) else resource
            assert "wild-rydes" not in text or "${StagePattern}" in text, statement["Sid"]


def test_only_one_environment_of_one_repository_may_use_the_role() -> None:
    [statement] = THERE["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    [[operator, claims]] = statement["Condition"].items()
    assert operator == "StringEquals"
    assert claims["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subject = "repo:${Owner}@${OwnerId}/${Repository}@${RepositoryId}:environment:${Environment}"
    assert claims["token.actions.githubusercontent.com:sub"] == {"Fn::Sub": subject}
    main = {"Fn::If": ["IsEphemeral", {"Ref": "AWS::NoValue"}, "refs/heads/main"]}
    assert claims["token.actions.githubusercontent.com:ref"] == main


def test_no_key_of_another_stage_can_be_tagged_and_no_bucket_of_another_account_used() -> None:
    statements = [s for policy in [*policies(), "Boundary"] for s in THERE[policy]["Properties"]["PolicyDocument"]["Statement"]]
    [tagging] = [s for s in statements if "kms:TagResource" in as_list(s["Action"])]
    assert tagging["Condition"]["StringLikeIfExists"] == {"aws:ResourceTag/stage": {"Ref": "StagePattern"}}
    assert tagging["Condition"]["ForAnyValue:StringEquals"] == {"aws:CalledVia": ["cloudformation.amazonaws.com"]}
    buckets = [s for s in statements if ":s3:::" in str(s["Resource"])]
    own = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    assert buckets
    assert [s["Sid"] for s in buckets if s.get("Condition") != own] == []


def test_the_role_can_change_neither_itself_nor_the_boundary() -> None:
    names = [THERE["DeployRole"], *(THERE[policy] for policy in [*policies(), "Boundary"])]
    assert {it["Properties"]["Path"] for it in names} == {"/pipeline/"}
    every = {action for policy in policies() for action in actions(policy)}
    assert not every & {"iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy"}
    [within] = [
        s for s in THERE["FunctionsPolicy"]["Properties"]["PolicyDocument"]["Statement"] if "iam:CreateRole" in s["Action"]
    ]
    assert within["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}}


@pytest.mark.parametrize(("workflow", "stage"), [("pull-request-stage", "pull${{"), ("deploy", "dev"), ("deploy", "prod")])
def test_a_workflow_deploys_the_stages_that_its_environment_may_and_no_other_may(workflow: str, stage: str) -> None:
    text = (ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text()
    assert re.search(rf"(?:STAGE|stage): {re.escape(stage)}", text)
    described = read(PIPELINE)["Parameters"]["StagePattern"]["Description"]
    patterns = re.search(r"- (\S+) for ephemeral, (\w+), or (\w+)\.", described)
    assert patterns
    assert [pattern for pattern in patterns.groups() if fnmatch(stage, pattern)] == [
        f"{stage.removesuffix('${{')}*" if "$" in stage else stage
    ]
