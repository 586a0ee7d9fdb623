"""The templates of API Gateway's integration with a queue, rendered with headers as clients spell them. The local emulator can't
show it: its server makes small letters of all of them."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from wild_rydes.emulator.patches.velocity import render

TEMPLATE = Path(__file__).parents[2] / "infra" / "ride-booking.yaml"


def templates() -> list[str]:
    """The request's template, and the one for what the queue refuses: double-quoted YAML whose lines are continued."""
    found = re.findall(r'application/json: "\\\n(.*?[^\\])"\n', TEMPLATE.read_text(), re.DOTALL)
    return [json.loads('"' + re.sub(r"\\\n\s*", "", text.strip()) + '"') for text in found]


REQUEST, REFUSAL = templates()


def sent(headers: dict[str, str], body: str = '{"from":"Berlin"}', query: dict[str, str] | None = None) -> dict[str, str]:
    """The request to SQS: its parameters, and the message's attributes by name, without their equals signs."""
    context = {"requestId": "id", "extendedRequestId": "e/1=", "requestTimeEpoch": 5, "identity": {"caller": "AIDA"}}
    parameters = {"header": headers, "querystring": query or {}, "path": {}}
    text = render(
        REQUEST, {"input": {"body": body, "params": lambda: parameters}, "util": {"urlEncode": quote_plus}, "context": context}
    )
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    form = dict(pairs)
    assert len(form) == len(pairs)
    names = {name: form.pop(name) for name in list(form) if name.endswith(".Name")}
    return {"Action": form["Action"], "MessageBody": form["MessageBody"]} | {
        name: form[f"{at.removesuffix('Name')}Value.StringValue"].removeprefix("=") for at, name in names.items()
    }


def refused(code: str, message: str) -> tuple[int | None, dict[str, Any]]:
    """The status and the document that follow from a refusal of the queue's."""
    error = {"$.Error.Code": code, "$.Error.Message": message}
    context: dict[str, Any] = {"responseOverride": {"header": {}}}
    text = render(REFUSAL, {"input": {"path": error.get}, "context": context})
    return context["responseOverride"].get("status"), json.loads(text)


class TestEdge:
    def test_a_header_is_read_however_it_is_spelled(self) -> None:
        for name in ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY", "idempotency-Key"]:
            assert sent({"Host": "h", name: "k &=+"})["Idempotency-Key"] == "k &=+"
        given = sent({"X-CORRELATION-ID": "c", "TraceParent": "00-1"})
        assert (given["X-Correlation-Id"], given["traceparent"], given["Idempotency-Key"]) == ("c", "00-1", "")

    def test_a_query_parameter_is_no_header(self) -> None:
        assert sent({}, query={"Idempotency-Key": "k"})["Idempotency-Key"] == ""

    def test_identity_is_the_edges(self) -> None:
        given = sent({"Caller": "me", "RequestId": "mine"})
        identity = [given[name] for name in ["RequestId", "ExtendedRequestId", "RequestTime", "Caller"]]
        assert identity == ["id", "e/1=", "5", " AIDA"]
        assert len(given) - 2 <= 9, "SQS takes ten attributes, and a dead letter's reason is one"

    def test_what_no_queue_should_take_asks_for_an_action_that_there_is_not(self) -> None:
        for action, headers, body in [
            ("SendMessage", {}, "x" * 8192),
            ("SendMessage", {"Content-Encoding": "Identity"}, "{}"),
            ("TooLargeContent", {}, "x" * 8193),
            ("CodedContent", {"CONTENT-encoding": "gzip"}, "{}"),
            ("RequestIdOfCaller", {"X-Amzn-RequestId": "another's"}, "{}"),
        ]:
            assert sent(headers, body)["Action"] == action

    def test_what_no_retry_can_mend_is_no_503(self) -> None:
        no_action = "The action {} is not valid for this endpoint."
        for status, code, message in [
            (413, "InvalidAction", no_action.format("TooLargeContent")),
            (415, "InvalidAction", no_action.format("CodedContent")),
            (None, "InvalidAction", no_action.format("RequestIdOfCaller")),
            (None, "InvalidMessageContents", "Invalid binary character"),
            (None, "InvalidParameterValue", "Message must be shorter than 1048576 bytes."),
            (None, "MissingParameter", "The request must contain the parameter MessageBody."),
            (503, "AccessDenied", "Access to the resource is denied."),
            (503, "RequestThrottled", "slower"),
            (503, "AWS.SimpleQueueService.NonExistentQueue", "no such queue"),
        ]:
            overridden, document = refused(code, message)
            assert (overridden, document["status"]) == (status, status or 400), code
