"""Runs steps one after the other, and beside them the steps that mostly wait, or that only need a processor when nothing else
does. A table at the end shows how long each took."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import LOCAL, ROOT
from wild_rydes.process import Process

# Time for a container, and for what it has started. A signal to end may be followed by SIGKILL a minute later.
TIME_TO_STOP = 45
LOGS = LOCAL / "logs"


@dataclass
class Step:
    """A target of the Makefile, and its description."""

    target: str
    what: str
    # The niceness of a step that runs beside those that follow; its output is kept until it has ended.
    beside: int | None = None
    # The target that must have ended before.
    after: str | None = None
    seconds: float | None = field(default=None, init=False)
    stopped: bool = field(default=False, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
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
            # A group of its own, so that all of its processes can be ended. It is no session: Linux gives each session the same
            # share of the processors, however nice it is.
            self._process = subprocess.Popen(
                [*nice, *command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=os.setpgrp
            )

    def has_ended(self) -> bool:
        if self._process and self.seconds is None and self._process.poll() is not None:
            self.seconds = time.monotonic() - self._started
        return self.seconds is not None

    def failed(self) -> bool:
        return self._process is not None and self.has_ended() and self._process.returncode != 0

    def terminate(self) -> None:
        """Asks the step to end, with all that it has started."""
        if self._process and not self.has_ended():
            self.stopped = True
            self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Waits until the step has ended, with all that it has started."""
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
        if self._process is None:
            return
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


class Run:
    """A run of all steps, which stops at the first that fails, and says in either case how long each took."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps, self.shown = steps, set[str]()

    def all(self) -> None:
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)
        started = time.monotonic()
        try:
            for step in self.steps:
                self._start(step)
            for step in self.steps:
                self._wait(step)
        finally:
            self._end()
            _table(self.steps, time.monotonic() - started)

    def _start(self, step: Step) -> None:
        """Starts a step once the one before it that it needs has ended; waits for it unless it runs beside the others."""
        for other in self.steps:
            if other.target == step.after:
                self._wait(other)
        _title(step, "beside the others" if step.beside is not None else "")
        step.start()
        if step.beside is None:
            self._wait(step)
            # The steps that follow need not build it again.
            os.environ[environments.BUILT] = "1"

    def _wait(self, step: Step) -> None:
        # A step that fails beside it ends all.
        while not step.has_ended() and not any(other.failed() for other in self.steps if other is not step):
            time.sleep(0.1)
        self._show_ended()
        if step.beside is None:
            _check(step)

    def _show_ended(self) -> None:
        """Shows the output of steps that have ended beside the others, and stops if one of them has failed."""
        for step in self.steps:
            if step.beside is not None and step.has_ended() and step.target not in self.shown:
                self.shown.add(step.target)
                _title(step, "ended beside the others")
                console.line(step.log.read_text(errors="replace").rstrip())
                _check(step)

    def _end(self) -> None:
        """Ends the steps that still run, and says where their output is."""
        for step in self.steps:
            step.terminate()
        for step in self.steps:
            step.stop()
        for step in self.steps:
            if step.stopped and step.beside is not None:
                console.line(f"  the output of {step.target} until it was stopped: {step.log.relative_to(ROOT)}")


def _title(step: Step, how: str) -> None:
    console.line(
        f"\n{console.GREEN}━━ {step.what}{console.END} {console.DIM}(make {step.target}){' ' + how if how else ''}{console.END}"
    )


def _check(step: Step) -> None:
    if step.failed():
        raise console.Stop(f"make {step.target} failed after {duration(step.seconds or 0)}: see above")


def _table(steps: Sequence[Step], seconds: float) -> None:
    console.line("")
    for step in steps:
        beside = ", beside the others" if step.beside is not None else ""
        console.line(f"  {step.outcome():>11}  {step.what}{beside}")
    console.line(f"  {duration(seconds):>11}  all")


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:2} s" if minutes else f"{rest} s"
