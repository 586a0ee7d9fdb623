"""The names of resources: which there are, and how long they become."""

import re
from pathlib import Path
from typing import Any

from wild_rydes.cfn_lint_rules._source import Source

# The path of each name that must be unique in an account and region, by the type of the resource. Other names are unique within
# the resource that they belong to, as a method's in its API.
NAMES: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::ApiKey": ("Name",),
    "AWS::ApiGateway::RestApi": ("Name",),
    "AWS::ApiGateway::UsagePlan": ("UsagePlanName",),
    "AWS::Athena::WorkGroup": ("Name",),
    "AWS::Budgets::Budget": ("Budget", "BudgetName"),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::CodeDeploy::Application": ("ApplicationName",),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::Events::Rule": ("Name",),
    "AWS::Glue::Database": ("DatabaseInput", "Name"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::IAM::User": ("UserName",),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::Lambda::Function": ("FunctionName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SES::ConfigurationSet": ("Name",),
    # The sender of e-mails is the same in every stage.
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SSM::Parameter": ("Name",),
    "AWS::Scheduler::Schedule": ("Name",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::Serverless::Api": ("Name",),
    "AWS::Serverless::Function": ("FunctionName",),
    "AWS::Serverless::StateMachine": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
}
# The longest name of each type that people and dashboards read.
FREE_NAMES = {"AWS::SQS::Queue": 80, "AWS::Serverless::Function": 64, "AWS::Serverless::StateMachine": 80}
# The beginning of a name that CloudFormation makes. It adds thirteen characters at most.
STACK = "${AWS::StackName}"
PLACEHOLDER = re.compile(r"\$\{([\w:]+)\}")


def has_stage(value: Any) -> bool:
    """Tells whether a name has the stage in it, be it by that of another resource."""
    match value:
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return "${Stage}" in text
        case {"Ref": "Stage"} | {"Fn::GetAtt": _}:
            return True
    return False


def longest_stage(source: Source) -> int:
    """The length of the longest stage, or nothing if there is no limit."""
    return int(source.parameters.get("Stage", {}).get("MaxLength", 0))


def ends_with_longest_stage(source: Source, name: Any) -> int:
    """The length of a name with the longest values of its parameters."""
    text = name["Fn::Sub"] if isinstance(name, dict) and isinstance(name.get("Fn::Sub"), str) else str(name)
    # A template that is deployed more than once has a name for each instance.
    instance = "-${Name}" if "Name" in source.parameters else ""
    text = text.replace(STACK, f"wild-rydes-${{Stage}}-{Path(source.filename).stem}{instance}")
    return len(PLACEHOLDER.sub(lambda each: "x" * int(source.parameters.get(each[1], {}).get("MaxLength", 100)), text))
