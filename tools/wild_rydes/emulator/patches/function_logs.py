"""The log lines of an invocation. A function writes them into a pipe before it answers. ministack took lines until none had come
for 5 ms. On a busy machine that was too early: the last lines stood with the next invocation, or nowhere if there was none.

It also gave every invocation a log stream of its own, and each search goes through all streams of its group. So searches took
longer with every invocation. On AWS, a stream is that of an execution environment. Here it is that of a function's version.
"""

import array
import contextlib
import fcntl
import os
import queue
import select
import termios
import threading
import uuid
from collections.abc import Callable
from typing import Any, BinaryIO

CHUNK = 65_536
# The end of a stream's name, which ministack makes from a UUID.
STREAM = str(uuid.uuid4())
# One thread at a time: two that made the same stream would lose the lines of one.
writing = threading.Lock()
writer = threading.local()


class Output:
    """The output of a function's process: lines go from its pipe into a queue."""

    def __init__(self, stream: BinaryIO, lines: "queue.Queue[str]") -> None:
        self.stream, self.lines = stream, lines
        self.rest = b""
        self.is_open = True
        # No line is between the pipe and the queue while another holds it.
        self.taking = threading.Lock()

    def pump(self) -> None:
        """Takes lines until the process has closed its end, so that a full pipe never stops it."""
        poll = select.poll()
        poll.register(self.stream.fileno(), select.POLLIN)
        while self.is_open:
            ((_, event),) = poll.poll()
            with self.taking:
                # Another may have taken what there was, and then reading would wait.
                if self.waiting() or event & select.POLLHUP:
                    self.is_open = self.take()
        with self.taking:
            self.stream.close()

    def take_written(self) -> None:
        """Takes everything that the process has written so far."""
        with self.taking:
            while self.is_open and self.waiting():
                self.take()

    def waiting(self) -> int:
        """The number of bytes in the pipe."""
        count = array.array("i", [0])
        fcntl.ioctl(self.stream.fileno(), termios.FIONREAD, count)
        return count[0]

    def take(self) -> bool:
        """Takes what there is; false at the end of the output."""
        chunk = os.read(self.stream.fileno(), CHUNK)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        if not chunk and self.rest:
            lines, self.rest = [*lines, self.rest], b""
        for line in lines:
            if self.lines.full():
                # The oldest is dropped, as ministack does.
                with contextlib.suppress(queue.Empty):
                    self.lines.get_nowait()
            self.lines.put_nowait(line.decode("utf-8", errors="replace").rstrip("\r"))
        return bool(chunk)


def pump(original: Callable[..., None]) -> Callable[..., None]:
    """Remembers the output beside its queue, where `drain` finds it."""

    def run(worker: Any, stream: BinaryIO, lines: Any) -> None:
        lines.output = Output(stream, lines)
        lines.output.pump()

    return run


def drain(original: Callable[..., str]) -> Callable[..., str]:
    def run(worker: Any, *args: float, **options: float) -> str:
        output = getattr(worker._stderr_queue, "output", None)
        if output is None:
            return original(worker, *args, **options)
        output.take_written()
        lines: str = worker._drain_stderr()
        return lines

    return run


def emit(original: Callable[..., None]) -> Callable[..., None]:
    """Writes the lines of all invocations into the stream of their function's version."""

    def run(*args: Any, **options: Any) -> None:
        with writing:
            writer.is_naming_a_stream = True
            try:
                original(*args, **options)
            finally:
                writer.is_naming_a_stream = False

    return run


def new_uuid(original: Callable[[], str]) -> Callable[[], str]:
    def run() -> str:
        return STREAM if getattr(writer, "is_naming_a_stream", False) else original()

    return run
