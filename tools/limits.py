"""Load beyond AWS's quotas: how much of it there is, and whose account it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """The requests that are sent as fast as they are taken, and the quotas (quotas.json) that hold meanwhile. Of so many customers one wants e-mails; each
    of their rides is two."""

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


# No laptop sends what StartExecution or SNS takes. So quotas are shrunk to where a small load reaches these; only SES's sandbox is small
# enough as it is.
SHRUNK = "ses:SendEmail states:StartExecution sns:PublishBatch"
SIZES = {
    "small": [Load("production", 0.02, 120, mailed_one_in=8, prebookings=60, rfqs=20, reaches=SHRUNK, patience_minutes=20)],
    "full": [
        Load("sandbox", 1, 200, mailed_one_in=1, prebookings=300, rfqs=60, reaches="ses:SendEmail", patience_minutes=60),
        Load("production", 0.02, 600, mailed_one_in=8, prebookings=600, rfqs=120, reaches=SHRUNK, patience_minutes=60),
    ],
}
