"""Tries both APIs against their OpenAPI documents, with requests that the documents allow and requests that they don't."""

import argparse
import json
import os
import subprocess
from pathlib import Path

from wild_rydes import console, environments, functions
from wild_rydes.paths import LOCAL, ROOT, TOOLS
from wild_rydes.stages import fresh, stage_locally

HERE = TOOLS / "openapi"
DOCUMENTS = ROOT / "contracts" / "openapi"
# The folder of the emulator and of what is deployed to it.
FOLDER = LOCAL / "api"
STAGE = "api"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="")


def run(options: argparse.Namespace) -> None:
    documents = [document for document in sorted(DOCUMENTS.glob("*.yaml")) if options.only in document.stem]
    if not documents:
        raise console.Stop(f"no document in contracts/openapi is called like {options.only!r}")
    with environments.installing("openapi", "ministack", "sam"):
        functions.build_for_here()
    with fresh(FOLDER, {}) as emulator:
        stage_locally(emulator, FOLDER, STAGE)
        env = {**os.environ, **emulator.environment(), "PYTHONPATH": str(HERE)}
        outputs = json.loads(environments.output("sam", "wild_rydes.cloud.outputs", STAGE, env=env))
        program, failed = environments.bin_of("openapi") / "schemathesis", []
        for document in documents:
            api = outputs[document.stem]
            url = f"{emulator.endpoint}/restapis/{api['ApiId']}/{api['ApiStage']}/_user_request_"
            command: list[str | Path] = [program, "--config-file", HERE / "schemathesis.toml", "run", document, "--url", url]
            if subprocess.run(command, cwd=FOLDER, env=env).returncode:
                failed.append(document.stem)
    if failed:
        raise console.Stop(f"the API differs from its document: {', '.join(failed)}; see above")
