"""Console output: one line for each step, and one clear line when something is wrong."""

import sys
import threading
import time

TTY = sys.stdout.isatty()
GREEN, RED, DIM, END = ("\033[32m", "\033[31m", "\033[2m", "\033[0m") if TTY else ("", "", "", "")
_lock = threading.Lock()


class Stop(Exception):
    """Ends a command. The message says what failed, and what to do."""


def line(text: str) -> None:
    with _lock:
        print(text, flush=True)


def done(what: str, seconds: float) -> None:
    line(f"  {GREEN}✓{END} {what} {DIM}{seconds:.0f} s{END}")


class step:  # noqa: N801 (it is used as a function is)
    """Times a step. A terminal shows that the step is running; other outputs get one line at its start."""

    def __init__(self, what: str, spinner: bool = True) -> None:
        self.what, self.spins = what, spinner and TTY
        self.ended = threading.Event()

    def __enter__(self) -> "step":
        self.start = time.monotonic()
        if self.spins:
            self.spinner = threading.Thread(target=self._spin, daemon=True)
            self.spinner.start()
        else:
            line(f"  … {self.what}")
        return self

    def _spin(self) -> None:
        turn = 0
        while not self.ended.wait(0.1):
            turn += 1
            with _lock:
                seconds = time.monotonic() - self.start
                print(f"\r  {'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'[turn % 10]} {self.what} {DIM}{seconds:.0f} s{END}\033[K", end="", flush=True)

    def __exit__(self, error: type, *_: object) -> None:
        self.ended.set()
        if self.spins:
            self.spinner.join()
            print("\r\033[K", end="")
        if error is None:
            done(self.what, time.monotonic() - self.start)
