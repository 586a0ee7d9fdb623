"""An API answers with its gateway responses where no function answers."""

import asyncio
from typing import Any

from patched import load


class TestGatewayResponses:
    def setup_method(self) -> None:
        self.responses = load("gateway_responses", "apigateway_v1")
        self.responses.apigateway_v1._gateway_response_family = lambda of: {
            "TIMEOUT": "DEFAULT_5XX",
            "THROTTLED": "DEFAULT_4XX",
        }.get(of)
        self.of_type = self.responses.of_type(lambda customized, of: customized.get(of, {"statusCode": "504"}))

    def test_one_without_a_status_of_its_own_has_that_of_its_kind(self) -> None:
        customized = {"DEFAULT_5XX": {"statusCode": "503"}, "THROTTLED": {"statusCode": "429"}}
        assert self.of_type(customized, "TIMEOUT")["statusCode"] == "503"
        assert self.of_type(customized, "THROTTLED")["statusCode"] == "429"
        assert self.of_type({"DEFAULT_5XX": {}}, "TIMEOUT")["statusCode"] == "504"
        assert self.of_type(customized, "DEFAULT_5XX")["statusCode"] == "503"

    def test_those_of_an_openapi_document_are_the_apis(self) -> None:
        put = []
        self.responses.apigateway_v1._put_gateway_response = lambda *response: put.append(response)
        imported = self.responses.import_api(lambda document, base: "api")
        responses = {"DEFAULT_5XX": {"statusCode": 503}}
        assert imported({"x-amazon-apigateway-gateway-responses": responses}, {}) == "api"
        assert imported({}, {}) == "api"
        assert put == [("api", "DEFAULT_5XX", {"statusCode": 503})]

    def test_an_api_answers_with_its_gateway_response(self) -> None:
        async def call(result: dict[str, Any]) -> tuple[dict[str, Any], None]:
            return result, None

        called = self.responses.call(call)
        assert asyncio.run(called({"throttle": True})) == (None, "throttled")
        assert asyncio.run(called({"body": "done"})) == ({"body": "done"}, None)
