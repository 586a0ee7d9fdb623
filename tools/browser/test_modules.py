"""The page's pure functions, called in the browser that runs them."""

from typing import Any

import pytest
from conftest import Opened


def called(opened: Opened, module: str, function: str, *arguments: Any) -> Any:
    page = opened.page()
    script = "async ([module, name, given]) => (await import(module))[name](...given)"
    return page.evaluate(script, [f"/{module}", function, list(arguments)])


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"type": ["RideCompleted"]}, "type is RideCompleted"),
        ({"type": ["A", "B"]}, "type is A or is B"),
        ({"fare": [{"numeric": [">=", 50]}], "distance": [{"numeric": [">=", 20]}]}, "fare ≥ 50 and distance ≥ 20"),
        ({"fare": [{"numeric": [">", 1, "<=", 5]}]}, "fare > 1 and ≤ 5"),
        ({"city": [{"prefix": "Ber"}, {"anything-but": ["Bonn"]}]}, "city starts with Ber or is not Bonn"),
        ({"promo": [{"exists": False}]}, "promo is not there"),
    ],
)
def test_a_filter_policy_is_told_in_words(opened: Opened, policy: dict[str, Any], text: str) -> None:
    assert called(opened, "lib/words.js", "filterText", policy) == text


@pytest.mark.parametrize(("depth", "text"), [(0, "0"), (999, "999"), (1203, "1.2k"), (56_000, "56k")])
def test_a_count_fits_into_a_badge(opened: Opened, depth: int, text: str) -> None:
    assert called(opened, "lib/words.js", "short", depth) == text


@pytest.mark.parametrize(("waiting", "blocks"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (32, 6), (100_000, 6)])
def test_a_queue_has_another_block_each_time_that_it_doubles(opened: Opened, waiting: int, blocks: int) -> None:
    assert called(opened, "map/queue.js", "blocks", waiting) == blocks


def test_a_curve_has_the_latest_value_at_each_time(opened: Opened) -> None:
    assert called(opened, "views/campaign.js", "align", [[1, 10], [3, 30]], [0, 1, 2, 3, 4]) == [None, 10, 10, 30, 30]


def test_lanes_are_placed_without_overlaps_and_always_the_same_way(opened: Opened) -> None:
    boxes = [{"id": str(i), "w": 150 + 90 * (i % 4), "h": 80 + 60 * (i % 3)} for i in range(20)]
    links = [{"from": str(i), "to": str((i * 7 + 3) % 20), "fx": 100, "fy": 40, "tx": 20, "ty": 40} for i in range(20)]
    page = opened.page()
    script = """async ([boxes, links]) => {
        const {placeLanes} = await import('/map/lanes.js');
        return [1, 2].map(() => [...placeLanes(boxes, links, {w: 1600, h: 800}).places.entries()]);
    }"""
    first, second = page.evaluate(script, [boxes, links])
    assert first == second
    placed = [(place["x"], place["y"], boxes[int(name)]["w"], boxes[int(name)]["h"]) for name, place in first]
    for i, (x, y, w, h) in enumerate(placed):
        for other_x, other_y, other_w, other_h in placed[:i]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
