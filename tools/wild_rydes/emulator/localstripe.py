"""localstripe, a stateful fake of Stripe's API, as a plain process on the loopback interface only."""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from wild_rydes import console, environments
from wild_rydes.emulator.embedded import free_port

SERVER = Path(__file__).resolve().parent / "patches" / "localstripe_server.py"


class LocalStripe:
    """An empty fake, for as long as the `with` block lasts. It leaves nothing behind."""

    def __enter__(self) -> "LocalStripe":
        python = environments.bin_of("localstripe") / "python"
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="localstripe-")
        with console.step(f"starting localstripe on {self.url}"), tempfile.TemporaryFile() as log:
            # Isolated, so that no module beside the program is found in place of a library.
            self._process = subprocess.Popen(
                [python, "-I", "-B", SERVER, str(self.port)],
                cwd=self._folder.name,
                env={"PATH": os.environ.get("PATH", ""), "TMPDIR": self._folder.name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                self._wait(log)
            except BaseException:
                self._stop()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _wait(self, log: BinaryIO) -> None:
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                reason = (log.read().decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
                raise console.Stop(f"localstripe did not start: {reason}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/v1/balance", timeout=2)
        except urllib.error.HTTPError as error:
            # It refuses a request without a key, which shows that it runs.
            return error.code == 401
        except OSError:
            return False
        return False

    def _stop(self) -> None:
        for how in (signal.SIGTERM, signal.SIGKILL):
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                continue
        self._folder.cleanup()
