"""Stores each order once, and adds it to its customer's account."""

import os

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function

dynamodb = boto3.client("dynamodb")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE_NAME"])
config = IdempotencyConfig(event_key_jmespath="powertools_json(body).data.order", raise_on_no_idempotency_key=True)


@idempotent_function(data_keyword_argument="record", config=config, persistence_store=persistence)
def store(record: SQSRecord):
    order = record.json_body["data"]
    row = {
        "id": {"S": order["order"]},
        "customer": {"S": order["customer"]},
        "cents": {"N": str(order["cents"])},
        "centsEach": {"N": str(order["cents"] // order["items"])},
    }
    add = {
        "TableName": os.environ["ACCOUNTS_TABLE_NAME"],
        "Key": {"customer": row["customer"]},
        "UpdateExpression": "ADD orders :one, cents :cents",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":cents": row["cents"]},
    }
    put = {"TableName": os.environ["ORDERS_TABLE_NAME"], "Item": row}
    dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": add}])


def handle(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=store, processor=processor, context=context)
