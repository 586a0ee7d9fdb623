"""A process is known by its id and its start, and ends with its group."""

import os
import signal
import subprocess
import time
import unittest
from collections.abc import Callable

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


class TestProcess(unittest.TestCase):
    def started(self, script: str) -> Process:
        leader = subprocess.Popen(["sh", "-c", script], start_new_session=True)
        process = Process.of(leader.pid)
        # The process waits for its child itself; this only keeps Popen from complaining.
        self.addCleanup(leader.wait)
        self.addCleanup(process.stop)
        return process

    def test_it_is_read_again_from_its_record(self) -> None:
        process = self.started("sleep 60")
        again = Process.read(process.record())
        self.assertEqual(again, process)
        self.assertTrue(again.is_running())

    def test_one_that_does_not_answer_runs_and_is_ended(self) -> None:
        process = self.started("trap '' TERM; while :; do sleep 1; done")
        os.kill(process.pid, signal.SIGSTOP)
        self.assertTrue(process.is_running())
        process.stop()
        self.assertFalse(process.is_running())
        self.assertFalse(is_there(process.pid))

    def test_what_it_has_started_ends_with_it_even_if_it_has_ended_itself(self) -> None:
        leader = subprocess.Popen(["sh", "-c", "sleep 60 & exit 0"], start_new_session=True)
        process = Process.of(leader.pid)
        leader.wait()
        self.assertTrue(is_there(leader.pid))
        self.assertFalse(process.is_running())
        process.stop()
        self.assertTrue(eventually(lambda: not is_there(leader.pid)))

    def test_another_one_with_its_id_is_left_alone(self) -> None:
        process = self.started("sleep 60")
        earlier = Process(process.pid, "an earlier start")
        self.assertFalse(earlier.is_running())
        earlier.stop()
        self.assertTrue(process.is_running())

    def test_a_record_of_an_older_version_matches_nothing(self) -> None:
        process = self.started("sleep 60")
        self.assertFalse(Process.read({"pid": process.pid, "port": 4566}).is_running())


if __name__ == "__main__":
    unittest.main()
