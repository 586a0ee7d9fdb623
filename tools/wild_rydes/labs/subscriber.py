"""Lab 1: a subscriber more, with a filter."""

from wild_rydes.labs.stack import NotDone, Stack
from wild_rydes.paths import INFRA

OURS = {"customer-accounting", "customer-loyalty", "customer-notification", "datalake-ingestion", "extraordinary-rides"}
EFFECT = "RideCompletedEffect"
SHORT, LONG = "99", "100"


def check(stack: Stack) -> str:
    """A new service takes rides of 100 km and more, and no others."""
    added = sorted(name for name, outputs in stack.outputs.items() if EFFECT in outputs and name not in OURS)
    # A service that was made, and not deployed, can be seen in the checkout alone.
    made = sorted(path.stem for path in INFRA.glob("*.yaml") if EFFECT in path.read_text())
    to_deploy = [name for name in made if name not in OURS and name not in stack.outputs]
    if to_deploy:
        raise NotDone(f"{to_deploy[0]} is not deployed: run make up")
    if not added:
        raise NotDone(
            "no service but the five that were there takes RideCompleted: "
            "run make new-service NAME=ride-insurance EVENT=RideCompleted, then make up"
        )
    for service in added:
        _check(stack, service)
    return f"{' and '.join(added)} takes rides of {LONG} km and more, and no service that was there has changed for it"


def _check(stack: Stack, service: str) -> None:
    ride = stack.complete("lab", LONG)
    step = stack.step(ride, service, f"the ride of {LONG} km")
    if step["effect"] is None:
        raise NotDone(
            f"a ride of {LONG} km has had no effect at {service}: see rydes trace {ride}, "
            f"and the FilterPolicy in infra/{service}.yaml"
        )
    ride = stack.complete("lab", SHORT)
    step = stack.step(ride, service, f"the ride of {SHORT} km")
    if "filtered_out" not in step["delivery"] or stack.has_handled(ride, service):
        raise NotDone(
            f"{service} takes a ride of {SHORT} km, too: change the FilterPolicy of its subscription "
            f"in infra/{service}.yaml, then make up"
        )
    # Of rides from before the service was there, it has no effect, and the audit says so.
    findings = [finding for finding in stack.findings(service) if ride in finding]
    if findings:
        raise NotDone(
            f"the audit finds {findings[0]} at {service}: say in RideCompletedEffect which rides it takes ('if'), then make up"
        )
