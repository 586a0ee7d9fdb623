"""The steps of `make test`: one after the other, and beside them those that mostly wait, or that only need a processor when nothing
else does. Each says how long it took, and a table at the end shows all of them."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import LOCAL, ROOT
from wild_rydes.process import Process

# For a container, and whatever it has started. What ends us may kill us a minute later.
TIME_TO_STOP = 45
LOGS = LOCAL / "logs"


@dataclass
class Step:
    """A target of the Makefile, and what it does."""

    target: str
    what: str
    # Runs beside those that follow, with its output kept until it has ended, and is as nice to them as this.
    beside: int | None = None
    # The target that must have ended before.
    after: str | None = None
    seconds: float | None = field(default=None, init=False)
    stopped: bool = field(default=False, init=False)
    _process: subprocess.Popen | None = field(default=None, init=False)
    _started: float = field(default=0, init=False)

    @property
    def log(self) -> Path:
        return LOGS / (re.sub("[^a-z0-9]+", "-", self.target.lower()) + ".log")

    def start(self) -> None:
        command = [os.environ.get("MAKE", "make"), "--no-print-directory", *self.target.split()]
        self._started = time.monotonic()
        if self.beside is None:
            self._process = subprocess.Popen(command, cwd=ROOT)
            return
        with self.log.open("wb") as log:
            nice = ["nice", "-n", str(self.beside)]
            # A group of its own, so that all of it can be ended. It is no session: Linux gives each session the same share of the
            # processors, however nice it is.
            self._process = subprocess.Popen(
                [*nice, *command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=os.setpgrp
            )

    def has_ended(self) -> bool:
        if self._process and self.seconds is None and self._process.poll() is not None:
            self.seconds = time.monotonic() - self._started
        return self.seconds is not None

    def failed(self) -> bool:
        return self.has_ended() and self._process.returncode != 0

    def terminate(self) -> None:
        """Tells it to end, and to end what it has started."""
        if self._process and not self.has_ended():
            self.stopped = True
            self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Waits until it has ended, and all that it has started."""
        if not self._process:
            return
        try:
            self._process.wait(TIME_TO_STOP)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        if self.stopped and self.beside is not None:
            # make may end before what it runs.
            Process.of(self._process.pid).stop(TIME_TO_STOP)
        self.has_ended()

    def _signal(self, how: signal.Signals) -> None:
        try:
            if self.beside is None:
                self._process.send_signal(how)
            else:
                os.killpg(self._process.pid, how)
        except (ProcessLookupError, PermissionError):
            # It has just ended.
            pass

    def outcome(self) -> str:
        if self._process is None:
            return "not run"
        return "stopped" if self.stopped else "FAILED" if self.failed() else duration(self.seconds or 0)


def run(steps: list[Step]) -> None:
    """Runs all of them, or stops at the first that fails; says in either case how long each took."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    started, shown = time.monotonic(), set()

    def look() -> None:
        """Shows the output of what has ended beside, and stops if it has failed."""
        for step in steps:
            if step.beside is not None and step.has_ended() and step.target not in shown:
                shown.add(step.target)
                _title(step, "ended beside the others")
                console.line(step.log.read_text(errors="replace").rstrip())
                _check(step)

    def wait(step: Step) -> None:
        while not step.has_ended():
            # What fails beside it ends all.
            if not any(other.failed() for other in steps if other is not step):
                time.sleep(0.1)
                continue
            break
        look()
        if step.beside is None:
            _check(step)

    try:
        for step in steps:
            for other in steps:
                if other.target == step.after:
                    wait(other)
            _title(step, "beside the others" if step.beside is not None else "")
            step.start()
            if step.beside is None:
                wait(step)
                # What follows need not build it again.
                os.environ[environments.BUILT] = "1"
        for step in steps:
            wait(step)
    finally:
        for step in steps:
            step.terminate()
        for step in steps:
            step.stop()
        for step in steps:
            if step.stopped and step.beside is not None:
                console.line(f"  what {step.target} has said until it was stopped: {step.log.relative_to(ROOT)}")
        _table(steps, time.monotonic() - started)


def _title(step: Step, how: str) -> None:
    console.line(f"\n{console.GREEN}━━ {step.what}{console.END} {console.DIM}(make {step.target}){' ' + how if how else ''}{console.END}")


def _check(step: Step) -> None:
    if step.failed():
        raise console.Stop(f"make {step.target} failed after {duration(step.seconds)}: see above")


def _table(steps: list[Step], seconds: float) -> None:
    console.line("")
    for step in steps:
        beside = ", beside the others" if step.beside is not None else ""
        console.line(f"  {step.outcome():>11}  {step.what}{beside}")
    console.line(f"  {duration(seconds):>11}  all")


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:2} s" if minutes else f"{rest} s"
