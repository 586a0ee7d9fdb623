"""The benchmark of the console: what it computes from a page's notes and a stage's log, and its tables."""

from pathlib import Path
from typing import Any

import pytest

from harness import parts
from harness.console_page import notes, report
from harness.figures import figure
from harness.rides import at
from wild_rydes import browsers


def step(story: str | None, at: int, came: int, shown: int | None, outcome: str = "ok") -> dict[str, Any]:
    return {"story": story, "at": at, "came": came, "shown": shown, "outcome": outcome}


STEPS = [step("b", 20, 120, 320), step("a", 30, 100, 150), step("a", 10, 100, 110), step(None, 0, 50, None)]


def test_a_delay_lasts_from_the_log_line_and_a_step_that_was_not_shown_has_none() -> None:
    assert notes.delays(STEPS, "came") == [100, 70, 90, 50]
    assert notes.delays(STEPS, "shown") == [300, 120, 100]


def test_the_first_step_of_each_message_is_the_one_that_was_logged_first() -> None:
    assert notes.firsts(STEPS) == [STEPS[2], STEPS[0]]


def test_a_filters_verdict_is_no_log_line() -> None:
    verdict = step("a", 10, 2000, 2100, "filtered")
    assert notes.by_lines([verdict, *STEPS]) == STEPS


def test_half_and_most_are_the_nearest_ranks() -> None:
    assert notes.half_and_most([float(n) for n in range(100, 0, -1)]) == {"p50": 50, "p99": 99, "of": 100}


def test_frames_are_counted_in_whole_seconds() -> None:
    frames = [999.0, 1000.0, 1500.0, 1999.9, 2500.0, 3100.0]
    assert notes.frames_a_second(frames, 1000, 3500) == [3, 1], "the half second at the end is none"
    assert notes.frames_a_second([], 1000, 3000) == [0, 0], "a second without a frame counts"


def test_smoothness_is_the_median_and_the_worst_seconds() -> None:
    frames = [second * 1000 + frame * 10.0 for second in range(20) for frame in range(10 + second)]
    assert notes.smoothness(frames, 0, 20_000) == {"median": 19, "p5": 10, "seconds": 20, "longest_gap_ms": 910}


def test_a_share_is_a_part_of_one_core() -> None:
    before, after = {"page": 1.0, "server": 2.0}, {"page": 1.3, "server": 2.0}
    assert notes.shares(before, after, 30) == {"page": 1, "server": 0}


def when(second: float) -> str:
    return f"2026-11-27T12:00:{second:06.3f}Z"


def test_a_ride_has_all_its_effects_with_the_last_one_and_other_rides_do_not_count() -> None:
    observed = {
        "accepted": {"early": when(1), "a": when(10), "b": when(11), "late": when(30)},
        "effects": {
            "award-points": {"early": when(1.5), "a": when(10.2), "b": when(11.1), "late": when(31)},
            "credit-account": {"a": when(10.5), "b": when(13)},
        },
    }
    began = at(when(9))
    assert notes.effects(observed, began, began + 10) == {"p50": 0.5, "p99": 2, "of": 2, "whole": 3}


def results(delay: float) -> dict[str, Any]:
    half = {"p50": delay / 2, "p99": delay, "of": 100}
    ratios = {"without": figure([50.0]), "with": figure([52.0]), "x": figure([1.04])}
    return {
        "picture_ms": figure([300.0, 400.0, 500.0]),
        "idle": {"seconds": 30, "page": 0.5, "server": 3.0, "rest_of_the_browser": 0.1},
        "steps": {"came_ms": half, "shown_ms": half},
        "calm": {"came_ms": half, "shown_ms": half},
        "watching": dict.fromkeys(report.WATCHING, ratios),
        "frames": {
            "median": 60.0,
            "p5": 31.0,
            "longest_gap_ms": 120.0,
            "rate": 50,
            "sent": 1000,
            "accepted": 990,
            "accepted_a_second": 48.5,
        },
    }


def test_a_measure_stands_beside_its_aim() -> None:
    rows = {row[0]: row[1:] for row in report.rows(results(600))}
    assert rows["opening the page, until its map is drawn"] == ("≤ 1,000 ms", "400 ms (median)", "yes")
    assert rows["a step, from its log line until it moves on the map"] == ("≤ 500 ms", "300 ms (p50), 600 ms (p99)", "**no**")
    assert rows["frames a second, while many rides arrive"] == ("≥ 30", "60 (median), 31 (p5)", "yes")
    assert rows["the same, for the first step after a calm time"] == ("–", "300 ms (p50), 600 ms (p99)", "")


def test_each_aim_has_a_verdict() -> None:
    met = {verdict["target"].split(":")[0]: verdict["met"] for verdict in report.verdicts(results(400))}
    assert len(met) == 7
    assert [target for target, is_met in met.items() if not is_met] == ["CPU of `rydes console` while nothing moves"]


def test_the_tables_are_written_between_the_marks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- console:begin -->\n<!-- console:end -->\nafter\n")
    machine = {"date": "2026-11-27 10:00:00 +0000", "cores": 2, "cpu": "CPU", "revision": "0123456789"}
    report.write(results(400), machine, [page])
    text = page.read_text()
    assert text.startswith("before\n<!-- console:begin -->\n| the console | aim | measured | met? |\n| --- |")
    assert "| accepted, p50, ms | 50 (50–50) | 52 (52–52) | 1.04 (1.04–1.04) |" in text
    assert "Of 1,000 rides at 50 a second the emulator accepted 990, 48.5 a second" in text
    assert text.endswith("<!-- console:end -->\nafter\n")


def test_the_console_is_measured_last_and_only_with_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/usr/bin/chromium")
    assert parts.chosen([], [])[-1] == "console"
    assert parts.chosen(["console", "cold"], []) == ["cold", "console"]
    assert parts.chosen([], ["open-fare"]) == list(parts.OF_FUNCTIONS)
    monkeypatch.setattr(browsers, "find", lambda: None)
    assert parts.chosen([], []) == [name for name in parts.PARTS if name != "console"]
    assert parts.chosen(["console"], []) == ["console"]
