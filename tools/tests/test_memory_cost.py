"""The cost of memory sizes, and the choice among them."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness import memory_cost, memory_page
from harness.memory_cost import MILLION, Curve, Point, Prices
from harness.memory_page import Choice

PRICES = Prices(gb_second=0.000_016, request=0.000_000_2)


def measured(**medians: float) -> dict[str, Any]:
    return {measure: {"median": median, "p10": median, "p90": median, "of": 3} for measure, median in medians.items()}


SIZES = {
    1024: {
        "waiting": {
            "award": measured(first_answer_ms=30, ten_warm_ms=16),
            "query": measured(first_answer_ms=20, one_warm_ms=15.2),
        }
    },
    128: {
        "waiting": {
            "award": measured(first_answer_ms=100, ten_warm_ms=40),
            "query": measured(first_answer_ms=90, one_warm_ms=16),
        }
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
    assert set(today.values()) <= set(memory_page.cpu_share.MEMORY_SIZES)


def test_the_page_marks_the_best_size_and_names_the_one_in_the_template() -> None:
    warm, cold = memory_cost.warm(SIZES, PRICES, {"award": 128}), memory_cost.cold(SIZES, PRICES, {"award": 128})
    chosen = Choice(15, warm, cold)
    assert memory_page.row(warm[0], "**") == ("award", "128 MB", "1,024 MB", "$0.028, 40 ms", "**$0.0456, 16 ms**")
    assert memory_page.row(warm[1])[1] == "–"
    assert [curve.name for curve in chosen.drawn()] == ["award"]
    [verdict] = memory_page.judge(chosen)
    assert (verdict["met"], verdict["worst"]["name"]) == (False, "award")
