"""The console's program, as the tests start and stop it."""

import os
import re
import signal
import subprocess
import threading
import urllib.parse
from pathlib import Path

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*")
TIME_TO_START = 60
TIME_TO_STOP = 15


class Console:
    """`rydes console`, for the stage that the environment names."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        # The lines before the one with the address.
        self.said: list[str] = []

    @property
    def origin(self) -> str:
        parts = urllib.parse.urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def port(self) -> int:
        return urllib.parse.urlsplit(self.address).port or 0

    def start(self, *options: str, port: int = 0) -> None:
        command: list[str | Path] = [self.program, "console", "--port", str(port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        self.address = self._read_address()

    def next_address(self) -> str:
        """Another address, for another browser."""
        assert self.process
        self.process.send_signal(signal.SIGUSR1)
        return self._read_address()

    def _read_address(self) -> str:
        assert self.process
        assert self.process.stdout
        # Reading waits for a line, and the timer ends that.
        timer = threading.Timer(TIME_TO_START, self.process.kill)
        timer.start()
        self.said = []
        try:
            for line in self.process.stdout:
                if found := ADDRESS.search(line):
                    return found.group()
                self.said.append(line.strip())
        finally:
            timer.cancel()
        raise AssertionError("rydes console printed no address")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(TIME_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process and self.process.stdout:
            self.process.stdout.close()
        self.process, self.address = None, ""
