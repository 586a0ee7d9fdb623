"""The map shows what is deployed, and what really moves."""

import json
import re
import urllib.parse

import pytest
from conftest import SIZES, VIEWS, Opened
from deployed import added_service
from playwright.sync_api import Page, expect
from served import Console

# Counts the marks that have begun to move.
COUNT_MARKS = """() => {
    let marks = 0;
    const count = changes => {
        for (const {addedNodes} of changes) marks += addedNodes.length;
        document.body.dataset.marks = marks;
    };
    new MutationObserver(count).observe(document.querySelector('.messages'), {childList: true});
}"""


def topology(page: Page) -> dict[str, list[dict[str, str]]]:
    return page.evaluate("fetch('/api/topology').then(answer => answer.json())")


def test_every_part_with_an_edge_is_drawn_and_every_part_is_in_the_table(opened: Opened) -> None:
    page = opened.page()
    there = topology(page)
    badges = {node["id"] for node in there["nodes"] if node.get("dead_letters_of")}
    edges = [edge for edge in there["edges"] if not {edge["from"], edge["to"]} & badges]
    linked = {end for edge in edges for end in (edge["from"], edge["to"])}
    page.locator(".node").first.wait_for()
    drawn = page.eval_on_selector_all(".node", "nodes => nodes.map(node => node.dataset.node)")
    assert sorted(drawn) == sorted(linked)
    assert page.locator(".edge").count() == len(edges)
    page.get_by_role("button", name="Show as a table").click()
    assert page.locator("tbody tr").count() == len(there["nodes"]) - len(badges)


def test_nothing_overlaps(opened: Opened) -> None:
    page = opened.page(size=(1600, 900))
    page.locator(".lane rect").first.wait_for()
    boxes = page.eval_on_selector_all(
        ".lane rect", "all => all.map(({x, y, width, height}) => [x, y, width, height].map(v => v.baseVal.value))"
    )
    for i, (x, y, w, h) in enumerate(boxes):
        for other_x, other_y, other_w, other_h in boxes[:i]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


# Edges that run through the shape of a part that is not theirs. Each is looked at every three units.
MEETS = """() => {
    const boxes = [...document.querySelectorAll(".node")].map((node) => {
        const {e, f} = node.transform.baseVal.consolidate().matrix;
        const {x, y, width, height} = node.querySelector(":scope > .shape").getBBox();
        return {node: node.dataset.node, left: e + x, right: e + x + width, top: f + y, bottom: f + y + height};
    });
    const found = new Set();
    for (const edge of document.querySelectorAll(".edge")) {
        const line = edge.querySelector(".line");
        const ends = edge.dataset.edge.split(":").slice(1).join(":").split("->");
        for (let at = 0; at < line.getTotalLength(); at += 3) {
            const {x, y} = line.getPointAtLength(at);
            const met = boxes.find((box) => box.left < x && x < box.right && box.top < y && y < box.bottom);
            if (met && !ends.includes(met.node)) found.add(`${edge.dataset.edge} meets ${met.node}`);
        }
    }
    return [...found];
}"""


@pytest.mark.parametrize("size", SIZES)
def test_no_edge_runs_through_a_part_that_is_not_its_own(opened: Opened, size: tuple[int, int]) -> None:
    page = opened.page(size=size)
    page.locator(".node").first.wait_for()
    assert page.evaluate(MEETS) == []


@pytest.mark.parametrize("size", SIZES)
def test_names_are_large_enough_to_read(opened: Opened, size: tuple[int, int]) -> None:
    page = opened.page(size=size)
    page.locator(".node").first.wait_for()
    sizes = page.evaluate(
        """() => {
          const scale = document.querySelector(".map").getScreenCTM().a;
          return [...document.querySelectorAll(".map text")].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
        }"""
    )
    assert min(sizes) >= 11


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_below_the_window(opened: Opened, view: str) -> None:
    page = opened.page(view)
    page.locator(".foot, .side, .page").first.wait_for()
    # All that does not scroll has to end within the window.
    fits = """all => all.map((part) => part.getBoundingClientRect())
        .every(({right, bottom}) => right <= innerWidth && bottom <= innerHeight)"""
    assert page.eval_on_selector_all(".foot, .foot button, header.bar, .tour .side, .stage-area", fits)


def test_the_first_picture_waits_for_one_answer_only(opened: Opened) -> None:
    page = opened.page()
    page.reload()
    page.locator(".node").first.wait_for()
    asked = page.evaluate(
        """() => {
          const [picture] = performance.getEntriesByName("picture");
          const before = ({ responseEnd }) => responseEnd && responseEnd < picture.startTime;
          const answers = performance.getEntriesByType("resource").filter(before).map(({ name }) => new URL(name).pathname);
          return answers.filter((path) => path.startsWith("/api/"));
        }"""
    )
    assert asked == ["/api/topology"]


def test_a_ride_moves_from_the_client_to_every_subscriber(opened: Opened) -> None:
    page = opened.page()
    page.locator(".node").first.wait_for()
    page.evaluate(COUNT_MARKS)
    page.get_by_role("button", name="Complete a ride").click()
    expect(page.get_by_role("status")).to_contain_text("A ride is completed.")
    expect(page.locator("body")).to_have_attribute("data-marks", re.compile(r"^([89]|\d\d+)$"))
    page.get_by_role("link", name="Messages").click()
    page.locator(".choices a").first.click()
    expect(page.locator(".step", has_text="award-points")).to_be_visible()
    expect(page.locator(".step", has_text="ExtraordinaryRides").or_(page.locator(".step.filtered"))).not_to_have_count(0)


def test_pausing_stops_all_motion(opened: Opened) -> None:
    page = opened.page()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Complete a ride").click()
    expect(page.locator(".ticker")).to_contain_text("were not shown")
    assert page.locator(".message").count() == 0
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Complete a ride").click()
    page.locator(".message").first.wait_for(state="attached")


def test_a_service_that_is_deployed_while_the_page_is_open_appears(opened: Opened) -> None:
    page = opened.page()
    page.locator(".node").first.wait_for()
    with added_service("ride-insurance"):
        expect(page.locator(".lane-name", has_text="ride-insurance")).to_be_attached()
    expect(page.locator(".lane-name", has_text="ride-insurance")).not_to_be_attached()


def test_a_service_goes_down_and_comes_up_again(opened: Opened) -> None:
    page = opened.page()
    function = page.locator(".node.function", has_text="award")
    function.click()
    page.get_by_role("button", name="Take down").click()
    expect(function).to_contain_class("off")
    page.get_by_role("button", name="Complete a ride").click()
    queue = page.locator(".node.queue", has_text="Loyalty")
    expect(queue).to_have_attribute("aria-label", re.compile("about 1 message waiting"))
    page.get_by_role("button", name="Bring up again").click()
    expect(function).not_to_contain_class("off")
    expect(queue).to_have_attribute("aria-label", re.compile("about 0 messages waiting"))


def test_the_page_is_small_and_asks_for_nothing_from_elsewhere(opened: Opened, console: Console) -> None:
    page = opened.page()
    for view in ("message", "dead-letters", "saga", "quotes", "campaign", "patterns", "tour"):
        opened.show(page, view)
    entries = json.loads(page.evaluate("JSON.stringify(performance.getEntriesByType('resource'))"))
    assert {urllib.parse.urlparse(entry["name"]).netloc for entry in entries} == {console.origin.removeprefix("http://")}
    assert sum(entry["decodedBodySize"] for entry in entries if "/api/" not in entry["name"]) < 250 * 1024
