"""The profiles of emulators in tests/emulators.json: the images of each, its settings, and the capabilities that it lacks."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from wild_rydes import console, environments
from wild_rydes.paths import ROOT

FILE = ROOT / "tests" / "emulators.json"
REGION = "us-east-1"
# The sender of e-mails on emulators. On AWS no stage has one by default.
SENDER = "receipts@wildrydes.example"
# The environment that tells the tests of the embedded emulator.
EMBEDDED = {"EMULATOR": "ministack"}
# Generous: under heavy load an emulator answers late.
TIME_TO_ANSWER = 60


def environment_of(endpoint: str) -> dict[str, str]:
    """The environment of a client of the emulator at this endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def verify_sender(environment: dict[str, str]) -> None:
    """Has an emulator's SES verify the sender of e-mails, as an operator does on AWS, once for an account and region."""
    verify = f"import boto3; boto3.client('ses').verify_email_identity(EmailAddress={SENDER!r})"
    # The SAM CLI comes with a client.
    python = environments.bin_of("sam") / "python"
    subprocess.run([python, "-c", verify], env=environment, check=True)


@dataclass(frozen=True)
class Profile:
    """Facts about emulators that behave alike."""

    name: str
    facts: dict[str, Any]

    def lacks(self, place: str) -> dict[str, str]:
        """The capabilities that it lacks, with the reasons, where it runs: embedded, in a container, or given by the caller."""
        lacked = (lack for lack in self.facts["lacks"] if place in lack.get("where", [place]))
        return {lack["capability"]: lack["why"] for lack in lacked}


@dataclass(frozen=True)
class Target:
    """An emulator that answers, and where it runs."""

    profile: Profile
    # The heading of its column in the table of emulators.
    column: str
    where: str
    endpoint: str
    # Further variables that the tests need.
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return environment_of(self.endpoint)

    def make_ready(self) -> None:
        """Prepares the emulator for a deployment."""
        verify_sender(self.environment())


def read() -> dict[str, Profile]:
    return {name: Profile(name, facts) for name, facts in json.loads(FILE.read_text())["profiles"].items()}


def of_image(image: str) -> tuple[Profile, str]:
    """The profile of an image, and the path of its health page."""
    name = image.rsplit("/", 1)[-1].split(":")[0]
    for profile in read().values():
        if name in profile.facts["images"]:
            return profile, profile.facts["images"][name]
    known = ", ".join(name for profile in read().values() for name in profile.facts["images"])
    raise console.Stop(f"no profile in tests/emulators.json has the image {image}: add it, or choose one of {known}")


def of_environment() -> Target | None:
    """The emulator that AWS_ENDPOINT_URL names; None for AWS itself."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return given(endpoint) if endpoint else None


def given(endpoint: str) -> Target:
    """The emulator at this endpoint, which the caller has started, and will stop."""
    for profile in read().values():
        for path in profile.facts["images"].values():
            if _answers(endpoint.rstrip("/") + path):
                return Target(profile, f"{profile.name}, as given", "given", endpoint, {"EMULATOR": profile.name})
    raise console.Stop(f"no emulator of tests/emulators.json answers at {endpoint}: start one there, or unset AWS_ENDPOINT_URL")


def _answers(url: str) -> bool:
    """Tells whether an emulator answers. It waits for a busy one; where nothing listens, the answer comes at once."""
    deadline = time.monotonic() + TIME_TO_ANSWER
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status == 200
        except TimeoutError:
            continue
        except urllib.error.URLError as error:
            if not isinstance(error.reason, TimeoutError):
                return False
        except (OSError, ValueError):
            return False
    return False


def capabilities(tests: list[str]) -> dict[str, list[str]]:
    """The tests that show each capability. A pattern that fits no test is a fault: the test has been renamed."""
    listed = json.loads(FILE.read_text())["capabilities"]
    fitting = {name: {p: [t for t in tests if fnmatchcase(t, p)] for p in patterns} for name, patterns in listed.items()}
    stale = [f"{name}: {p}" for name, patterns in fitting.items() for p, found in patterns.items() if not found]
    unknown = {lack["capability"] for profile in read().values() for lack in profile.facts["lacks"]} - set(listed)
    faults = [f"no test matches {name}" for name in stale] + [f"no capability is called {name}" for name in unknown]
    if faults:
        raise console.Stop("tests/emulators.json: " + "; ".join(faults))
    return {name: list(dict.fromkeys(t for found in patterns.values() for t in found)) for name, patterns in fitting.items()}
