"""HTTP/1.1, as far as stand-ins need it: requests taken out of what has arrived, and answers."""

from typing import NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def take(arrived: bytearray) -> Request | None:
    """Takes the first request out of what has arrived; none while it isn't all there."""
    end = arrived.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = arrived[:end].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        whole = chunks(arrived, end + 4)
    else:
        after = end + 4 + int(headers.get("content-length", 0))
        whole = (bytes(arrived[end + 4 : after]), after) if len(arrived) >= after else None
    if whole is None:
        return None
    body, after = whole
    del arrived[:after]
    return Request(method, path, headers, body)


def chunks(arrived: bytearray, at: int) -> tuple[bytes, int] | None:
    """The body that comes in chunks from here on, and where it ends."""
    body = b""
    while (end := arrived.find(b"\r\n", at)) >= 0:
        size = int(arrived[at:end].split(b";")[0], 16)
        after = end + 2 + size + 2
        if len(arrived) < after:
            return None
        body += arrived[end + 2 : after - 2]
        if size == 0:
            return body, after
        at = after
    return None


def answer(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Stub", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
