"""Everybody can use the console: axe finds no fault, the keyboard reaches everything, and nothing needs a wide screen."""

import json
import re
from pathlib import Path

import pytest
from conftest import SCHEMES, VIEWS, Opened
from playwright.sync_api import Page, expect

AXE = (Path(__file__).parent / "axe.min.js").read_text()
RUN = """axe.run(document, {resultTypes: ['violations']})
    .then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map(node => node.html)]))"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_fault(opened: Opened, view: str, scheme: str) -> None:
    page = opened.page(view, scheme=scheme)
    page.evaluate(AXE)
    violations = page.evaluate(RUN)
    assert violations == [], json.dumps(violations, indent=1)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_no_fault_in_the_table_and_beside_a_chosen_part(opened: Opened, scheme: str) -> None:
    page = opened.page(scheme=scheme)
    page.locator(".node.queue").first.click()
    page.evaluate(AXE)
    assert page.evaluate(RUN) == []
    page.get_by_role("button", name="Show as a table").click()
    assert page.evaluate(RUN) == []


def test_arrows_walk_along_the_edges_and_enter_opens_a_part(opened: Opened) -> None:
    page = opened.page()
    focused = page.locator(".node[tabindex='0']")
    focused.focus()
    expect(focused).to_have_class("node client")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".node:focus")).to_have_class("node api")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".node:focus")).to_have_class("node api")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_contain_text("API")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    expect(page.locator(".node:focus")).to_have_class("node api")


def test_tab_reaches_every_view_and_the_map(opened: Opened) -> None:
    page = opened.page()
    page.locator(".node").first.wait_for()
    reached: set[str] = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.tagName"))
    assert {f"#/{view}" for view in VIEWS} <= reached
    assert {"g", "BUTTON"} <= reached


def test_the_page_can_be_used_at_twice_the_size(opened: Opened) -> None:
    # A window of 1280 by 720, in which everything is twice as large.
    page = opened.page(size=(640, 360))
    for view in VIEWS:
        opened.show(page, view)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{view} is wider than the window"


def counting(page: Page) -> Page:
    """Counts from now on, at the page's body, how often the map changed the messages that move on it."""
    page.locator(".node").first.wait_for()
    page.evaluate(
        """() => { const counted = document.body.dataset; counted.moved = 0; new MutationObserver(() => counted.moved++)
        .observe(document.querySelector('.messages'), {childList: true}); }"""
    )
    return page


def test_who_wants_no_motion_sees_none(opened: Opened) -> None:
    moving, still = counting(opened.page()), counting(opened.page(motion="reduce"))
    still.get_by_role("button", name="Complete a ride").click()
    expect(moving.locator("body")).to_have_attribute("data-moved", re.compile("[1-9]"))
    # The line below the map names the last step, in both pages.
    expect(still.locator(".ticker")).to_have_text(re.compile(r"^(\d+ messages|\w+): "))
    assert still.locator("body").get_attribute("data-moved") == "0"
