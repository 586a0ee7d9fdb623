"""Emulators in containers, which tests/container starts and stops with testcontainers."""

import json
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from wild_rydes import console
from wild_rydes.emulator import profiles
from wild_rydes.emulator.profiles import Target
from wild_rydes.paths import ROOT

PACKAGE = ROOT / "tests" / "container"
IMAGES = {
    "MINISTACK_IMAGE": "ministackorg/ministack:1.5.33",
    "LOCALSTACK_IMAGE": "localstack/localstack:4.14.0",
}
LABEL = "wild-rydes-run"


def images(given: str, profile: str) -> list[str]:
    """The images to test against: the given ones, or one of each profile, which the environment may name; of one profile only, if
    it is given."""
    named = given.split() or [os.environ.get(variable, image) for variable, image in IMAGES.items()]
    if profile and profile not in profiles.read():
        raise console.Stop(f"tests/emulators.json has no profile {profile}: choose one of {', '.join(profiles.read())}")
    of_profile = {image: profiles.of_image(image)[0].name for image in named}
    return [image for image, name in of_profile.items() if profile in ("", name)]


def what_is_missing(images: list[str]) -> str | None:
    """The reason why no container can be started from these images without a registry, or at all."""
    missing = no_engine()
    if missing:
        return missing
    absent = [image for image in images if _docker("image", "inspect", image).returncode]
    return f"no image {' and no image '.join(absent)} is here (docker pull …)" if absent else None


def no_engine() -> str | None:
    if not shutil.which("docker"):
        return "Docker is not installed"
    if _docker("version").returncode:
        return "no Docker Engine answers"
    return None


def too_late(image: str) -> str | None:
    """The reason why an image's tests would not end before the deadline, TESTS_END_AT, in seconds since 1970."""
    end, needed = os.environ.get("TESTS_END_AT"), profiles.of_image(image)[0].facts["minutes"]
    left = (float(end) - time.time()) / 60 if end else needed
    return None if left >= needed else f"they may need {needed} minutes, and {max(left, 0):.0f} are left"


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True)


class Container:
    """An empty emulator in a container, for as long as the `with` block lasts."""

    def __init__(self, image: str, folder: Path) -> None:
        self.image, self.log = image, folder / "emulator.log"
        self.profile, self.health = profiles.of_image(image)
        self.run = uuid.uuid4().hex

    def __enter__(self) -> Target:
        program = _build()
        label = f"{LABEL}={self.run}"
        facts = self.profile.facts
        # The user's settings go before the profile's.
        passed = {name: os.environ[name] for name in facts.get("hand-through", []) if name in os.environ}
        variables = {name: value.replace("{label}", label) for name, value in facts["environment"].items()} | passed
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [program, "--image", self.image, "--health", self.health, "--label", label, "--log", self.log]
        command += [f"--env={name}={value}" for name, value in variables.items()]
        command += ["--docker-socket"] if facts.get("docker-socket") else []
        start = facts.get("start", {"files": {}, "command": []})
        command += [f"--file={ROOT / here}={there}" for here, there in start["files"].items()]
        # Last, because the container gets all that follows.
        command += ["--", *start["command"]] if start["command"] else []
        with console.step(f"starting {self.image} in a container") as step:
            # In a session of its own, so that Ctrl-C reaches only this program, which then ends the input of that one.
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
            assert self.process.stdin
            assert self.process.stdout
            assert self.process.stderr
            self._input, self._output, self._errors = self.process.stdin, self.process.stdout, self.process.stderr
            try:
                said = self._output.readline()
                if not said:
                    raise console.Stop(f"the container did not start: {self._complaint()}{self._hint()}")
                started = json.loads(said)
                step.what = f"started {self.image} in a container, at {started['endpoint']}"
            except BaseException:
                self._stop()
                raise
        known = {"EMULATOR": self.profile.name, "CONTAINER": started["container"], "CONTAINER_LABEL": label}
        return Target(self.profile, self.image.rsplit("/", 1)[-1], "container", started["endpoint"], known)

    def __exit__(self, error: type | None, *_: object) -> None:
        self._stop()
        if error:
            console.line(f"  the emulator's log is {self._where()}")

    def _stop(self) -> None:
        with console.step(f"stopping {self.image}"):
            self._input.close()
            self.process.wait()

    def _complaint(self) -> str:
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return lines[-1].removeprefix("Error: ") if lines else "it gave no reason"

    def _hint(self) -> str:
        """The place of the log, if the container has run and written one."""
        return f"; its log is {self._where()}" if self.log.exists() and self.log.stat().st_size else ""

    def _where(self) -> Path:
        return self.log.relative_to(ROOT)


def _build() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "container"
    if subprocess.run(["cargo", "build", "--locked", "--quiet", "--target-dir", target], cwd=PACKAGE).returncode:
        raise console.Stop("tests/container did not build: see cargo's messages above")
    return target / "debug" / "container"
