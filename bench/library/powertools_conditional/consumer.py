"""Stores each order once, and adds it to its customer's account."""

import os

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

dynamodb = boto3.client("dynamodb")
processor = BatchProcessor(event_type=EventType.SQS)


def store(record: SQSRecord):
    order = record.json_body["data"]
    row = {
        "id": {"S": order["order"]},
        "customer": {"S": order["customer"]},
        "cents": {"N": str(order["cents"])},
        "centsEach": {"N": str(order["cents"] // order["items"])},
    }
    put = {
        "TableName": os.environ["ORDERS_TABLE_NAME"],
        "Item": row,
        "ConditionExpression": "attribute_not_exists(id)",
    }
    add = {
        "TableName": os.environ["ACCOUNTS_TABLE_NAME"],
        "Key": {"customer": row["customer"]},
        "UpdateExpression": "ADD orders :one, cents :cents",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":cents": row["cents"]},
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": add}])
    except dynamodb.exceptions.TransactionCanceledException as cancelled:
        if cancelled.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise


def handle(event, context):
    return process_partial_response(event=event, record_handler=store, processor=processor, context=context)
