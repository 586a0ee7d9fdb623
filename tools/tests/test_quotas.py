"""AWS's quotas are data with their sources, and the fault proxy enforces them as AWS does."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from wild_rydes.fault_proxy import proxy as fault_proxy
from wild_rydes.fault_proxy import quotas
from wild_rydes.fault_proxy.quotas import Bucket, Quotas

SES = "POST /v2/email/outbound-emails"
FIFO, STANDARD = "http://localhost/000000000000/payment.fifo", "http://localhost/000000000000/loyalty"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestBucket:
    def setup_method(self) -> None:
        self.clock = Clock()

    def taken(self, bucket: Bucket, tokens: float = 1, tries: int = 100) -> int:
        """The number of calls in a row that get through."""
        for n in range(tries):
            if not bucket.has(tokens):
                return n
            bucket.take(tokens)
        return tries

    def test_it_is_full_at_first_and_fills_at_its_rate_up_to_its_size(self) -> None:
        bucket = Bucket(2, 5, self.clock)
        assert self.taken(bucket) == 5
        self.clock.now += 1.5
        assert self.taken(bucket) == 3
        self.clock.now += 60
        assert self.taken(bucket) == 5

    def test_asking_often_fills_it_no_faster(self) -> None:
        bucket = Bucket(1, 1, self.clock)
        got = 0
        for _ in range(100):
            self.clock.now += 0.1
            got += self.taken(bucket, tries=1)
        assert got in (10, 11)

    def test_a_call_that_takes_more_than_it_holds_leaves_it_owing(self) -> None:
        bucket = Bucket(1, 2, self.clock)
        assert self.taken(bucket, tokens=10) == 1
        self.clock.now += 8
        assert not bucket.has(1)
        self.clock.now += 1
        assert bucket.has(1)

    def test_what_takes_less_than_a_token_needs_no_whole_one(self) -> None:
        assert self.taken(Bucket(1, 1, self.clock), tokens=0.5) == 2


class TestData:
    @pytest.mark.parametrize("row", quotas.DATA["quotas"], ids=lambda row: row["calls"][0])
    def test_each_quota_has_a_rate_for_each_profile_and_a_source_for_each_number(self, row: dict[str, Any]) -> None:
        assert set(row["rates"]) <= {"any", *quotas.PROFILES}
        assert "any" in row["rates"]
        for rate in row["rates"].values():
            assert 0 < rate["rate"] <= rate["burst"], rate
        assert row["counts"] in quotas.COUNTS
        for source in (row["source"], row["error"]["source"]):
            assert re.match(r"https://(docs\.aws\.amazon\.com|repost\.aws)/", source)
        assert row["error"]["protocol"] in ("query", "rest-json", "json-1.0", "json-1.1")

    def test_no_call_has_two_quotas(self) -> None:
        calls = [call for row in quotas.DATA["quotas"] for call in row["calls"]]
        assert len(calls) == len(set(calls))

    def test_a_new_account_runs_ten_functions_at_a_time(self) -> None:
        assert [quotas.concurrency(profile) for profile in quotas.PROFILES] == [10, 1000, 1000]


class TestQuotas:
    def setup_method(self) -> None:
        self.clock = Clock()
        self.quotas = Quotas(self.clock)

    def passed(self, call: str, body: bytes = b"", line: str = "POST /", tries: int = 2000) -> int:
        """The number of calls in a row that get through."""
        refusals = (self.quotas.refusal(call, line, body) for _ in range(tries))
        return next((n for n, refusal in enumerate(refusals) if refusal), tries)

    def test_nothing_is_enforced_until_it_is_switched_on_and_after_it_is_switched_off(self) -> None:
        assert self.passed("ses:POST", line=SES, tries=50) == 50
        self.quotas.switch("sandbox")
        assert self.passed("ses:POST", line=SES) == 1
        self.quotas.switch(None)
        assert self.passed("ses:POST", line=SES, tries=50) == 50
        assert self.quotas.report() == []

    def test_the_profile_says_which_numbers_hold(self) -> None:
        for profile, mails, executions in (("sandbox", 1, 800), ("production", 14, 800), ("production-large", 14, 1300)):
            self.quotas.switch(profile)
            assert self.passed("ses:POST", line=SES) == mails
            assert self.passed("states:StartExecution") == executions
        with pytest.raises(ValueError, match="there is no profile laptop: there are sandbox"):
            self.quotas.switch("laptop")

    def test_a_scale_shrinks_rates_and_bursts_alike_but_no_bucket_below_one_token(self) -> None:
        self.quotas.switch("production", 0.05)
        assert self.passed("states:StartExecution") == 40
        self.clock.now += 2
        assert self.passed("states:StartExecution") == 15
        assert self.passed("logs:FilterLogEvents") == 1
        self.clock.now += 3.9
        assert self.passed("logs:FilterLogEvents") == 0
        self.clock.now += 0.2
        assert self.passed("logs:FilterLogEvents") == 1

    def test_each_action_has_a_quota_of_its_own(self) -> None:
        self.quotas.switch("production", 0.1)
        assert self.passed("states:SendTaskSuccess") == 150
        assert self.passed("states:SendTaskFailure") == 150

    def test_messages_are_counted_in_single_publishes_and_batches_together(self) -> None:
        self.quotas.switch("production", 0.1)
        entries = {f"PublishBatchRequestEntries.member.{n}.{field}": "m" for n in range(1, 11) for field in ("Id", "Message")}
        batch = urlencode({"Action": "PublishBatch", **entries}).encode()
        assert self.passed("sns:PublishBatch", batch, tries=2) == 2
        assert self.passed("sns:Publish", b"Action=Publish&Message=PublishBatchRequestEntries") == 10
        assert self.passed("sns:PublishBatch", batch) == 0

    def test_only_fifo_queues_have_a_quota_and_each_its_own(self) -> None:
        self.quotas.switch("production", 0.1)
        sent = {queue: json.dumps({"QueueUrl": queue}).encode() for queue in (FIFO, "2.fifo", STANDARD)}
        passed = [self.passed("sqs:SendMessage", body, tries=100) for body in sent.values()]
        assert passed == [30, 30, 100]
        assert self.quotas.report()[0]["calls"] == 62, "without those to the other queue"

    def test_units_are_counted_by_table_and_a_transaction_needs_all_of_its_tables(self) -> None:
        self.quotas.switch("production", 0.001)

        def put(table: str) -> dict[str, Any]:
            return {"TableName": table, "Item": {"id": {"S": "1"}}}

        rides, both = json.dumps(put("rides")).encode(), {"TransactItems": [{"Put": put("rides")}, {"Put": put("points")}]}
        assert self.passed("dynamodb:PutItem", rides) == 4
        assert self.passed("dynamodb:TransactWriteItems", json.dumps(both).encode()) == 0
        assert self.passed("dynamodb:PutItem", json.dumps(put("points")).encode()) == 4
        assert self.passed("dynamodb:GetItem", json.dumps({"TableName": "rides"}).encode()) == 24

    def test_what_has_no_quota_gets_through(self) -> None:
        self.quotas.switch("sandbox", 0.001)
        for call, line in (("s3:PUT", "PUT /lake/1"), ("ses:GET", "GET /v2/email/account"), ("nobody:POST", "POST /")):
            assert self.passed(call, line=line, tries=20) == 20

    def test_it_says_how_often_each_call_was_throttled(self) -> None:
        self.quotas.switch("sandbox")
        for _ in range(3):
            self.quotas.refusal("ses:POST", SES, b"")
        row = {"call": "ses:SendEmail", "rate": 1, "burst": 1, "counts": "calls", "calls": 3, "throttled": 2}
        assert self.quotas.report() == [row]


class Upstream(fault_proxy.Upstream):
    """An emulator that takes everything."""

    async def call(self, request: fault_proxy.Request) -> bytes:
        return b"taken"


def request(service: str, line: str, headers: str = "", body: str = "") -> fault_proxy.Request:
    signed = f"authorization: AWS4-HMAC-SHA256 Credential=AK/20261126/us-east-1/{service}/aws4_request"
    return fault_proxy.Request(f"{line} HTTP/1.1\r\n{signed}\r\n{headers}\r\n\r\n".encode(), body.encode())


class TestProxy:
    def setup_method(self) -> None:
        self.proxy = fault_proxy.Proxy(0, 1)
        self.proxy.upstream = Upstream(0)

    def forwarded(self, request: fault_proxy.Request) -> bytes | None:
        return asyncio.run(self.proxy.forward(request))

    def ordered(self, order: dict[str, Any]) -> bytes:
        return self.proxy.control(fault_proxy.Request(b"POST /_quotas HTTP/1.1\r\n\r\n", json.dumps(order).encode()))

    def beyond(self, request: fault_proxy.Request) -> tuple[str, str]:
        """The head and the body of the first answer that is a refusal."""
        for _ in range(100):
            answer = self.forwarded(request)
            if answer and answer != b"taken":
                head, body = answer.decode().split("\r\n\r\n")
                assert f"Content-Length: {len(body)}" in head
                return head, body
        pytest.fail("nothing was refused")

    def test_each_service_refuses_in_its_own_protocol(self) -> None:
        self.ordered({"profile": "sandbox", "scale": 0.05})
        head, body = self.beyond(request("ses", SES))
        assert head.startswith("HTTP/1.1 429 "), head
        assert "x-amzn-ErrorType: TooManyRequestsException" in head
        assert json.loads(body) == {"message": "Maximum sending rate exceeded."}

        target = "x-amz-target: AWSStepFunctions.StartExecution\r\ncontent-type: application/x-amz-json-1.0"
        head, body = self.beyond(request("states", "POST /", target, "{}"))
        assert head.startswith("HTTP/1.1 400 "), head
        assert json.loads(body)["__type"] == "ThrottlingException"

        head, body = self.beyond(request("sns", "POST /", "", "Action=ListSubscriptionsByTopic&TopicArn=t"))
        assert "Content-Type: text/xml" in head
        assert "<Code>ThrottlingException</Code>" in body

    def test_it_is_switched_on_and_off_and_asked(self) -> None:
        self.ordered({"profile": "sandbox"})
        answers = [self.forwarded(request("ses", SES)) for _ in range(3)]
        assert [answer == b"taken" for answer in answers] == [True, False, False]
        asked = self.proxy.control(fault_proxy.Request(b"GET /_quotas HTTP/1.1\r\n\r\n", b""))
        [row] = json.loads(asked.split(b"\r\n\r\n")[1])
        assert (row["calls"], row["throttled"]) == (3, 2)
        self.ordered({"profile": None})
        assert self.forwarded(request("ses", SES)) == b"taken"

    def test_an_order_that_makes_no_sense_is_refused(self) -> None:
        assert b" 400 " in self.ordered({"profile": "laptop"})
        assert b" 400 " in self.ordered({})
