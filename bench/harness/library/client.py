"""Calls to the emulator, without a library: the harness itself has none."""

import json
import urllib.request
from typing import Any

# The emulator tells services apart by it, and checks nothing.
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TARGETS = {"sqs": "AmazonSQS", "dynamodb": "DynamoDB_20120810"}
LAMBDA = "/2015-03-31"


class Client:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def call(self, service: str, operation: str, **asked: object) -> dict[str, Any]:
        headers = {"X-Amz-Target": f"{TARGETS[service]}.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        return self._send("POST", "/", service, asked, headers)

    def functions(self, method: str, path: str, asked: dict[str, object] | None = None) -> dict[str, Any]:
        """A call of Lambda, whose operations are paths."""
        return self._send(method, LAMBDA + path, "lambda", asked, {"Content-Type": "application/json"})

    def _send(self, method: str, path: str, service: str, asked: object, headers: dict[str, str]) -> dict[str, Any]:
        body = None if asked is None else json.dumps(asked).encode()
        headers = {**headers, "Authorization": SIGNED.format(service)}
        request = urllib.request.Request(self.endpoint + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")

    def scan(self, table: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            page = self.call("dynamodb", "Scan", TableName=table, ConsistentRead=True, **page)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            page = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
