"""The embedded emulator: ministack as a plain process, on the loopback interface only, with IAM enforced."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import environments
import say
from families import REGION, environment_of

SERVER = Path(__file__).parent / "ministack_server.py"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Emulator:
    """One emulator, whose process id, log and endpoint stand in a folder."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str] = {}) -> None:
        self.folder, self.port, self.settings = folder, port, settings
        self.record = folder / "emulator.json"
        self.log = folder / "emulator.log"

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        """What a client of this emulator needs in its environment."""
        return environment_of(self.endpoint)

    @staticmethod
    def running(folder: Path) -> "Emulator | None":
        """The emulator that was started from this folder, if it still runs."""
        try:
            record = json.loads((folder / "emulator.json").read_text())
        except (OSError, ValueError):
            return None
        emulator = Emulator(folder, record["port"])
        return emulator if emulator._is_ours(record) else None

    def _is_ours(self, record: dict) -> bool:
        """Process ids are used again, so the process must also be the one that answers at the port."""
        try:
            os.kill(record["pid"], 0)
        except OSError:
            return False
        return self.healthy()

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

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
            **self.settings,
        }
        with say.step(f"starting the emulator on {self.endpoint}"), self.log.open("wb") as log:
            process = subprocess.Popen(
                [python, SERVER], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            self.record.write_text(json.dumps({"pid": process.pid, "port": self.port, "started": time.time()}))
            deadline = time.monotonic() + 60
            while not self.healthy():
                if process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise say.Stop(f"the emulator did not start: see {self.log}")
                time.sleep(0.1)

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
                raise say.Stop(
                    f"port {self.port} is in use: stop what listens there, or choose another with PORT=<port>"
                ) from None

    def stop(self) -> None:
        """Stops the emulator and the functions that it started."""
        try:
            pid = json.loads(self.record.read_text())["pid"]
        except (OSError, ValueError):
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(pid, how)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + 5
            while _alive(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
        self.record.unlink(missing_ok=True)


def _alive(group: int) -> bool:
    try:
        # A child of ours that has ended must be waited for, or its group lives on.
        os.waitpid(group, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
