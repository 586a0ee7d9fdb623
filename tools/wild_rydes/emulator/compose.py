"""Compares compose.yaml with tests/emulators.json: an emulator started by hand is the one that the tests start.

Run with the Python of the environment for checks, which has PyYAML.
"""

import sys
from typing import Any

import yaml

from wild_rydes import console
from wild_rydes.emulator import profiles
from wild_rydes.paths import ROOT

COMPOSE = ROOT / "compose.yaml"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"


def main() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    faults = [fault for name, service in services.items() for fault in faults_of(name, service)]
    faults += [f"there is no {name}" for name in profiles.read() if name not in services]
    for fault in faults:
        print(f"compose.yaml: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)


def faults_of(name: str, service: dict[str, Any]) -> list[str]:
    # ${VARIABLE:-image}, or the image.
    profile, _ = profiles.of_image(service["image"].split(":-")[-1].removesuffix("}"))
    faults = []
    # Labels are for those that a run takes away again.
    wanted = {name: value for name, value in profile.facts["environment"].items() if "{label}" not in value}
    for variable, value in wanted.items():
        given = service["environment"].get(variable)
        if given != value:
            faults.append(f"{name} starts with {variable}={given}, and in the tests with {value}")
    for variable in profile.facts.get("hand-through", []):
        if f"${{{variable}" not in service["environment"].get(variable, ""):
            faults.append(f"{name} isn't handed {variable}")
    start = profile.facts.get("start", {"files": {}, "command": None})
    if service.get("entrypoint") != start["command"]:
        faults.append(f"{name} runs {service.get('entrypoint')}, and in the tests {start['command']}")
    for here, there in start["files"].items():
        if f"./{here}:{there}:ro" not in service.get("volumes", []):
            faults.append(f"{name} has no {there}, which is {here}")
    if bool(profile.facts.get("docker-socket")) != (SOCKET in service.get("volumes", [])):
        faults.append(f"{name} and the Docker socket")
    if not all(port.startswith("127.0.0.1:") for port in service["ports"]):
        faults.append(f"{name} listens beyond this machine")
    return faults


if __name__ == "__main__":
    try:
        main()
    except console.Stop as stop:
        sys.exit(str(stop))
