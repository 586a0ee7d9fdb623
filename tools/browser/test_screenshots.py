"""Takes the pictures of the docs, each view in both schemes and sizes: make test-console SCREENSHOTS=1 ONLY=picture."""

import os
import re
from pathlib import Path

import pytest
from conftest import SCHEMES, SIZES, VIEWS, Opened
from playwright.sync_api import Page, expect

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "console"

pytestmark = pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS is not set")


def prepare(page: Page, view: str) -> None:
    """Brings a view into a state that is worth a picture."""
    if view == "map":
        page.locator(".node").first.wait_for()
        page.get_by_role("button", name="Complete a ride").click()
        page.get_by_role("button", name="Prebook", exact=True).click()
        page.get_by_role("button", name="Request quotes").click()
        page.locator(".message").nth(2).wait_for(state="attached")
    elif view in ("message", "saga"):
        page.locator(".choices a").first.click()
        page.locator(".step, .path li").first.wait_for()
    elif view == "quotes":
        page.get_by_role("button", name="Request quotes").click()
        page.locator(".race li").first.wait_for()
    elif view == "patterns":
        page.locator(".choices a").first.click()
        page.locator(".lit").first.wait_for(state="attached")
    elif view == "campaign":
        page.get_by_role("button", name="Start a campaign").click()
        expect(page.locator(".page > .lead")).to_contain_text(
            re.compile(r"\d{3} prebookings accepted, .* 0 still to decide"), timeout=120_000
        )
        expect(page.locator(".uplot")).to_have_count(2)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_picture_is_taken(opened: Opened, view: str, scheme: str, size: tuple[int, int]) -> None:
    page = opened.page(view, size, scheme)
    prepare(page, view)
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{view}-{scheme}-{size[0]}x{size[1]}.png")
