"""Where the CPU time of a call to AWS goes: perf takes samples of award-points while it handles messages one by one, each with
one call, and inferno draws the samples as a flame graph."""

import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from harness import events, machine, marked, table
from harness.aws import Aws
from harness.context import Context
from harness.figures import rounded
from harness.process import Process
from harness.programs import TWIN, Program
from harness.settings import environment
from wild_rydes import console, functions
from wild_rydes.paths import ROOT

# A prime number, so that the samples don't keep step with a timer.
HERTZ = 997
WARM_UP, INVOCATIONS = 200, 30_000
INFERNO = "0.12.8"
PAGES = (ROOT / "docs" / "performance.md",)
PICTURE = ROOT / "docs" / "images" / "warm-call.svg"
TITLE = "A warm message with one call to AWS: CPU time of award-points"
ADVICE = "install perf (Debian: linux-perf), and allow it to take samples (sysctl kernel.perf_event_paranoid=1)"
# A sample belongs to the first of these that a frame of its stack has, looked for from its innermost frame outwards.
KINDS = (
    ("the kernel: sockets, waiting and waking", r"_\[k\]$"),
    ("memory: malloc and free", r"^_*(libc_)?(malloc|free|realloc|calloc|_int_\w+|cfree|unlink_chunk|malloc_consolidate)"),
    ("signing", r"sigv4|sha2|hmac|Sha256|aws_credential"),
    ("the request and the answer as JSON", r"protocol_serde|aws_smithy_json|serde_json|aws_sdk_dynamodb::(operation|types)"),
    ("HTTP and its connection", r"hyper|h1::|httparse|http::|tower|mio::|aws_smithy_http_client|tokio::net|TcpStream"),
    ("the SDK's orchestration: interceptors, endpoint, retries", r"aws_smithy|aws_runtime|aws_sdk_dynamodb|aws_config|aws_types"),
    ("Lambda's runtime client", r"lambda_runtime|lambda_http"),
    ("our own: consumer, envelope, business", r"lambda_messaging|customer_loyalty|messaging|award_points"),
    ("tokio's scheduler and timers", r"tokio"),
)
OTHER = "other"


def is_there() -> bool:
    """Is there a perf that may take samples here?"""
    tried = ("perf", "record", "-o", "/dev/null", "true")
    return bool(shutil.which("perf")) and not subprocess.run(tried, capture_output=True).returncode


def run(_: Context) -> dict[str, Any]:
    if not is_there():
        raise console.Stop(f"no samples can be taken here: {ADVICE}")
    inferno = installed()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "functions" / TWIN / "bootstrap"
        functions.build_for_profile(program.parents[1], TWIN)
        data = Path(folder) / "perf.data"
        cpu_us = sampled(Program(TWIN, TWIN, [str(program)], {}, 0), data)
        stacks = folded(inferno, data)
    kinds = shares(stacks)
    seconds = sum(kinds.values()) / 1e9
    each = f"{cpu_us:.0f} µs of CPU time each"
    about = f"{INVOCATIONS:,} invocations of one message, {each}: {seconds:.0f} s, in samples of a millisecond"
    rows = [(kind, f"{count / sum(kinds.values()):.0%}") for kind, count in kinds.most_common()]
    table.show(("CPU time goes into", "share"), rows)
    console.line(f"\n{about}.")
    draw(inferno, stacks)
    image = f"[![{TITLE}](images/{PICTURE.name})](images/{PICTURE.name})"
    caption = f"{about}. {machine.caption('profile')}"
    marked.write("profile", "\n\n".join((image, table.markdown(("CPU time goes into", "share"), rows), caption)), PAGES)
    console.line(f"The flame graph: {PICTURE.relative_to(ROOT)}")
    return {"cpu_us": rounded(cpu_us), "nanoseconds": dict(kinds)}


def installed() -> Path:
    """The folder of inferno's programs, installed beside the other tools."""
    root = ROOT / ".tools" / f"inferno-{INFERNO}"
    if not (root / "bin" / "inferno-flamegraph").exists():
        with console.step(f"installing inferno {INFERNO}, which draws flame graphs", spinner=False):
            command = ["cargo", "install", "--quiet", "--locked", "--version", INFERNO, "--root", str(root), "inferno"]
            if subprocess.run(command).returncode:
                raise console.Stop("inferno was not installed: see cargo's messages above")
    return root / "bin"


def sampled(program: Program, data: Path) -> float:
    """Takes the samples, and returns the microseconds of CPU time that an invocation takes."""
    with Aws() as aws, Process(program, environment(aws.url)) as process:
        invoke(process, WARM_UP, 0)
        # The tables of the unwinder are in the program, so a copy of the top of the stack is enough.
        options = ("-F", str(HERTZ), "--call-graph", "dwarf,16384", "-p", str(process.pid), "-o", str(data))
        perf = subprocess.Popen(["perf", "record", "--quiet", *options], stderr=subprocess.DEVNULL)
        try:
            with console.step(f"taking samples of {INVOCATIONS} invocations"):
                before = process.cpu()
                invoke(process, INVOCATIONS, WARM_UP)
                cpu = process.cpu() - before
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait()
    return cpu / INVOCATIONS / 1000


def invoke(process: Process, times: int, first: int) -> None:
    for number in range(first, first + times):
        _, answer = process.invoke(events.event(TWIN, 1, number))
        process.await_poll()
        events.check(TWIN, answer)


def folded(inferno: Path, data: Path) -> list[tuple[list[str], int]]:
    """The stacks, outermost frame first, and the nanoseconds that each took."""
    with console.step("reading the samples"):
        script = subprocess.run(["perf", "script", "--no-inline", "-i", str(data)], capture_output=True, check=True)
        collapse = (inferno / "inferno-collapse-perf", "--kernel")
        lines = subprocess.run(collapse, input=script.stdout, capture_output=True, check=True).stdout.decode().splitlines()
    parsed = (line.rsplit(" ", 1) for line in lines)
    return [(stack.split(";"), int(count)) for stack, count in parsed]


def shares(stacks: list[tuple[list[str], int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, count in stacks:
        found[kind_of(stack)] += count
    return found


def kind_of(stack: list[str]) -> str:
    for frame in reversed(stack):
        for kind, pattern in KINDS:
            if re.search(pattern, frame):
                return kind
    return OTHER


def draw(inferno: Path, stacks: list[tuple[list[str], int]]) -> None:
    lines = "".join(f"{';'.join(stack)} {count}\n" for stack, count in stacks)
    flamegraph = (inferno / "inferno-flamegraph", "--title", TITLE, "--hash", "--minwidth", "0.4", "--no-javascript")
    drawn = subprocess.run(flamegraph, input=lines.encode(), capture_output=True, check=True).stdout
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(drawn)
