"""Calls to CloudFormation. Emulators forgive some mistakes: they delete buckets that aren't empty."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest


class ClientError(Exception):
    response = {"Error": {"Code": "ValidationException"}}  # noqa: RUF012


class WaiterError(Exception):
    pass


class Aws:
    """Stands for boto3: a stack with buckets. Keeps what is done to it, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.template: object = {
            "Resources": {"Kept": {"DeletionPolicy": "Retain"}, "Doubtful": {"DeletionPolicy": {"Ref": "x"}}}
        }
        self.fails = False
        self.protects = False
        self.meta = self
        self.endpoint_url = "https://cloudformation.eu-west-1.amazonaws.com"

    def Session(self) -> "Aws":  # noqa: N802
        return self

    def client(self, _: str) -> "Aws":
        return self

    resource = client

    def get_template(self, **_: str) -> dict[str, object]:
        return {"TemplateBody": self.template} if self.template else {}

    def get_paginator(self, operation: str) -> Any:
        kinds = {"Gone": "S3::Bucket", "Kept": "S3::Bucket", "Doubtful": "S3::Bucket", "Table": "DynamoDB::Table"}
        resources = [
            {"LogicalResourceId": name, "PhysicalResourceId": name.lower(), "ResourceType": f"AWS::{kind}", "ResourceStatus": "X"}
            for name, kind in kinds.items()
        ]
        assert operation == "list_stack_resources"
        pages = ModuleType("pages")
        pages.paginate = lambda **_: [{"StackResourceSummaries": resources}]  # type: ignore[attr-defined]
        return pages

    def Bucket(self, name: str) -> Any:  # noqa: N802
        bucket = ModuleType(name)
        bucket.object_versions = bucket  # type: ignore[attr-defined]
        bucket.delete = lambda: self.done.append(f"empties {name}")  # type: ignore[attr-defined]
        return bucket

    def delete_table(self, **named: str) -> None:
        if self.protects:
            raise ClientError("deletion protection")
        self.done.append(f"deletes {named['TableName']}")

    def delete_stack(self, **named: str) -> None:
        self.done.append(f"deletes {named['StackName']}")

    def get_waiter(self, _: str) -> "Aws":
        return self

    def wait(self, **named: Any) -> None:
        self.done.append(f"waits, asking every {named['WaiterConfig']['Delay']} s")
        if self.fails:
            raise WaiterError("gave up")

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        why = {"LogicalResourceId": "Gone", "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "not empty"}
        return {"StackEvents": [{"LogicalResourceId": "wild-rydes-dev-lake", "ResourceStatus": "DELETE_FAILED"}, why]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    aws, exceptions = Aws(), ModuleType("botocore.exceptions")
    exceptions.__dict__.update(ClientError=ClientError, WaiterError=WaiterError)
    monkeypatch.setitem(sys.modules, "boto3", aws)
    monkeypatch.setitem(sys.modules, "botocore.exceptions", exceptions)
    yield aws
    sys.modules.pop("wild_rydes.cloud.stage", None)


def stage() -> Any:
    return importlib.import_module("wild_rydes.cloud.stage").Stage("dev")


def test_a_bucket_is_emptied_before_its_stack_goes_unless_it_stays(aws: Aws) -> None:
    stage().delete("lake")
    assert aws.done == ["empties gone", "deletes wild-rydes-dev-lake", "waits, asking every 5.0 s"]


def test_a_template_without_a_transform_is_read_as_it_was_written(aws: Aws) -> None:
    aws.template = "Resources:\n  Gone: {DeletionPolicy: Retain, Properties: {Name: !Sub x}}\n"
    assert [resource["id"] for resource in stage().resources("lake") if resource["stays"]] == ["gone"]


def test_a_stack_that_is_not_deleted_says_why(aws: Aws) -> None:
    aws.fails = True
    with pytest.raises(Exception, match=r"wild-rydes-dev-lake was not deleted: Gone: not empty$"):
        stage().delete("lake")


def test_all_data_is_tried_and_what_aws_refuses_is_named(aws: Aws) -> None:
    aws.template = {"Resources": {name: {"DeletionPolicy": "Retain"} for name in ("Table", "Kept")}}
    aws.protects = True
    with pytest.raises(Exception, match=r"is deleted, and not all of its data: AWS::DynamoDB::Table table: deletion protection$"):
        stage().delete("lake", with_data=True)
    assert aws.done.count("empties kept") == 2, "its objects, and the bucket itself"


def test_a_stack_whose_first_change_set_failed_has_no_template(aws: Aws) -> None:
    aws.template = None
    assert not any(resource["stays"] for resource in stage().resources("lake"))
