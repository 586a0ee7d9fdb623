"""Prints as JSON every resource that is named after a stage, and the objects in its buckets; run with the SAM CLI's Python."""

import json
import sys
from collections.abc import Iterator

import boto3

# service, operation, the list in its answer, the name in an item (none if the item is the name)
LISTS = (
    ("apigateway", "get_rest_apis", "items", "name"),
    ("athena", "list_work_groups", "WorkGroups", "Name"),
    ("cloudformation", "list_exports", "Exports", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("dynamodb", "list_tables", "TableNames", ""),
    ("events", "list_rules", "Rules", "Name"),
    ("glue", "get_databases", "DatabaseList", "Name"),
    ("iam", "list_policies", "Policies", "PolicyName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "FunctionArn"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("sns", "list_subscriptions", "Subscriptions", "TopicArn"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
)


def remains(stage: str) -> Iterator[str]:
    for stack in boto3.client("cloudformation").get_paginator("describe_stacks").paginate().search("Stacks[]"):
        if stage in stack["StackName"] and stack["StackStatus"] != "DELETE_COMPLETE":
            yield f"stack {stack['StackName']}"
    for bucket in boto3.resource("s3").buckets.all():
        if stage in bucket.name:
            yield from (f"object {bucket.name}/{found.key}" for found in bucket.objects.all())
    for service, operation, items, name in LISTS:
        client = boto3.client(service)
        pages = client.get_paginator(operation).paginate() if client.can_paginate(operation) else [getattr(client, operation)()]
        for page in pages:
            names = (item[name] if name else item for item in page.get(items, []))
            yield from (f"{service} {named}" for named in names if stage in named)


if __name__ == "__main__":
    print(json.dumps(sorted(remains(sys.argv[1]))))
