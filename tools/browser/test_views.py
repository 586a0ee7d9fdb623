"""The views say what they count, what an action has done, and that they are waiting for an answer."""

import re

from conftest import Opened
from playwright.sync_api import Page, Route, expect

SLOW = 120_000


def test_a_queue_names_the_other_end_of_each_movement(opened: Opened) -> None:
    page = opened.page()
    page.locator(".node.queue", has_text="Loyalty").click()
    panel = page.get_by_role("complementary")
    page.get_by_role("button", name="Complete a ride").click()
    expect(panel.locator(".latest li", has_text="from RideCompletion").first).to_be_visible()
    expect(panel.locator(".latest li", has_text="to award-points").first).to_be_visible()
    expect(panel).not_to_contain_text("null")
    page.locator(".node.function", has_text="award").click()
    expect(panel.locator(".code")).to_contain_text("functions/customer-loyalty/src/bin/award-points.rs")


def look(page: Page, queue: str) -> None:
    page.get_by_role("link", name=queue).click()
    page.get_by_role("button", name="Look at the messages").click()
    expect(page.locator(".letters")).not_to_contain_text("Looking")


def test_dead_letters_say_visibly_what_was_done_with_them(opened: Opened) -> None:
    page = opened.page()
    page.locator("[data-node='customer-notification/CustomerNotificationQueue']").click()
    page.get_by_role("button", name="Send a poison message").click()
    page.get_by_role("link", name="Dead letters").click()
    entry = page.locator(".choices a", has_text="CustomerNotification")
    expect(entry).to_contain_text("reasons unknown until you look", timeout=SLOW)
    look(page, "CustomerNotification")
    expect(page.locator(".card")).to_have_count(1)
    expect(entry).not_to_contain_text("unknown")
    page.get_by_role("button", name="Redrive").click()
    result = page.locator(".detail > p").last
    expect(result).to_contain_text("1 message redriven. 1 message failed again and came back.", timeout=SLOW)
    look(page, "CustomerNotification")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard").click()
    expect(result).to_have_text("1 message deleted.")


def test_queues_of_the_same_name_have_their_service_beside_it(opened: Opened) -> None:
    page = opened.page("dead-letters")
    page.locator(".choices a").first.wait_for()
    names = page.locator(".choices .what").all_inner_texts()
    assert len(set(names)) == len(names)
    assert any("herd-moonlight" in name for name in names)


def test_a_campaign_keeps_its_number_and_counts_from_its_own_beginning(opened: Opened) -> None:
    page = opened.page("campaign")
    summary = page.locator(".page > .lead")
    for count in (20, 10):
        page.get_by_role("spinbutton").fill(str(count))
        page.get_by_role("button", name="Start a campaign").click()
        text = f"{count} of {count} prebookings sent. {count} prebookings accepted, {count} decided, 0 still to decide."
        expect(summary).to_have_text(text, timeout=SLOW)
    expect(page.locator(".uplot")).to_have_count(2)
    opened.show(page, "map")
    opened.show(page, "campaign")
    expect(page.get_by_role("spinbutton")).to_have_value("10")


def test_a_view_says_that_it_waits_for_its_first_answer(opened: Opened) -> None:
    page = opened.page()
    held: list[Route] = []
    page.route(re.compile("/api/(messages|saga|quotes|campaign)"), lambda route: held.append(route))
    for view in ("message", "saga", "quotes", "campaign"):
        opened.show(page, view)
        expect(page.get_by_text("Loading…").first).to_be_visible()
    for route in held:
        route.continue_()
    expect(page.get_by_text("Loading…")).to_have_count(0)


def test_patterns_light_the_filter_and_the_dead_letter_queues(opened: Opened) -> None:
    page = opened.page("patterns")
    page.get_by_role("link", name="Message filter").click()
    expect(page.locator(".edge.filtered.lit")).to_have_count(1)
    expect(page.locator(".pattern-facts")).to_contain_text("docs/patterns/message-filter.md")
    page.get_by_role("link", name="Dead-letter channel").click()
    expect(page.locator(".marks.lit .badge").first).to_be_attached()
    expect(page.locator(".edge.lit")).to_have_count(0)
    page.get_by_role("link", name="Message channel, one-way").click()
    expect(page.locator(".map.dimmed")).to_be_attached()
    page.get_by_role("link", name="Idempotent receiver").click()
    expect(page.locator(".map")).to_be_attached()
    expect(page.locator(".map.dimmed")).to_have_count(0)
