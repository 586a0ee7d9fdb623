"""The output of a function's process, and the lines of an invocation."""

import os
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from wild_rydes.emulator.patches.function_logs import Output, drain, emit, new_uuid, pump


class Worker:
    """ministack's worker, as far as its lines are concerned."""

    def __init__(self) -> None:
        self._stderr_queue: queue.Queue[str] = queue.Queue(maxsize=3)

    def _drain_stderr(self) -> str:
        lines = []
        while not self._stderr_queue.empty():
            lines.append(self._stderr_queue.get_nowait())
        return "\n".join(lines)


def piped() -> tuple[BinaryIO, int]:
    out, into = os.pipe()
    return os.fdopen(out, "rb"), into


def never(*_: object, **__: object) -> Any:
    raise AssertionError("the original is not called")


def test_all_that_was_written_is_taken_even_if_no_thread_has_read_it() -> None:
    worker, (stream, into) = Worker(), piped()
    worker._stderr_queue.output = Output(stream, worker._stderr_queue)  # type: ignore[attr-defined]
    os.write(into, b"one\ntwo\nthree, not yet")
    assert drain(never)(worker, first_line_wait=0.1) == "one\ntwo"
    os.write(into, b" whole\n")
    assert drain(never)(worker) == "three, not yet whole"
    assert drain(never)(worker) == ""
    os.close(into)
    stream.close()


def test_a_thread_takes_lines_to_the_end_and_the_oldest_are_dropped() -> None:
    worker, (stream, into) = Worker(), piped()
    thread = threading.Thread(target=pump(never), args=(worker, stream, worker._stderr_queue))
    thread.start()
    os.write(into, b"one\ntwo\nthree\r\nfour\nand \xff")
    os.close(into)
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert stream.closed
    assert drain(never)(worker) == "three\nfour\nand \ufffd"


def test_a_worker_of_another_kind_drains_as_before() -> None:
    assert drain(lambda *_, **__: "as before")(Worker()) == "as before"


def test_all_invocations_of_a_version_write_into_one_stream_and_lose_no_line() -> None:
    numbers = iter(range(1000))
    named = new_uuid(lambda: f"uuid-{next(numbers)}")
    streams: dict[str, list[str]] = {}

    def write(version: str, line: str) -> None:
        name = f"[{version}]{named()}"
        if name not in streams:
            time.sleep(0.001)  # Another thread's turn: ministack looks first and makes the stream afterwards.
            streams[name] = []
        streams[name].append(line)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(emit(write), ["1", "2"] * 100, map(str, range(200))))
    assert sorted(int(line) for lines in streams.values() for line in lines) == list(range(200))
    assert len(streams) == 2
    assert named() == "uuid-0", "elsewhere, each id is a new one"
