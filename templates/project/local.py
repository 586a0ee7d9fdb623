#!/usr/bin/env python3
"""Runs the project in the current folder on this machine, without an AWS account and without Docker.

    local.py test [<arguments of cargo test>]   deploys the project, runs its tests, and stops everything
    local.py up                                 deploys the project, and keeps it running until Ctrl-C
    local.py tools <name> …                     installs tools that requirements/ names

It builds the functions, starts an emulator of AWS that enforces IAM on a free loopback port, and deploys template.yaml with the
SAM CLI. The tools are pinned in requirements/, and installed into .tools beside this file or the folder that LOCAL_TOOLS names.
The tests find the emulator at AWS_ENDPOINT_URL, each output of the template in a variable (QueueUrl in QUEUE_URL), and the
functions' processes by their programs, which are below FUNCTIONS_FOLDER.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE, LOCAL = Path(__file__).resolve().parent, Path.cwd() / ".local"
TOOLS = Path(os.environ.get("LOCAL_TOOLS", HERE / ".tools")).resolve()
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_START, SECONDS_TO_STOP = 60, 5
# The caller's own AWS account must be out of reach.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
EMULATED = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
# The SAM CLI would write to the home folder, report its use, and look only every 5 s whether a stack is there.
SAM = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(LOCAL / "sam"), "SAM_CLI_POLL_DELAY": "0.1"}
QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
running: list[subprocess.Popen[str]] = []


def start(*command: str | Path, env: Mapping[str, str] = ENVIRONMENT, **options: Any) -> subprocess.Popen[str]:
    """Starts a process in a group of its own, so that it can be stopped with all that it starts."""
    running.append(subprocess.Popen(command, env=env, start_new_session=True, text=True, **options))
    return running[-1]


def run(fault: str, *command: str | Path, env: Mapping[str, str] = ENVIRONMENT, **options: Any) -> str:
    """Runs a command, and returns what it pipes. If it fails, exits with this message, and with what it piped as errors."""
    process = start(*command, env=env, **options)
    output = process.communicate()[0] or ""
    running.remove(process)
    if process.returncode:
        sys.exit(f"{fault}\n{output if 'stderr' in options else ''}".strip())
    return output


def stop_all() -> None:
    """Stops every process that still runs, with all that it has started."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # A second one must not interrupt this.
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))


def bin_of(tool: str) -> Path:
    """The folder of a tool's programs. Installs the tool unless it is there as its requirements say."""
    folder, requirements = TOOLS / tool, HERE / "requirements" / f"{tool}.txt"
    if not requirements.exists():
        known = sorted(file.stem for file in requirements.parent.glob("*.txt"))
        sys.exit(f"there is no tool {tool}: name one of {', '.join(known)}")
    digest, stamp = hashlib.sha256(requirements.read_bytes()).hexdigest(), folder / "installed"
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / f"{tool}.lock").open("w") as lock:
        # Two runs may share the folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != digest:
            print(f"installing {tool} …", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            run("install your system's package python3-venv, and try again:", sys.executable, "-m", "venv", folder, **QUIET)
            pip = (folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes")
            run(f"{tool} was not installed; is the Python package index reachable?", *pip, "-r", requirements, **QUIET)
            stamp.write_text(digest)
    return folder / "bin"


def build() -> None:
    """Builds the functions and the tests for this machine, and installs the tools meanwhile."""
    if not shutil.which("cargo"):
        sys.exit("Rust is not installed: see https://rustup.rs")
    install = start(sys.executable, __file__, "tools", "sam", "ministack")
    # Together, because the tests need some dependencies with more features, and these would be compiled twice.
    cargo = ("cargo", "build", "--bins", "--tests", "--message-format=json-render-diagnostics")
    messages = run("the build failed: see above", *cargo, stdout=subprocess.PIPE).splitlines()
    if install.wait():
        sys.exit("the tools were not installed: see above")
    running.remove(install)
    for built in map(json.loads, messages):
        if built.get("executable") and not built["profile"]["test"]:
            (folder := LOCAL / "target" / "lambda" / built["target"]["name"]).mkdir(parents=True, exist_ok=True)
            shutil.copy2(built["executable"], folder / "bootstrap")


def start_emulator() -> dict[str, str]:
    """Starts an emulator with nothing in it. Returns the environment of its clients."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = LOCAL / "tmp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Functions inherit it, so that they call the emulator.
    endpoint = {"AWS_ENDPOINT_URL": f"http://localhost:{port}"}
    # Without BIND_HOST it would listen on every interface, and without AUTH it would not enforce IAM.
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AUTH": "true", "IOT_MTLS_ENABLED": "0"}
    command, env = (bin_of("ministack") / "python", HERE / "emulator.py"), {**ENVIRONMENT, **endpoint, **settings}
    with (LOCAL / "emulator.log").open("wb") as output:
        emulator = start(*command, env={**env, "TMPDIR": str(folder)}, stdin=subprocess.PIPE, stdout=output, stderr=output)
    deadline = time.monotonic() + SECONDS_TO_START
    while emulator.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{endpoint['AWS_ENDPOINT_URL']}/_ministack/health", timeout=2):
            return {**endpoint, **EMULATED, "FUNCTIONS_FOLDER": str(folder)}
        time.sleep(0.1)
    sys.exit(f"the emulator did not start: see {LOCAL / 'emulator.log'}")


def deploy(client: Mapping[str, str]) -> dict[str, str]:
    """Deploys a copy of the template, beside which the functions are those built for this machine. Returns its outputs."""
    template = re.sub(r"(DefinitionUri:\s*)(?=\w)", r"\1../", Path("template.yaml").read_text())
    (LOCAL / "template.yaml").write_text(template)
    env = {**ENVIRONMENT, **client, **SAM, "AWS_DEFAULT_REGION": client["AWS_REGION"]}
    sam, stack = bin_of("sam") / "sam", ("--stack-name", "local")
    settings = ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
    settings += ["--parameter-overrides", "OnEmulator=true"] if re.search(r"^  OnEmulator:", template, re.MULTILINE) else []
    print("deploying …", flush=True)
    run("template.yaml was not deployed:", sam, "deploy", "-t", LOCAL / "template.yaml", *stack, *settings, env=env, **QUIET)
    listed = run("no outputs:", sam, "list", "stack-outputs", *stack, "--output", "json", env=env, stdout=subprocess.PIPE)
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", each["OutputKey"]).upper(): each["OutputValue"] for each in json.loads(listed)}


def main(command: str, *arguments: str) -> None:
    for number in SIGNALS:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if command != "tools" and not Path("template.yaml").exists():
        sys.exit(f"there is no template.yaml in {Path.cwd()}: run this in the folder of a project")
    try:
        LOCAL.mkdir(exist_ok=True)
        if command == "tools":
            for tool in arguments:
                bin_of(tool)
            return
        build()
        client = start_emulator()
        client |= deploy(client)
        if command == "test":
            run("tests failed", "cargo", "test", *arguments, "--", "--include-ignored", env={**ENVIRONMENT, **client})
            return
        (LOCAL / "stack.env").write_text("".join(f"export {name}='{value}'\n" for name, value in client.items()))
        print(f"up at {client['AWS_ENDPOINT_URL']} until Ctrl-C; in another shell: . .local/stack.env", flush=True)
        signal.pause()
    finally:
        stop_all()


if __name__ == "__main__":
    if sys.argv[1:2] in (["test"], ["up"], ["tools"]):
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
