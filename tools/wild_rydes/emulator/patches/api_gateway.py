"""API Gateway's integration with SQS, in place of ministack's: whole Velocity templates, `$context`, headers apart from query and
path, the `Accept` that SQS is sent, SQS's errors in JSON, and a status that a template overrides. As on AWS a caller can choose
the request's id, by a header. Header names are in small letters here, as the server in front makes them so.
"""

import json
import re
import secrets
import time
import urllib.parse
import uuid
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, sqs

from .velocity import render

JSON = "application/json"


async def send(
    integration: dict[str, Any],
    api_id: str,
    stage_name: str,
    stage: dict[str, Any],
    resource: dict[str, Any],
    request_path: str,
    method: str,
    headers: dict[str, Any],
    body: bytes,
    query_params: dict[str, Any],
    path_params: dict[str, Any],
    *,
    caller_identity: dict[str, Any] | None = None,
    **_: object,
) -> tuple[int, dict[str, Any], bytes]:
    """Sends what the request's template makes of a request, and answers with what the response's makes of SQS's answer."""
    header = {name: last(values) for name, values in (headers or {}).items()}
    querystring = {name: last(values) for name, values in (query_params or {}).items()}
    parameters = {"path": dict(path_params or {}), "querystring": querystring, "header": header}
    context: dict[str, Any] = {
        "requestId": header.get("x-amzn-requestid", str(uuid.uuid4())),
        "extendedRequestId": secrets.token_urlsafe(11) + "=",
        "requestTimeEpoch": int(time.time() * 1000),
        "identity": caller_identity or {},
        "responseOverride": {"header": {}},
    }
    text = body.decode("utf-8", errors="replace") if body else ""
    # PassthroughBehavior NEVER: what has no template was refused before.
    template = next(iter(integration["requestTemplates"].values()))
    asked = dict(urllib.parse.parse_qsl(rendered(template, text, parameters, context), keep_blank_values=True))
    mapped = (integration.get("requestParameters") or {}).get("integration.request.header.Accept")
    accepted = mapped.strip("'") if mapped else header.get("accept", JSON)
    status, answer = await call(integration["uri"], asked)
    # SQS writes JSON for those who accept it, and XML for all others.
    answer = answer if JSON in accepted or "*/*" in accepted else "<xml/>"
    return respond(integration, status, answer, parameters, context)


async def call(uri: str, asked: dict[str, str]) -> tuple[int, str]:
    """Asks SQS; gives the status and the body of its answer."""
    region, _, _, queue = apigateway_v1._parse_service_integration_uri(uri)
    account, name = queue.strip("/").split("/")
    url = sqs._queue_name_to_url.get_scoped(account, region, name) or sqs._queue_url_for_account(account, name)
    action = asked.get("Action", "")
    try:
        with request_scope(account, region):
            result = await sqs._dispatch(action, {**sqs._normalise(action, asked), "QueueUrl": url}, url)
    except sqs._Err as error:
        code = sqs._QUERY_COMPAT_CODES.get(error.code, error.code)
        return error.status, json.dumps({"Error": {"Code": code, "Message": error.message, "Type": "Sender"}})
    return 200, json.dumps({"SendMessageResponse": {"SendMessageResult": {"MessageId": result.get("MessageId")}}})


def respond(
    integration: dict[str, Any], status: int, answer: str, parameters: dict[str, Any], context: dict[str, Any]
) -> tuple[int, dict[str, Any], bytes]:
    response = apigateway_v1._select_service_integration_response(integration, status)
    body = rendered(response["responseTemplates"][JSON], answer, parameters, context)
    headers = {"Content-Type": JSON}
    for name, value in (response.get("responseParameters") or {}).items():
        headers[name.removeprefix("method.response.header.")] = value.strip("'")
    override = context["responseOverride"]
    headers |= override["header"]
    return int(override.get("status") or response["statusCode"]), headers, body.encode()


def rendered(template: str, body: str, parameters: dict[str, Any], context: dict[str, Any]) -> str:
    """A template's text, with the variables that API Gateway gives to templates."""
    given = {"body": body, "params": lambda: parameters, "path": lambda path: at(body, path)}
    return render(template, {"input": given, "util": {"urlEncode": java_encoded}, "context": context})


def last(values: str | list[str]) -> str:
    """The value of a header or query parameter; the last, if it is there more than once."""
    return values if isinstance(values, str) else values[-1]


def java_encoded(text: str | None) -> str:
    """A value encoded for a form, as Java's URLEncoder does it."""
    return urllib.parse.quote_plus(text or "", safe="*").replace("~", "%7E")


def at(body: str, path: str) -> object:
    """The value at a path like $.a.b of a JSON body."""
    try:
        found = json.loads(body)
        for name in re.findall(r"\w+", path):
            found = found[name]
    except (ValueError, LookupError, TypeError):
        return None
    return found
