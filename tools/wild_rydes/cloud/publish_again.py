"""Deletes a ride's row and writes it as it was: the table's stream then publishes the ride once more."""

import sys

import boto3

from wild_rydes.cloud.stage import Stage


def publish_again(stage: str, ride: str) -> None:
    table = Stage(stage).outputs()["unicorn-management"]["RidesTableName"]
    dynamodb, key = boto3.client("dynamodb"), {"id": {"S": ride}}
    row = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if not row:
        sys.exit(f"there is no ride {ride}: take the id that rydes complete-ride has printed")
    dynamodb.delete_item(TableName=table, Key=key)
    dynamodb.put_item(TableName=table, Item=row)


if __name__ == "__main__":
    publish_again(*sys.argv[1:])
