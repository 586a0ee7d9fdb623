"""Deploys all stacks to an emulator of their own, and measures rides there."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_rydes import console, end_to_end, environments, functions
from wild_rydes.deployment import Deployment
from wild_rydes.emulator.embedded import Emulator, free_port
from wild_rydes.fault_proxy import FaultProxy
from wild_rydes.paths import BENCH, INFRA, LOCAL, ROOT

STAGE = "bench"
OBSERVER = "harness.observer"
# The number of customers in the load of `rydes load`.
CUSTOMERS = 1000
CODE = re.compile(r"(CodeUri|DefinitionUri): \.\./")
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Deployed:
    emulator: Emulator
    # Through which the functions' calls went, if they were to be counted.
    proxy: FaultProxy | None
    folder: Path

    @property
    def proxy_url(self) -> str:
        if self.proxy is None:
            raise console.Stop("the calls of this deployment are not counted")
        return self.proxy.url

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **self.emulator.environment(), "STAGE": STAGE}

    def load(self, rides: int, rate: int) -> dict[str, Any]:
        """So many rides arrive, so many a second; waits until each is accepted."""
        figures = self.offer(rides, rate)
        if figures["accepted"] != rides:
            raise console.Stop(f"not all rides were accepted: {figures}")
        return figures

    def offer(self, rides: int, rate: int) -> dict[str, Any]:
        """So many rides arrive, so many a second; waits until each is answered, whether or not it is accepted."""
        command: list[str | Path] = [
            functions.RYDES,
            "load",
            "--mix",
            "rides=1",
            "--count",
            str(rides),
            "--rate",
            str(rate),
            "--json",
        ]
        ended = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, text=True)
        if not ended.stdout:
            raise console.Stop("rydes load has ended without a result: see above")
        return json.loads(ended.stdout)["all"]

    def boto3(self, module: str, *arguments: object) -> str:
        """The output of a module that needs boto3."""
        python, env = environments.bin_of("boto3") / "python", {**self.env, "PYTHONPATH": str(BENCH)}
        ended = subprocess.run([python, "-m", module, *map(str, arguments)], env=env, stdout=subprocess.PIPE, text=True)
        if ended.returncode:
            raise console.Stop(f"{module} {' '.join(map(str, arguments))} failed: see above")
        return ended.stdout

    def observer(self, *arguments: object) -> str:
        return self.boto3(OBSERVER, *arguments)

    def observed(self) -> dict[str, Any]:
        return json.loads(self.observer("observed"))

    def asked(self, what: str) -> Any:
        """What the proxy has counted so far: `_calls` or `_units`."""
        with urllib.request.urlopen(f"{self.proxy_url}/{what}", timeout=20) as answer:
            return json.load(answer)

    def calls(self) -> float:
        """The calls of the functions so far."""
        return sum(self.asked("_calls").values())

    def cpu_seconds(self) -> float:
        """The processor seconds of the functions' processes so far, of those that have ended too."""
        emulator = json.loads(self.emulator.record.read_text())["pid"]
        sum_of = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                # The program's name, which may hold any character, stands before.
                fields = stat.read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            own, of_ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
            if int(fields[3]) == emulator:
                sum_of += of_ended if int(stat.parent.name) == emulator else own + of_ended
        return sum_of / TICK


@contextmanager
def deployed(name: str, *, counted: bool = False, naive: bool = False, for_here: bool = False) -> Iterator[Deployed]:
    """With the functions as they go to Lambda, or as `make up` builds them for this machine."""
    folder = ROOT / ".local" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        port, proxy, settings = free_port(), None, {}
        if counted:
            # It makes no faults, it only counts.
            proxy = stack.enter_context(FaultProxy(port, 0))
            settings = {"AWS_ENDPOINT_URL": proxy.url}
        emulator = Emulator(folder, port, settings)
        emulator.start()
        stack.callback(emulator.stop)
        templates = without_batches(folder) if naive else functions.copy_templates(LOCAL) if for_here else INFRA
        deployment = Deployment(STAGE, functions.ARCH, emulator.environment(), folder)
        deployment.deploy(templates, emulator.record.read_text())
        run = Deployed(emulator, proxy, folder)
        with console.step(f"giving {CUSTOMERS} customers an address"):
            run.observer("contacts", CUSTOMERS)
        yield run


def without_batches(folder: Path) -> Path:
    """The same templates, but every message is an invocation of its own."""
    copies = folder / "infra"
    shutil.copytree(INFRA, copies)
    for copy in copies.glob("*.yaml"):
        text = re.sub(r"( +BatchSize:) \d+", r"\1 1", copy.read_text())
        text = re.sub(r" +MaximumBatchingWindowInSeconds: \d+\n", "", text)
        copy.write_text(CODE.sub(rf"\1: {ROOT}/", text))
    return copies


def build() -> None:
    """Builds the functions for Lambda, the client, and the proxy that counts calls."""
    functions.build_for_aws(functions.ARCH)
    functions.build_for_here()
    end_to_end.build()
