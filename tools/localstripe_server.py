"""Serves localstripe's application on a loopback port. Run by localstripe.py in localstripe's own environment.

localstripe's own program would listen on every interface and keep its data in a file in /tmp. It also lacks three
things that we rely on at Stripe, and which it is given here: idempotency keys, the list of a customer's intents, and
`allowed_payment_method_types`, which took the place of `payment_method_types` with Stripe's API of 2026-09-30.
"""

import asyncio
import sys

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import PaymentIntent, store
from localstripe.server import app

# Nothing outlives the process.
store.dump_to_disk = lambda: None

answers: dict[tuple[str, str], asyncio.Future[tuple[int, bytes]]] = {}


@web.middleware
async def first_answer_again(request: web.Request, handler) -> web.StreamResponse:
    """As Stripe: the same key gets the same answer, whatever has happened since, and errors too."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)
    known = answers.get((request.path, key))
    if known is None:
        known = answers[request.path, key] = asyncio.get_running_loop().create_future()
        try:
            response = await handler(request)
        except BaseException:
            # It crashed. Nobody may wait for its answer.
            del answers[request.path, key]
            known.cancel()
            raise
        known.set_result((response.status, response.body))
    status, body = await known
    return web.Response(status=status, body=body, content_type="application/json")


list_all = PaymentIntent._api_list_all.__func__


def newest_of_customer(cls, url: str, customer: str | None = None, **filters: str):
    """As Stripe: the newest first, and a customer's alone."""
    intents = list_all(cls, url, **filters)
    intents._list = [intent for intent in reversed(intents._list) if customer in (None, intent.customer)]
    return intents


create = PaymentIntent._api_create.__func__


def create_for_cards(cls, allowed_payment_method_types: list[str] | None = None, **data):
    """As Stripe, for all that is allowed here."""
    if allowed_payment_method_types not in (None, ["card"]) or "payment_method_types" in data:
        raise UserError(400, "Bad request")
    return create(cls, **data)


PaymentIntent._api_create = classmethod(create_for_cards)
PaymentIntent._api_list_all = classmethod(newest_of_customer)
app.middlewares.insert(0, first_answer_again)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
