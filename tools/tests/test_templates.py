"""Rules for all templates together."""

from pathlib import Path

import pytest

from wild_rydes import stages
from wild_rydes.templates.reader import parameters, templates

# The smaller of the quotas that AWS gives an account for API Gateway in a region: requests a second, and at once. The larger
# regions have four times as many: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
REQUESTS_A_SECOND, REQUESTS_AT_ONCE = 2_500, 1_250


def test_the_limits_of_all_methods_add_up_to_less_than_an_account_has_anywhere() -> None:
    limits = [
        values["Default"]
        for template in templates()
        for name, values in parameters(template).items()
        if name.endswith("RequestsPerSecond")
    ]
    assert len(limits) == 5
    # Each limits the requests a second, and those at once.
    assert sum(limits) <= min(REQUESTS_A_SECOND, REQUESTS_AT_ONCE)


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.stem)
def test_a_stage_that_the_commands_take_is_taken_by_every_template(template: Path) -> None:
    assert parameters(template)["Stage"]["MaxLength"] == stages.LONGEST
