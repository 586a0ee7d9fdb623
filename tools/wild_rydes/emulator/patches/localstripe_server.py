"""Serves localstripe's application on a loopback port. Run by localstripe.py in localstripe's own environment.

localstripe's own program would listen on every interface and keep its data in a file in /tmp. It also lacks some
things that we rely on at Stripe, and which it is given here: idempotency keys, the list of a customer's intents,
`allowed_payment_method_types`, which took the place of `payment_method_types` with Stripe's API of 2026-09-30, refunds
that fail later, with their events, and disputes.

A test that wants Stripe to fail says so: `POST /v1/_fail_next` with a `path`, and the next new call to it is an error;
`POST /v1/_fail_refund` with a `refund` that is to fail now; `POST /v1/_dispute` with a `payment_intent` that its customer
disputes.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import Event, PaymentIntent, Refund, StripeObject, store
from localstripe.server import api_list_all, app

# Nothing outlives the process.
store.dump_to_disk = lambda: None

# Requests and their answers, by path and key.
answers: dict[tuple[str, str], tuple[bytes, asyncio.Future[tuple[int, bytes]]]] = {}
failing: set[str] = set()

# https://docs.stripe.com/api/errors
API_ERROR = b'{"error": {"type": "api_error"}}'
IDEMPOTENCY_ERROR = b'{"error": {"type": "idempotency_error"}}'


def json_response(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


async def fail_next(request: web.Request) -> web.Response:
    path = (await request.post())["path"]
    failing.add(path)
    return json_response(200, b'{"id": "fail_next"}')


async def fail_refund(request: web.Request) -> web.Response:
    """Fails a refund that was accepted, as Stripe does when a bank gives the money back: with an event."""
    refund = Refund._api_retrieve((await request.post())["refund"])
    refund.status, refund.failure_reason = "failed", "expired_or_canceled_card"
    event = Event("refund.failed", refund)
    return json_response(200, json.dumps({"id": event.id}).encode())


class Dispute(StripeObject):  # type: ignore[misc,unused-ignore]
    """A customer's dispute of a payment."""

    object = "dispute"
    _id_prefix = "dp_"

    def __init__(self, payment_intent: str) -> None:
        super().__init__()
        self.payment_intent = payment_intent
        self.reason = "fraudulent"
        self.status = "needs_response"

    @classmethod
    def _api_list_all(cls, url: str, created: dict[str, str] | None = None, **filters: str) -> Any:
        """Lists disputes as Stripe does: the newest first, and those that were made since a time."""
        disputes, since = super()._api_list_all(url, **filters), int((created or {}).get("gte", 0))
        disputes._list = [dispute for dispute in reversed(disputes._list) if dispute.created >= since]
        return disputes


async def dispute(request: web.Request) -> web.Response:
    intent = PaymentIntent._api_retrieve((await request.post())["payment_intent"])
    return json_response(200, json.dumps({"id": Dispute(intent.id).id}).encode())


@web.middleware  # type: ignore[untyped-decorator,unused-ignore]
async def first_answer_again(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.Response]]
) -> web.StreamResponse:
    """Answers a repeated idempotency key as Stripe does: the same request gets the same answer, even an error, and another one is
    refused."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)
    asked = await request.read()
    if known := answers.get((request.path, key)):
        before, answer = known
        if before != asked:
            return json_response(400, IDEMPOTENCY_ERROR)
        status, body = await answer
        return json_response(status, body, {"Idempotent-Replayed": "true"})
    answer = asyncio.get_running_loop().create_future()
    answers[request.path, key] = asked, answer
    if request.path in failing:
        failing.remove(request.path)
        status, body = 500, API_ERROR
    else:
        try:
            response = await handler(request)
        except BaseException:
            # It crashed. Nobody may wait for its answer.
            del answers[request.path, key]
            answer.cancel()
            raise
        status, body = response.status, response.body
    answer.set_result((status, body))
    return json_response(status, body)


list_all = PaymentIntent._api_list_all.__func__


def newest_of_customer(cls: type[Any], /, url: str, customer: str | None = None, **filters: str) -> Any:
    """Lists intents as Stripe does: the newest first, and only those of a customer if one is given."""
    intents = list_all(cls, url, **filters)
    intents._list = [intent for intent in reversed(intents._list) if customer in (None, intent.customer)]
    return intents


create = PaymentIntent._api_create.__func__


def create_for_cards(cls: type[Any], /, allowed_payment_method_types: list[str] | None = None, **data: Any) -> Any:
    """Creates an intent for cards, as Stripe does; refuses all other methods."""
    if allowed_payment_method_types not in (None, ["card"]) or "payment_method_types" in data:
        raise UserError(400, "Bad request")
    return create(cls, **data)


events_of_one_type = Event._api_list_all.__func__


def events_of_types(cls: type[Any], /, url: str, types: list[str] | None = None, **filters: Any) -> Any:
    """Lists events as Stripe does: the newest first, and of several types at once."""
    events = events_of_one_type(cls, url, **filters)
    events._list = [event for event in reversed(events._list) if types is None or event.type in types]
    return events


Event._api_list_all = classmethod(events_of_types)
PaymentIntent._api_create = classmethod(create_for_cards)
PaymentIntent._api_list_all = classmethod(newest_of_customer)
app.router.add_post("/v1/_fail_next", fail_next)
app.router.add_post("/v1/_fail_refund", fail_refund)
app.router.add_post("/v1/_dispute", dispute)
app.router.add_get("/v1/disputes", api_list_all(Dispute, "/v1/disputes"))
app.middlewares.insert(0, first_answer_again)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
