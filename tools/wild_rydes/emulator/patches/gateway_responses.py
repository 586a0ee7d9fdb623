"""The gateway responses of REST APIs: the answers that callers see where no function answers. Each function here takes the
function of ministack that it replaces, and gives the replacement.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1


def call(original: Callable[..., Any]) -> Callable[..., Any]:
    """A REST API whose function is throttled answers with its gateway response for server errors. ministack answers 429, by which
    AWS means the API's own limits."""

    async def run(*arguments: object, **settings: object) -> tuple[Any, Any]:
        result, error = await original(*arguments, **settings)
        return (None, "throttled") if result and result.get("throttle") else (result, error)

    return run


def import_api(original: Callable[..., Any]) -> Callable[..., Any]:
    """An OpenAPI document's gateway responses are the API's. ministack leaves them out."""

    def run(document: dict[str, Any], *others: object) -> str:
        api = original(document, *others)
        for response_type, response in (document.get("x-amazon-apigateway-gateway-responses") or {}).items():
            apigateway_v1._put_gateway_response(api, response_type, response)
        return api

    return run


def of_type(original: Callable[..., Any]) -> Callable[..., Any]:
    """A response without a status of its own has that of DEFAULT_4XX or DEFAULT_5XX. ministack hands down all but the status."""

    def run(customized: dict[str, Any], response_type: str) -> dict[str, Any]:
        response = original(customized, response_type)
        family = customized.get(apigateway_v1._gateway_response_family(response_type), {})
        handed_down = family.get("statusCode") if response_type not in customized else None
        return {**response, "statusCode": handed_down} if handed_down else response

    return run
