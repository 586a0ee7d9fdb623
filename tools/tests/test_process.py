"""A process is known by its id and its start, and ends with its group."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from wild_rydes.process import Process


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


Start = Callable[[str], Process]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts a script in a group of its own, and ends it after the test."""
    with ExitStack() as ended:

        def start(script: str) -> Process:
            leader = subprocess.Popen(["sh", "-c", script], start_new_session=True)
            process = Process.of(leader.pid)
            # The process waits for its child itself; this only keeps Popen from complaining.
            ended.callback(leader.wait)
            ended.callback(process.stop)
            return process

        yield start


def test_it_is_read_again_from_its_record(started: Start) -> None:
    process = started("sleep 60")
    again = Process.read(process.record())
    assert again == process
    assert again.is_running()


def test_one_that_does_not_answer_runs_and_is_ended(started: Start) -> None:
    process = started("trap '' TERM; while :; do sleep 1; done")
    os.kill(process.pid, signal.SIGSTOP)
    assert process.is_running()
    process.stop()
    assert not process.is_running()
    assert not is_there(process.pid)


def test_what_it_has_started_ends_with_it_even_if_it_has_ended_itself() -> None:
    leader = subprocess.Popen(["sh", "-c", "sleep 60 & exit 0"], start_new_session=True)
    process = Process.of(leader.pid)
    leader.wait()
    assert is_there(leader.pid)
    assert not process.is_running()
    process.stop()
    assert eventually(lambda: not is_there(leader.pid))


def test_another_one_with_its_id_is_left_alone(started: Start) -> None:
    process = started("sleep 60")
    earlier = Process(process.pid, "an earlier start")
    assert not earlier.is_running()
    earlier.stop()
    assert process.is_running()


def test_a_record_of_an_older_version_matches_nothing(started: Start) -> None:
    process = started("sleep 60")
    assert not Process.read({"pid": process.pid, "port": 4566}).is_running()
