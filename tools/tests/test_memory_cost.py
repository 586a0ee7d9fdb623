"""The cost of memory sizes, and the choice among them."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness import cpu_share, memory_cost, memory_page
from harness.memory_cost import MILLION, Curve, Point, Prices
from harness.memory_page import Choice

PRICES = Prices(gb_second=0.000_016, request=0.000_000_2)


def measured(**medians: float) -> dict[str, Any]:
    return {measure: {"median": median, "p10": median, "p90": median, "of": 3} for measure, median in medians.items()}


SIZES = {
    1024: {
        "award": measured(first_answer_ms=30, ten_warm_ms=16),
        "query": measured(first_answer_ms=20, one_warm_ms=15.2),
    },
    128: {
        "award": measured(first_answer_ms=100, ten_warm_ms=40),
        "query": measured(first_answer_ms=90, one_warm_ms=16),
    },
}


def test_a_million_messages_cost_what_they_cost_by_hand() -> None:
    # A tenth of a million invocations, each of an eighth of a GB for 40 ms: 500 GB-seconds; and 100,000 requests.
    assert memory_cost.dollars(128, 40, 10, PRICES) == pytest.approx(500 * 0.000_016 + 0.02)
    # A million of a GB for 30 ms.
    assert memory_cost.dollars(1024, 30, 1, PRICES) == pytest.approx(30_000 * 0.000_016 + 0.2)


@pytest.mark.parametrize(("ms", "billed"), [(1.0, 1), (1.01, 2), (15.2, 16), (0.3, 1)])
def test_a_millisecond_that_has_begun_is_paid(ms: float, billed: int) -> None:
    free = PRICES._replace(request=0)
    assert memory_cost.dollars(1024, ms, 1, free) == pytest.approx(MILLION * billed / 1000 * free.gb_second)


def test_the_best_size_has_the_least_product_of_dollars_and_time() -> None:
    points = [Point(128, 40, 1.0), Point(256, 20, 1.5), Point(512, 18, 2.0)]
    curve = Curve("award", 10, points, today=128)
    assert (curve.best.memory, curve.now) == (256, points[0])
    assert curve.beside_best == pytest.approx(40 / 30)
    assert Curve("award", 10, points, today=None).beside_best is None


def test_a_warm_function_takes_ten_messages_if_it_takes_batches_and_else_one() -> None:
    award, query = memory_cost.warm(SIZES, PRICES, {"award": 128, "query": 128})
    assert [(point.memory, point.ms) for point in award.points] == [(128, 40), (1024, 16)]
    assert (award.messages, query.messages) == (10, 1)
    assert query.points[1].dollars == pytest.approx(memory_cost.dollars(1024, 16, 1, PRICES))


def test_a_cold_answer_is_paid_from_the_start_on_and_is_of_one_message() -> None:
    award, _ = memory_cost.cold(SIZES, PRICES, {})
    assert award.points[0] == Point(128, 100, memory_cost.dollars(128, 100, 1, PRICES))
    assert (award.messages, award.today) == (1, None)


def test_the_prices_are_those_of_rydes_cost(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    priced = {"gb_seconds_arm64": {"usd": 3, "per": 2}, "requests": {"usd": 0.2, "per": 1_000_000}}
    file.write_text(json.dumps({"prices": {"lambda": priced}}))
    assert memory_cost.prices("arm64", file) == Prices(1.5, 0.2 / 1_000_000)
    assert memory_cost.prices("x86_64").gb_second > memory_cost.prices("arm64").gb_second > 0


def test_each_function_of_the_templates_has_a_size_today() -> None:
    today = memory_cost.todays_sizes()
    assert {"award-points", "ingest-events", "query-ride-prebooking"} <= set(today)
    assert set(today.values()) <= set(cpu_share.MEMORY_SIZES)


def test_the_page_says_which_templates_should_change_and_what_less_waiting_for_a_start_costs() -> None:
    today = {"award": 128, "query": 128}
    chosen = Choice(15, memory_cost.warm(SIZES, PRICES, today), memory_cost.cold(SIZES, PRICES, today))
    text = memory_page.follows([chosen])
    assert text.startswith("With calls of 15 ms, another size is clearly better for `award` (1,024 MB instead of 128 MB).")
    # Award: 30 of 100 ms, 0.68 of 0.4 dollars. Query: 20 of 90 ms, 0.52 of 0.38 dollars.
    assert "in 0.26 times the time, for 1.53 times the dollars" in text
    largest = dict.fromkeys(today, 1024)
    stands = Choice(15, memory_cost.warm(SIZES, PRICES, {"award": 1024}), memory_cost.cold(SIZES, PRICES, largest))
    assert memory_page.follows([stands]).startswith("With calls of 15 ms, no other size is clearly better for a warm function.")


def test_the_page_and_its_picture_are_written_by_a_whole_run_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, whole, some = tmp_path / "page.md", tmp_path / "whole.svg", tmp_path / "some.svg"
    page.write_text("<!-- memory:begin -->\n<!-- memory:end -->\n")
    for name, value in {"ROOT": tmp_path, "PAGES": (page,), "PICTURE": whole, "OF_SOME": some}.items():
        monkeypatch.setattr(memory_page, name, value)
    monkeypatch.setattr(memory_page, "drawn", lambda _, about: f"<desc>{about}</desc>")
    chosen = Choice(15, memory_cost.warm(SIZES, PRICES, {"award": 128}), [])
    memory_page.write([chosen], 3, whole=False)
    assert (whole.exists(), "award" in page.read_text()) == (False, False)
    assert "Medians of 3 turns, at Lambda's prices" in some.read_text()
    memory_page.write([chosen], 3, whole=True)
    assert "![" in page.read_text()
    assert "| award | 128 MB |" in page.read_text()
    assert "revision" in whole.read_text()


def test_every_size_is_chosen_for_quick_calls_and_for_those_that_rydes_plan_assumes() -> None:
    sizes = {memory: {"waiting": dict.fromkeys(memory_cost.calls_ms(), of)} for memory, of in SIZES.items()}
    quick, slow = memory_page.choices(sizes)
    assert (quick.call_ms, slow.call_ms) == memory_cost.calls_ms()
    assert [curve.name for curve in quick.warm] == [curve.name for curve in slow.cold] == ["award", "query"]
    drawn = memory_page.panel(quick.warm[0], slow.warm[0])
    assert (drawn["memory"], drawn["ms"], drawn["best"]) == ([128, 1024], [[40, 16], [40, 16]], [1024, 1024])


def test_the_page_marks_the_best_size_and_names_the_one_in_the_template() -> None:
    warm, cold = memory_cost.warm(SIZES, PRICES, {"award": 128}), memory_cost.cold(SIZES, PRICES, {"award": 128})
    chosen = Choice(15, warm, cold)
    assert memory_page.row(warm[0], "**") == ("award", "128 MB", "1,024 MB", "$0.028, 40 ms", "**$0.0456, 16 ms**")
    assert memory_page.row(warm[1])[1] == "–"
    [verdict] = memory_page.judge([chosen])
    assert (verdict["met"], verdict["worst"]["name"]) == (False, "award")
