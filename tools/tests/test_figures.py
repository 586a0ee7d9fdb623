"""Figures, verdicts and tables of the benchmarks."""

import pytest

from harness import figures, rides, table, verdict


def test_a_figure_is_the_median_and_the_values_around_eight_in_ten() -> None:
    assert figures.figure([float(n) for n in range(11, 0, -1)]) == {"median": 6.0, "p10": 2.0, "p90": 10.0, "of": 11}
    assert figures.figure([7.0]) == {"median": 7.0, "p10": 7.0, "p90": 7.0, "of": 1}


def test_a_ratio_compares_turn_by_turn() -> None:
    assert figures.ratio([10.0, 200.0], [5.0, 100.0]) == {"median": 2.0, "p10": 2.0, "p90": 2.0, "of": 2}
    with pytest.raises(ValueError, match="zip"):
        figures.ratio([1.0], [1.0, 2.0])


def test_each_turn_has_an_order_of_its_own_that_every_run_repeats() -> None:
    orders = [figures.shuffled(range(10), turn) for turn in range(5)]
    assert orders == [figures.shuffled(range(10), turn) for turn in range(5)]
    assert len({tuple(order) for order in orders}) == 5
    assert all(sorted(order) == list(range(10)) for order in orders)


@pytest.mark.parametrize(("value", "rounded"), [(123456.0, 123500.0), (0.0123456, 0.01235), (0.0, 0.0)])
def test_four_digits_are_kept(value: float, rounded: float) -> None:
    assert figures.rounded(value) == rounded


def test_a_figure_is_shown_with_its_spread() -> None:
    assert figures.shown(figures.figure([1.0, 2.0, 3.0])) == "2.0 (1.0–3.0)"
    assert figures.shown(None) == "–"


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (99, 10), (100, 10), (1, 1)])
def test_a_percentile_is_the_nearest_rank(percent: int, value: int) -> None:
    assert rides.percentile([float(n) for n in range(1, 11)], percent) == value


def test_the_worst_value_decides_on_a_verdict() -> None:
    most = verdict.at_most("time", 5, " ms", {"a": 3, "b": 7})
    assert (most["met"], most["worst"]) == (False, {"name": "b", "value": 7})
    assert most["told"] == "7 ms (b), 1 of 2 meet it"
    least = verdict.at_least("speed", 3, " x", {"a": 3, "b": 7})
    assert (least["met"], least["worst"]) == (True, {"name": "a", "value": 3})


def test_a_table_puts_names_to_the_left_and_all_else_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    table.show(("name", "ms"), [("a", "1,000"), ("longer", "2")])
    assert capsys.readouterr().out.splitlines() == ["", "name       ms", "a       1,000", "longer      2"]
