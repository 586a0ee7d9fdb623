"""Sends more than AWS's quotas allow while they are enforced, and audits the outcome."""

import argparse
import json
from dataclasses import dataclass

from wild_rydes import console, disturbed
from wild_rydes.paths import LOCAL, ROOT

QUOTAS = ROOT / "crates" / "aws-quotas" / "quotas.json"


@dataclass(frozen=True)
class Load:
    """Requests, sent as fast as they are accepted, and the quotas (quotas.json) that hold meanwhile. One customer in
    `mailed_one_in` wants e-mails, and gets two for each ride."""

    profile: str
    scale: float
    rides: int
    mailed_one_in: int
    prebookings: int
    rfqs: int
    # The calls whose quotas it is to reach, or the run has shown nothing.
    reaches: str
    # After which the run is given up.
    patience_minutes: int

    def environment(self) -> dict[str, str]:
        return {name.upper(): str(value) for name, value in vars(self).items()}


# No laptop sends as much as StartExecution or SNS takes, so their quotas are shrunk until a small load reaches them. Only SES's
# sandbox is small enough as it is.
SHRUNK = "ses:SendEmail states:StartExecution sns:PublishBatch"
SIZES = {
    "small": [Load("production", 0.02, 120, mailed_one_in=8, prebookings=60, rfqs=20, reaches=SHRUNK, patience_minutes=20)],
    "full": [
        Load("sandbox", 1, 200, mailed_one_in=1, prebookings=300, rfqs=60, reaches="ses:SendEmail", patience_minutes=60),
        Load("production", 0.02, 600, mailed_one_in=8, prebookings=600, rfqs=120, reaches=SHRUNK, patience_minutes=60),
    ],
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=list(SIZES), default="full")


def run(options: argparse.Namespace) -> None:
    concurrency = {"LAMBDA_ACCOUNT_CONCURRENCY": str(account_concurrency("sandbox"))}
    with disturbed.behind_proxy("limits", 0, concurrency) as env:
        # Each audit covers the answers that clients got in all runs so far.
        env |= {**concurrency, "JOURNAL": str(LOCAL / "limits" / "told.jsonl")}
        for load in SIZES[options.size]:
            console.line(f"  {load}")
            disturbed.run_suite("limits", "--nocapture", env={**env, **load.environment()})


def account_concurrency(profile: str) -> int:
    """The number of functions that run at the same time in this kind of account."""
    quotas = json.loads(QUOTAS.read_text())["quotas"]
    rates: dict[str, dict[str, int]] = next(quota["rates"] for quota in quotas if quota["id"] == "lambda-concurrency")
    return rates.get(profile, rates["any"])["rate"]
