"""Rules for what queues, topics, buckets and log groups keep."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._source import DOCS, FUNCTIONS, Properties, Source

# By type, the properties any of which says that a resource is encrypted.
ENCRYPTED_BY = {
    "AWS::SQS::Queue": ("SqsManagedSseEnabled", "KmsMasterKeyId"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::S3::Bucket": ("BucketEncryption",),
}
# A first deployment that fails takes its empty tables along, so that it can be repeated.
STAYS = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
GOES = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
PROTECTED = {"Fn::If": ["ProtectsData", True, False]}
PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Encrypted(CloudFormationLintRule):
    id = "E9010"
    shortdesc = "Queues, topics and buckets are encrypted"
    description = "Each queue, topic and bucket says how it is encrypted"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} is not encrypted", name)
            for kind, properties in ENCRYPTED_BY.items()
            for name, resource in source.of(kind)
            if not any(resource.get(each) for each in properties)
        ]


class PublicAccessBlocked(CloudFormationLintRule):
    id = "E9011"
    shortdesc = "Buckets block all public access"
    description = "Each bucket switches on all four blocks of public access"
    source_url = DOCS
    tags = ["wild-rydes", "security"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} lacks {block}", name)
            for name, bucket in source.of("AWS::S3::Bucket")
            for block in PUBLIC_ACCESS
            if not bucket.get("PublicAccessBlockConfiguration", {}).get(block)
        ]


class LogsExpire(CloudFormationLintRule):
    id = "E9012"
    shortdesc = "Log groups say how long they keep logs"
    description = "A log group without RetentionInDays keeps its logs for ever"
    source_url = DOCS
    tags = ["wild-rydes", "logs"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        return [
            source.match(f"{name} keeps its logs for ever", name)
            for name, group in source.of("AWS::Logs::LogGroup")
            if not group.get("RetentionInDays")
        ]


class FunctionsLogToTheirTemplate(CloudFormationLintRule):
    id = "E9013"
    shortdesc = "A function logs to a log group of its own template"
    description = "A function without LoggingConfig has a log group that no template describes, and that outlives its stack"
    source_url = DOCS
    tags = ["wild-rydes", "logs"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        groups = [{"Ref": name} for name, _ in source.of("AWS::Logs::LogGroup")]
        return [
            source.match(f"{name} has no log group of its template's", name)
            for name, function in source.of(*FUNCTIONS)
            if function.get("LoggingConfig", {}).get("LogGroup") not in groups
        ]


class DataOutlivesItsStack(CloudFormationLintRule):
    id = "E9014"
    shortdesc = "Data with a backup outlives its stack, other data goes with it"
    description = "Each table and bucket says if it stays. Buckets, and tables with a backup, stay, and can be protected"
    source_url = DOCS
    tags = ["wild-rydes", "data"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for name, resource in source.resources.items():
            if resource["Type"] not in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
                continue
            stays = resource["Type"] == "AWS::S3::Bucket" or has_backup(resource.get("Properties", {}))
            for attribute, value in (STAYS if stays else GOES).items():
                if resource.get(attribute) != value:
                    found.append(source.match(f"{name} needs {attribute}: {value}", name))
            if (
                has_backup(resource.get("Properties", {}))
                and resource["Properties"].get("DeletionProtectionEnabled") != PROTECTED
            ):
                found.append(source.match(f"{name} can't be protected from deletion by the parameter ProtectData", name))
        return found


def has_backup(table: Properties) -> bool:
    return bool(table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"))
