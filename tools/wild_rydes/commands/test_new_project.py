"""Makes a project with the library outside of the repository, and runs the project's own lints and tests."""

import argparse
import os
import shutil
import subprocess
import sys

from wild_rydes import console, environments
from wild_rydes.commands import new_project
from wild_rydes.paths import ROOT, outside


def run(_: argparse.Namespace) -> None:
    # Inside the checkout, clippy would find this repository's settings.
    folder = outside("new-project")
    project = folder / "own-project"
    new_project.make(project, project.name, "ParcelSent")
    environments.run("checks", "cfn-lint", "cfn-lint found faults in the new project's template", "--", project / "template.yaml")
    # The target's folder and the tools are those of this checkout, where most is compiled and installed already.
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    settings = {"CARGO_TARGET_DIR": target, "LOCAL_TOOLS": str(ROOT / ".tools"), "PYTHON": sys.executable}
    # Variables that make has passed on are meant for this checkout's Makefile.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    with subprocess.Popen(["make", "--no-print-directory", "lint", "test"], cwd=project, env={**env, **settings}) as tests:
        try:
            failed = tests.wait()
        except BaseException:
            # Asked to end, it stops what it has started. The block waits for that.
            tests.terminate()
            raise
    if failed:
        raise console.Stop(f"the new project's own lints or tests failed: see above, and {project}")
    shutil.rmtree(folder)
