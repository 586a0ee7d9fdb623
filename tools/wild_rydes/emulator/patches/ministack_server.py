"""Starts ministack with some of its functions replaced: python -m patches.ministack_server uvicorn|hypercorn. embedded.py runs it
in ministack's own environment, on a faster server; a container runs it beside the image's own ministack, on the image's server.

The comment at each replacement says what was wrong. docs/testing.md has the figures.
"""

import os
import resource
import socketserver
import sys
import time
from collections.abc import Callable
from typing import Any

from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import lambda_runtime
from ministack.services import apigateway_v1, dynamodb, lambda_svc, sqs
from ministack.services.cloudformation import changesets, handlers
from samtranslator.translator import transform

from . import api_gateway, function_logs, gateway_responses, mappings, queue_limits, sam_parameters

# The most that the kernel takes. With hypercorn's 100 and a connection for every call, the kernel dropped connections under load.
BACKLOG = 4096


def forget_expired(queue: dict[str, Any]) -> None:
    """Removes expired deduplication ids from a copy of them, because other threads add to the original meanwhile."""
    seen, now = queue["dedup_cache"], time.time()
    for key, entry in copy_of(seen).items():
        if entry["expire"] <= now:
            seen.pop(key, None)


def copy_of(seen: dict[str, Any]) -> dict[str, Any]:
    """Even a copy can meet another thread, while garbage is collected: then it starts again."""
    while True:
        try:
            return seen.copy()
        except RuntimeError:
            continue


def replace(owner: object, name: str, by: object) -> None:
    """Replaces a function that must still be there: a new release may have no need of the replacement."""
    if not callable(getattr(owner, name, None)):
        sys.exit(f"ministack_server: {owner} has no {name} any more: check whether it must still be replaced")
    setattr(owner, name, by)


def wrap(owner: object, name: str, by: Callable[[Any], object]) -> None:
    """Replaces a function by one that calls it."""
    replace(owner, name, by(getattr(owner, name, None)))


# Its Runtime API for functions sends headers and body in two packets. The second one waits for the acknowledgement of the
# first, which the other side delays by 40 ms, at every poll and every answer of a function.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
# It iterates over ids while other threads add to them, so state machines died by the hundred in a full fault run.
replace(sqs, "_prune_dedup", forget_expired)
# LAMBDA_ACCOUNT_CONCURRENCY, a setting of ministack's own, bounds how many functions run at the same time. Beyond that, ministack
# gave batches up at once, and told an API's callers of limits that were not theirs.
wrap(lambda_svc, "_run_sqs_batch", mappings.run_batch)
wrap(lambda_svc, "_execute_function", mappings.execute)
wrap(apigateway_v1, "_call_lambda_raw", gateway_responses.call)
wrap(apigateway_v1, "_gateway_response_for_type", gateway_responses.of_type)
wrap(apigateway_v1, "_import_rest_api", gateway_responses.import_api)
# It compared a bound from a parameter, a string, with numbers.
wrap(lambda_svc, "_sqs_esm_concurrency", mappings.concurrency)
# It did not throttle a function that was called by an alias.
wrap(lambda_svc, "_reserved_concurrency", mappings.reserved)
# It waited for the lines of an invocation until none had come for 5 ms, and missed the last ones on a busy machine.
wrap(lambda_runtime.ProvidedWorker, "_pump_output", function_logs.pump)
wrap(lambda_runtime.ProvidedWorker, "_drain_stderr_bounded", function_logs.drain)
# It made a log stream for each invocation, and searched them all.
wrap(lambda_svc, "_emit_lambda_logs", function_logs.emit)
wrap(lambda_svc, "new_uuid", function_logs.new_uuid)
# It gave all of a stream's batch again where AWS halves it.
wrap(lambda_svc, "_execute_function", mappings.execute_for_stream)
wrap(dynamodb, "stream_records_since", mappings.records_of_stream)
# Its templates know neither $context.requestId nor loops, and of SQS's errors they see XML.
replace(apigateway_v1, "_invoke_sqs_v1", api_gateway.send)
# It took any number of attributes, and counted none of them. Its table of actions holds the function itself.
wrap(sqs, "_act_send_message", queue_limits.send)
sqs._HANDLERS["SendMessage"] = sqs._act_send_message
# It transformed templates with the defaults of their parameters, whatever their values.
for module in (changesets, handlers):
    wrap(module, "_apply_transforms", sam_parameters.apply)
wrap(transform, "transform", sam_parameters.transform)
Config.backlog = BACKLOG


def main() -> None:
    server = sys.argv.pop(1)
    if server == "hypercorn":
        # All that an image has, and what ministack itself comes with.
        ministack.main()
        return
    import uvicorn

    allow_many_files()
    uvicorn.run(
        ministack.app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="uvloop",
        http="httptools",
        backlog=BACKLOG,
        timeout_keep_alive=75,
        # An open connection must not keep the process alive.
        timeout_graceful_shutdown=1,
        # A header must not say which client calls, or that it uses TLS.
        proxy_headers=False,
        # ministack makes both itself, as AWS does.
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
    )


def allow_many_files() -> None:
    """A connection is a file. The soft limit is often 1,024; where the hard one is unlimited, macOS takes a number only."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (most, 65_536, 10_240):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
            return
        except (ValueError, OSError):
            continue


if __name__ == "__main__":
    main()
