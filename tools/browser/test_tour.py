"""The tour, from its first step to its last: each step does something for real, and the page sees that it has happened."""

import re
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
    after.click()
    do(page, "Look, and redrive", None, "The dead letter is still there")
    page.get_by_role("link", name="Open Dead letters").click()
    discard(page)
    opened.show(page, "tour")
    do(page, "Look, and redrive", None, "The dead letter is gone")
    after.click()
    do(page, "A fare is taken back", "Complete a ride that can't be paid", "The saga has run")
    after.click()
    do(page, "The audit", "Run the audit", "")
    # The tests before it may have left something that an audit finds.
    expect(page.locator(".tour-outcome").get_by_role("img")).to_be_visible(timeout=SLOW)
    expect(page.locator(".tour-dots").get_by_role("button", name=", done")).to_have_count(9 + is_green(page))
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Where to go next")).to_be_focused()
    page.get_by_role("region", name="Step").get_by_role("link", name="Campaign").click()
    expect(page.get_by_role("heading", name="Campaign")).to_be_visible()


def is_green(page: Page) -> bool:
    return page.locator(".tour-outcome").get_by_text("Nothing is missing").count() == 1


def test_the_map_names_the_tour_until_it_was_begun(opened: Opened) -> None:
    page = opened.page()
    page.get_by_role("link", name="Take the tour").click()
    expect(page.get_by_role("heading", name="1. A ride is completed")).to_be_visible()
    opened.show(page, "map")
    expect(page.get_by_role("link", name="Take the tour")).to_be_hidden()


def test_a_step_stays_done_while_another_view_is_open_and_after_a_reload(opened: Opened) -> None:
    page = opened.page("tour")
    do(page, "A ride is completed", "Complete a ride of 6 km", "each subscriber")
    opened.show(page, "map")
    opened.show(page, "tour")
    for _ in range(2):
        outcome = page.locator(".tour-outcome")
        expect(outcome).to_contain_text("each subscriber")
        expect(outcome.get_by_role("img", name="done")).to_have_text("✓")
        expect(outcome.get_by_role("link", name="Its waterfall")).to_be_visible()
        expect(page.get_by_role("button", name="Step 1: A ride is completed, done")).to_have_text("✓")
        expect(page.get_by_role("button", name="Step 2: A filter stops it, or does not, to do")).to_have_text("2")
        page.reload()


def test_no_dead_letter_is_gone_that_was_not_there(opened: Opened) -> None:
    page = opened.page("tour")
    page.get_by_role("button", name="Step 8").click()
    do(page, "Look, and redrive", None, "send a poison message in step 6")
    expect(page.get_by_role("region", name="Step").get_by_role("listitem")).to_have_count(5)
    expect(page.locator(".tour-dots").get_by_role("button", name=", done")).to_have_count(0)


def test_an_audit_that_finds_something_fails_and_names_the_service_that_is_down(opened: Opened) -> None:
    page = opened.page("tour")
    page.get_by_role("button", name="Step 3").click()
    do(page, "A service goes down", "Take customer-loyalty down", "It is down")
    page.get_by_role("button", name="Next").click()
    do(page, "Its messages wait", "Complete another ride", "About 1 message")
    page.get_by_role("button", name="Step 10").click()
    audit = page.get_by_role("button", name="Run the audit")
    audit.click()
    expect(audit).to_have_attribute("aria-busy", "true")
    expect(page.locator("#live")).to_have_text("Waiting for the audit")
    outcome = page.locator(".tour-outcome")
    expect(outcome).to_contain_text(re.compile(r"Waiting for the audit… \d+ s"))
    expect(outcome).to_contain_text("Still down: customer-loyalty. Bring it up in step 5.")
    expect(outcome).to_contain_text(re.compile(r"\d+ findings?: "), timeout=SLOW)
    expect(outcome.get_by_role("img", name="failed")).to_have_text("✗")
    expect(outcome).to_contain_text("Still down: customer-loyalty. Bring it up in step 5.")
    expect(page.get_by_role("button", name="Step 10: The audit, failed")).to_have_text("✗")
    expect(audit).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Step 5").click()
    do(page, "It comes back", "Bring customer-loyalty up", "It has caught up")


def discard(page: Page) -> None:
    """Looks at the poison message, sends it back, sees it again, and deletes it."""
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
