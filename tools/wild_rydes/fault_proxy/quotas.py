"""AWS's quotas, as quotas.json has them, and what a service answers that enforces them: a bucket of tokens for each, from which
every call takes what it counts for, and an error that the caller's SDK knows as throttling once it is empty.

What runs on a laptop is too little to reach most of them. A scale below 1 shrinks all rates and bursts alike.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from wild_rydes.fault_proxy import request_units

DATA = json.loads(Path(__file__).with_name("quotas.json").read_text())
PROFILES = tuple(DATA["profiles"])
# SNS numbers the entries of a batch, and each entry has fields.
ENTRY = re.compile(r"PublishBatchRequestEntries\.member\.(\d+)\.")


class Bucket:
    """A bucket of tokens that fills at a rate, up to its size. It needs no lock, since one thread uses it."""

    def __init__(self, rate: float, size: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.size, self.clock = rate, size, clock
        self.tokens, self.filled_at = size, clock()

    def has(self, tokens: float) -> bool:
        """Tells whether a call may take so many. A call for several needs one to be there; it then leaves the bucket owing the
        others, as SES does it, so that a call that takes more than a bucket holds isn't refused for ever."""
        now = self.clock()
        self.tokens = min(self.size, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return self.tokens >= min(tokens, 1)

    def take(self, tokens: float) -> None:
        self.tokens -= tokens


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer."""

    status: int
    content_type: str
    body: str
    headers: dict[str, str]


class Quotas:
    """All of them, none of which is enforced until it is switched on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, rows: list[dict[str, Any]] = DATA["quotas"]) -> None:
        self.clock, self.rows = clock, rows
        self.by_call = {call: row for row in rows for call in row["calls"]}
        self.by_http = {(row["calls"][0].split(":")[0], row["http"]): row["calls"][0] for row in rows if "http" in row}
        self.switch(None)

    def switch(self, profile: str | None, scale: float = 1) -> None:
        """From now on the quotas of this kind of account hold, with full buckets; without one, none do."""
        if profile is not None and profile not in PROFILES:
            raise ValueError(f"there is no profile {profile}: there are {', '.join(PROFILES)}")
        self.profile, self.scale = profile, scale
        self.buckets: dict[tuple[str, str], Bucket] = {}
        self.calls: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()

    def refusal(self, call: str, request_line: str, body: bytes) -> Refusal | None:
        """The error for a call that is beyond its quota; None for one that isn't, which is then counted."""
        if self.profile is None:
            return None
        # A call of a REST protocol doesn't say its name.
        call = self.by_http.get((call.split(":")[0], request_line), call)
        row = self.by_call.get(call)
        if row is None:
            return None
        wanted = [(self._bucket(row, call, of), tokens) for of, tokens in COUNTS[row["counts"]](call, body).items()]
        if not wanted:
            return None
        self.calls[call] += 1
        if all(bucket.has(tokens) for bucket, tokens in wanted):
            for bucket, tokens in wanted:
                bucket.take(tokens)
            return None
        self.throttled[call] += 1
        return refusal(row["error"])

    def report(self) -> list[dict[str, Any]]:
        """For each call that there was: its quota as it is enforced, how many there were, and how many of them were throttled."""
        return [
            {
                "call": call,
                **self._rate(row),
                "counts": row["counts"],
                "calls": self.calls[call],
                "throttled": self.throttled[call],
            }
            for call, row in self.by_call.items()
            if self.calls[call]
        ]

    def _bucket(self, row: dict[str, Any], call: str, of: str) -> Bucket:
        # Calls of one row share a bucket, unless the quota counts calls.
        key = (call if row["counts"].startswith("calls") else row["calls"][0], of)
        if key not in self.buckets:
            rate = self._rate(row)
            self.buckets[key] = Bucket(rate["rate"], rate["burst"], self.clock)
        return self.buckets[key]

    def _rate(self, row: dict[str, Any]) -> dict[str, float]:
        real = row["rates"].get(self.profile) or row["rates"]["any"]
        # A bucket that can't hold one token would refuse all calls for ever.
        return {"rate": real["rate"] * self.scale, "burst": max(1, real["burst"] * self.scale)}


def concurrency(profile: str) -> int:
    """The number of functions that run at the same time in this kind of account."""
    executions = DATA["concurrency"]["executions"]
    return executions.get(profile, executions["any"])


def each_call(_: str, __: bytes) -> dict[str, float]:
    return {"account": 1}


def messages(call: str, body: bytes) -> dict[str, float]:
    entries = {found[1] for name in parse_qs(body.decode()) if (found := ENTRY.match(name))}
    return {"account": len(entries) or 1}


def calls_to_fifo_queue(_: str, body: bytes) -> dict[str, float]:
    queue = json.loads(body).get("QueueUrl", "")
    return {queue: 1} if queue.endswith(".fifo") else {}


def units(kind: str) -> Callable[[str, bytes], dict[str, float]]:
    def of_tables(call: str, body: bytes) -> dict[str, float]:
        counted = request_units.units(call.split(":")[1], body)
        return {table: n for (table, counted_as), n in counted.items() if counted_as == kind}

    return of_tables


# For each thing that quotas count: the buckets that a call takes tokens from, and how many.
COUNTS = {
    "calls": each_call,
    "messages": messages,
    "calls to a FIFO queue": calls_to_fifo_queue,
    "write units of a table": units("write"),
    "read units of a table": units("read"),
}


def refusal(error: dict[str, Any]) -> Refusal:
    """The error as the service's protocol has it."""
    status, code, message, protocol = error["status"], error["code"], error["message"], error["protocol"]
    headers = {"Retry-After": str(error["retry_after"])} if "retry_after" in error else {}
    if protocol == "query":
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return Refusal(status, "text/xml", body, headers)
    if protocol == "rest-json":
        return Refusal(status, "application/json", json.dumps({"message": message}), {"x-amzn-ErrorType": code, **headers})
    return Refusal(status, f"application/x-amz-{protocol}", json.dumps({"__type": code, "message": message}), headers)
