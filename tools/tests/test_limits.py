"""Runs beyond the quotas know the account that they run in."""

from wild_rydes.commands.limits import account_concurrency


def test_a_new_account_runs_ten_functions_at_a_time() -> None:
    profiles = ("sandbox", "production", "production-large")
    assert [account_concurrency(profile) for profile in profiles] == [10, 1000, 1000]
