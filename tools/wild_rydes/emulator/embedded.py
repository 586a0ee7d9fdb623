"""The embedded emulator: ministack as a plain process, on the loopback interface only, with IAM enforced."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.emulator.profiles import REGION, TIME_TO_ANSWER, environment_of, verify_sender
from wild_rydes.process import Process

PATCHES = Path(__file__).resolve().parent / "patches"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Emulator:
    """An emulator, with its process id, log and endpoint in a folder."""

    def __init__(self, folder: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        self.folder, self.port, self.settings = folder, port, settings or {}
        self.process: Process | None = None
        self.record = folder / "emulator.json"
        self.log = folder / "emulator.log"

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        """The environment of a client of this emulator."""
        return environment_of(self.endpoint)

    @staticmethod
    def recorded(folder: Path) -> "Emulator | None":
        """The emulator that was started from this folder and not stopped, whether or not it still runs."""
        try:
            record = json.loads((folder / "emulator.json").read_text())
            emulator = Emulator(folder, record["port"])
            emulator.process = Process.read(record)
        except (OSError, ValueError, KeyError):
            return None
        return emulator

    @staticmethod
    def running(folder: Path) -> "Emulator | None":
        """The emulator that was started from this folder, if it still runs."""
        emulator = Emulator.recorded(folder)
        return emulator if emulator and emulator.is_running() else None

    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running()

    def healthy(self, patience: float = 2) -> bool:
        """Tells whether it answers in time. If not, it may be busy: only its process tells whether it runs."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=patience) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait(self) -> None:
        """Waits until it answers, for as long as its process runs."""
        deadline = time.monotonic() + TIME_TO_ANSWER
        # In this order, since another emulator could answer at the same port.
        while not self.healthy() or not self.is_running():
            if not self.is_running():
                raise console.Stop(f"the emulator has ended: see {self.log}")
            if time.monotonic() > deadline:
                raise console.Stop(
                    f"the emulator runs, and has not answered for {TIME_TO_ANSWER} s: see {self.log}, or make down"
                )
            time.sleep(0.1)

    def start(self) -> None:
        python = environments.bin_of("ministack") / "python"
        self.check_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
            "GATEWAY_PORT": str(self.port),
            # Without it the emulator listens on every interface.
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            # Functions inherit it; without it they would call the real AWS.
            "AWS_ENDPOINT_URL": self.endpoint,
            "MINISTACK_REGION": REGION,
            "TMPDIR": str(self._temporary()),
            # As in a container, where `patches` is the only package of ours.
            "PYTHONPATH": str(PATCHES.parent),
            **self.settings,
        }
        with console.step(f"starting the emulator on {self.endpoint}"), self.log.open("wb") as log:
            started = subprocess.Popen(
                [python, "-m", "patches.ministack_server", "uvicorn"],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self.process = Process.of(started.pid)
            self.record.write_text(json.dumps({**self.process.record(), "port": self.port}))
            try:
                self.wait()
                verify_sender(self.environment())
            except BaseException:
                self.stop()
                raise

    def _temporary(self) -> Path:
        folder = self.folder / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def check_port(self) -> None:
        """Stops if the port is taken."""
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", self.port))
            except OSError:
                raise console.Stop(
                    f"port {self.port} is in use: stop what listens there, or choose another with PORT=<port>"
                ) from None

    def stop(self) -> None:
        """Stops the emulator and the functions that it started."""
        if self.process:
            self.process.stop()
        self.record.unlink(missing_ok=True)
