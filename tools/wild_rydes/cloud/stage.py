"""The stacks of a stage, as CloudFormation knows them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import yaml
from botocore.exceptions import ClientError, WaiterError

from wild_rydes.cloud.declared import Loader

# A stack with tables and functions takes minutes on AWS, and an hour if something holds it up.
EVERY_SECONDS, ON_EMULATORS = 5.0, 0.2
AT_MOST_SECONDS = 3600


class Stage:
    """A stage in the account and the region of the environment's credentials, or at the emulator of AWS_ENDPOINT_URL. Stacks
    have their names without the stage."""

    def __init__(self, stage: str) -> None:
        self._prefix = f"wild-rydes-{stage}-"
        self._session = boto3.Session()
        self._cloudformation = self._session.client("cloudformation")

    def caller(self) -> dict[str, str]:
        """The account and the region, and who calls."""
        caller = self._session.client("sts").get_caller_identity()
        return {"account": caller["Account"], "arn": caller["Arn"], "region": self._session.region_name}

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The status and the parameters of each stack."""
        found: dict[str, dict[str, Any]] = {}
        for name, stack in self._described():
            parameters = {it["ParameterKey"]: it.get("ParameterValue", "") for it in stack.get("Parameters", [])}
            found[name] = {"status": stack["StackStatus"], "parameters": parameters}
        return found

    def outputs(self) -> dict[str, dict[str, str]]:
        """The outputs of each stack."""
        return {
            name: {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", [])} for name, stack in self._described()
        }

    def _described(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for page in self._cloudformation.get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                # Some emulators still list what is deleted.
                if stack["StackName"].startswith(self._prefix) and stack["StackStatus"] != "DELETE_COMPLETE":
                    yield stack["StackName"].removeprefix(self._prefix), stack

    def exports(self) -> dict[str, dict[str, Any]]:
        """The names that the stacks export, without the stage: by which stack, and which stacks import it."""
        found = {}
        for page in self._cloudformation.get_paginator("list_exports").paginate():
            for export in page["Exports"]:
                if export["Name"].startswith(self._prefix):
                    stack = export["ExportingStackId"].split("/")[1].removeprefix(self._prefix)
                    imported_by = self._importers(export["Name"])
                    found[export["Name"].removeprefix(self._prefix)] = {"stack": stack, "imported_by": imported_by}
        return found

    def _importers(self, export: str) -> list[str]:
        pages = self._cloudformation.get_paginator("list_imports").paginate(ExportName=export)
        try:
            return [stack.removeprefix(self._prefix) for page in pages for stack in page["Imports"]]
        except ClientError as error:
            # An error where an empty list would do.
            if "is not imported by any stack" in str(error):
                return []
            raise

    def resources(self, name: str) -> list[dict[str, Any]]:
        """The resources of a stack, or those that a failed deletion has left, and the ones among them that outlive the stack."""
        template = self._template(name)
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._prefix + name)
        return [
            {
                "stack": name,
                "type": it["ResourceType"],
                "id": it["PhysicalResourceId"],
                # Every other policy keeps it, or a part.
                "stays": template.get(it["LogicalResourceId"], {}).get("DeletionPolicy", "Delete") != "Delete",
            }
            for page in pages
            for it in page["StackResourceSummaries"]
            if it.get("PhysicalResourceId") and it["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def _template(self, name: str) -> dict[str, Any]:
        """The resources of a stack's template, after its transforms."""
        got = self._cloudformation.get_template(StackName=self._prefix + name, TemplateStage="Processed").get("TemplateBody")
        # A stack has none if its very first change set failed.
        if not got:
            return {}
        # Only after a transform it is JSON.
        return (got if isinstance(got, dict) else yaml.load(got, Loader))["Resources"]

    def delete(self, name: str, with_data: bool = False) -> None:
        """Deletes a stack, with what is in its buckets, and waits until it is gone. With its data, what would stay goes, too."""
        resources = self.resources(name)
        for resource in resources:
            if resource["type"] == "AWS::S3::Bucket" and not resource["stays"]:
                self._session.resource("s3").Bucket(resource["id"]).object_versions.delete()
        stack = self._prefix + name
        self._cloudformation.delete_stack(StackName=stack)
        delay = EVERY_SECONDS if "amazonaws.com" in self._cloudformation.meta.endpoint_url else ON_EMULATORS
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        try:
            waiter.wait(StackName=stack, WaiterConfig={"Delay": delay, "MaxAttempts": int(AT_MOST_SECONDS / delay)})
        except WaiterError as error:
            raise NotDeleted(f"{stack} was not deleted: {self._reason(stack) or error}") from error
        # All are tried, because no later run finds what is left: it begins with the stacks.
        left = [fault for it in resources if with_data and it["stays"] for fault in self._delete_data(it["type"], it["id"])]
        if left:
            raise NotDeleted(f"{stack} is deleted, and not all of its data: {'; '.join(left)}")

    def _delete_data(self, kind: str, name: str) -> Iterator[str]:
        """Deletes a table or a bucket that has outlived its stack. Yields the reason if AWS refuses, as for a protected table."""
        try:
            if kind == "AWS::S3::Bucket":
                bucket = self._session.resource("s3").Bucket(name)
                bucket.object_versions.delete()
                bucket.delete()
            elif kind == "AWS::DynamoDB::Table":
                self._session.client("dynamodb").delete_table(TableName=name)
        except ClientError as error:
            # Some emulators have deleted it with its stack.
            if error.response["Error"]["Code"] not in ("NoSuchBucket", "ResourceNotFoundException"):
                yield f"{kind} {name}: {error}"

    def _reason(self, stack: str) -> str:
        """The resources of a stack that could not be deleted, and why not."""
        events = self._cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED" and event["LogicalResourceId"] != stack]
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}" for event in failed
        )

    def delete_all(self, names: Iterable[str], with_data: bool = False) -> None:
        """Deletes stacks side by side, none of which imports from another."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(lambda name: self.delete(name, with_data), names))


class NotDeleted(Exception):
    """A stack is still there. The message gives the reason."""
