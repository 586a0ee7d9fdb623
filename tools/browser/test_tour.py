"""The tour, from its first step to its last: each step does something for real, and the page sees that it has happened."""

import time

from conftest import Opened
from playwright.sync_api import Page, expect

# For what waits for attempts, for the saga, or for the audit.
SLOW = 120_000


def do(page: Page, title: str, button: str | None, outcome: str) -> None:
    card = page.get_by_role("region", name="Step")
    expect(card.get_by_role("heading")).to_contain_text(title)
    if button:
        card.get_by_role("button", name=button).click()
    expect(card.locator(".tour-outcome")).to_contain_text(outcome, timeout=SLOW)


def test_the_tour_can_be_done_from_the_first_step_to_the_last(opened: Opened) -> None:
    page = opened.page("tour")
    after = page.get_by_role("button", name="Next")
    do(page, "A ride is completed", "Complete a ride of 6 km", "each subscriber")
    after.click()
    do(page, "A filter stops it", "Complete a ride of 25 km", "passed the filter")
    after.click()
    do(page, "A service goes down", "Take customer-loyalty down", "It is down")
    after.click()
    do(page, "Its messages wait", "Complete another ride", "waiting in its queue")
    after.click()
    do(page, "It comes back", "Bring customer-loyalty up", "It has caught up")
    after.click()
    do(page, "A poison message", "Send a poison message", "It failed")
    after.click()
    do(page, "The dead-letter queue", None, "It lies in the dead-letter queue")
    discard(page)
    opened.show(page, "tour")
    do(page, "The dead-letter queue", None, "")
    after.click()
    do(page, "Look, and redrive", None, "No dead letter is left")
    after.click()
    do(page, "A fare is taken back", "Complete a ride that can't be paid", "The saga has run")
    after.click()
    do(page, "The audit", "Run the audit", "")
    expect(page.locator(".tour-outcome")).not_to_be_empty(timeout=SLOW)


def discard(page: Page) -> None:
    """Looks at the poison message, sends it back, sees it again, and deletes it."""
    page.get_by_role("link", name="Dead letters").click()
    page.get_by_role("link", name="CustomerLoyalty").click()
    page.get_by_role("button", name="Look at the messages").click()
    card = page.locator(".card").first
    expect(card).to_be_visible()
    sent = card.locator(".card-head").inner_text()
    with page.expect_response(lambda answer: answer.url.endswith("/look")):
        page.get_by_role("button", name="Redrive").click()
    expect(page.locator(".letters")).not_to_contain_text("Looking")
    # Nothing can handle it, so it comes again, and is another dead letter.
    deadline = time.monotonic() + SLOW / 1000
    while not card.count() or card.locator(".card-head").inner_text() == sent:
        assert time.monotonic() < deadline, "it did not come again"
        with page.expect_response(lambda answer: answer.url.endswith("/look")):
            page.get_by_role("button", name="Look at the messages").click()
        expect(page.locator(".letters")).not_to_contain_text("Looking")
    page.on("dialog", lambda dialog: dialog.accept())
    empty = page.get_by_text("The queue is empty now.")
    # One that comes again while another is looked at is shown by the next look.
    while not empty.count():
        assert time.monotonic() < deadline, "it could not be discarded"
        with page.expect_response(lambda answer: answer.url.endswith("/look")):
            page.get_by_role("button", name="Discard").click()
        expect(page.locator(".letters")).not_to_contain_text("Looking")
    expect(page.locator("nav .count")).to_have_count(0)
