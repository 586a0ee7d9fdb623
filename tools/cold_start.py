"""How each function starts: from the process's start to its first poll of the Runtime API, and its memory at that point.

A stand-in for the Runtime API listens on the loopback interface and hangs up at the first poll. Beside the functions
stands the floor, a function that does nothing, built in the same way and started in the same run, turn by turn: the
machine's noise then hits all alike.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import say
from artifacts import zipped
from stacks import INFRA

STARTS = 30
FLOOR = "floor"


def bench(folder: Path) -> None:
    if sys.platform != "linux":
        raise say.Stop("this benchmark starts programs built for Lambda, so it needs Linux")
    programs = sorted(folder.glob("*/bootstrap"), key=lambda p: (p.parent.name != FLOOR, p.parent.name))
    env = settings()
    starts: dict[Path, list[tuple[float, int]]] = {program: [] for program in programs}
    with say.step(f"starting each of {len(programs)} functions {STARTS} times"):
        for _ in range(STARTS):
            for program in programs:
                starts[program].append(start(program, env))
    floor = statistics.median(seconds for seconds, _ in starts[programs[0]])
    say.line(f"\n{'function':28} {'p50':>8} {'p90':>8} {'x floor':>8} {'memory':>8} {'zip':>8}")
    for program, runs in starts.items():
        times = sorted(seconds * 1000 for seconds, _ in runs)
        p50, p90 = statistics.median(times), times[int(len(times) * 0.9)]
        memory = max(kib for _, kib in runs) / 1024
        zip_size = zipped(program.read_bytes()) / 1e6
        ratio = p50 / (floor * 1000)
        say.line(f"{program.parent.name:28} {p50:5.1f} ms {p90:5.1f} ms {ratio:8.1f} {memory:5.1f} MB {zip_size:5.2f} MB")
    say.line(f"\n{machine()}; time from spawn to first poll, peak resident memory until then")


def settings() -> dict[str, str]:
    """Every setting that some template sets, so that each function finds its own."""
    names = {name for path in INFRA.glob("*.yaml") for name in re.findall(r"^ {10}([A-Z][A-Z_]+): ", path.read_text(), re.M)}
    aws = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    function = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_FUNCTION_VERSION": "1"}
    return {**aws, **function, **{name: "http://localhost/1/x" for name in names}}


def start(program: Path, env: dict[str, str]) -> tuple[float, int]:
    """Seconds to the first poll, and peak KiB until then."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        env = {**env, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.getsockname()[1]}"}
        began = time.perf_counter()
        process = subprocess.Popen([program], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            poll, _ = server.accept()
            with poll:
                request = poll.recv(1024)
                took = time.perf_counter() - began
                if b"/runtime/invocation/next" not in request:
                    raise say.Stop(f"{program.parent.name} asked for something else than its next invocation")
                status = Path(f"/proc/{process.pid}/status").read_text()
        except TimeoutError:
            raise say.Stop(f"{program.parent.name} did not poll within 10 s") from None
        finally:
            process.kill()
            process.wait()
    return took, int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def machine() -> str:
    try:
        cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        cpu = "unknown CPU"
    return f"{os.cpu_count()} cores, {cpu}"
