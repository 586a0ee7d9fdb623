"""The gateway responses of REST APIs: what callers see where no function answers. Each function here makes a replacement from what it
replaces in ministack.
"""

from ministack.services import apigateway_v1


def call(original):
    """A REST API whose function is throttled answers with its gateway response for server errors. ministack answers 429, by which
    AWS means the API's own limits."""

    async def run(*arguments: object, **settings: object) -> tuple:
        result, error = await original(*arguments, **settings)
        return (None, "throttled") if result and result.get("throttle") else (result, error)

    return run


def import_api(original):
    """An OpenAPI document's gateway responses are the API's. ministack leaves them out."""

    def run(document: dict, *others: object) -> str:
        api = original(document, *others)
        for response_type, response in (document.get("x-amazon-apigateway-gateway-responses") or {}).items():
            apigateway_v1._put_gateway_response(api, response_type, response)
        return api

    return run


def of_type(original):
    """The status of DEFAULT_4XX and of DEFAULT_5XX is that of all their kind that have none of their own. ministack hands down the
    rest of them, but not that."""

    def run(customized: dict, response_type: str) -> dict:
        response = original(customized, response_type)
        family = customized.get(apigateway_v1._gateway_response_family(response_type), {})
        handed_down = family.get("statusCode") if response_type not in customized else None
        return {**response, "statusCode": handed_down} if handed_down else response

    return run
