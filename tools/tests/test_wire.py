"""HTTP as the benchmarks' stand-ins read and write it."""

from harness import wire

POST = b"POST /path HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"


def test_a_request_is_taken_once_it_is_complete() -> None:
    for whole in (POST, CHUNKED):
        arrived = bytearray()
        for byte in whole[:-1]:
            arrived.append(byte)
            assert wire.take(arrived) is None
        arrived.append(whole[-1])
        assert wire.take(arrived)
        assert arrived == b""


def test_a_request_has_its_parts() -> None:
    request = wire.take(bytearray(POST))
    assert request == ("POST", "/path", {"host": "h", "content-length": "4"}, b"body")


def test_chunks_are_put_together() -> None:
    request = wire.take(bytearray(CHUNKED))
    assert request
    assert request.body == b"abcde"


def test_requests_that_arrive_together_are_taken_one_by_one() -> None:
    arrived = bytearray(POST + b"GET /next HTTP/1.1\r\n\r\n")
    paths = [request.path for request in iter(lambda: wire.take(arrived), None)]
    assert paths == ["/path", "/next"]


def test_an_answer_names_the_length_of_its_body() -> None:
    assert wire.answer(200, b"abc", {"A": "b"}) == b"HTTP/1.1 200 Stub\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"
