"""The stand-in for AWS, as a process of its own, whose time is then not counted as the functions'."""

import http.client
import json
import os
import subprocess
import sys

from harness.certificates import Certificates
from wild_rydes import console
from wild_rydes.paths import BENCH, TOOLS


class Aws:
    """There for as long as the block lasts; with certificates, over TLS, too. It answers after so many milliseconds."""

    def __init__(self, certificates: Certificates | None = None, wait_ms: float = 0) -> None:
        self.certificates, self.wait_ms = certificates, wait_ms
        self.control: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Aws":
        command = [sys.executable, "-m", "harness.aws_stub", str(self.wait_ms)]
        if self.certificates:
            command += [str(self.certificates.chain), str(self.certificates.key)]
        env = {**os.environ, "PYTHONPATH": f"{TOOLS}{os.pathsep}{BENCH}"}
        self.process = subprocess.Popen(
            command, env=env, text=True, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pipes = [pipe for pipe in (self.process.stdin, self.process.stdout) if pipe]
        ports = self.pipes[1].readline().split()
        if not ports:
            self.__exit__()
            raise console.Stop("the stand-in for AWS did not start: see above")
        self.control = http.client.HTTPConnection("127.0.0.1", int(ports[0]))
        self.url = f"https://127.0.0.1:{ports[1]}" if self.certificates else f"http://127.0.0.1:{ports[0]}"
        return self

    def __exit__(self, *_: object) -> None:
        if self.control:
            self.control.close()
        self.process.kill()
        self.process.wait()
        for pipe in self.pipes:
            pipe.close()

    def calls(self) -> dict[str, int]:
        """The calls since this was asked last. Stops at a dead letter: the function did not understand its event."""
        if self.control is None:
            raise console.Stop("the stand-in for AWS is not up")
        self.control.request("GET", "/_calls")
        calls = json.load(self.control.getresponse())
        if calls.get("dead letter"):
            raise console.Stop("an event was dead-lettered: does the example in bench/harness/events.py still fit?")
        return calls
