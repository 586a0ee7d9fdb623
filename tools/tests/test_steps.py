"""Steps run in their order, beside each other, and up to the first that fails."""

from pathlib import Path

import pytest

from wild_rydes import console, steps
from wild_rydes.steps import Run, Step, duration


@pytest.fixture(autouse=True)
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A make whose targets write their name into a file, and fail if they are called so; gives the file."""
    program, done = tmp_path / "make", tmp_path / "done"
    program.write_text(f'#!/bin/sh\nshift\n[ "$1" = slow ] && sleep 60\necho "$1" >> {done}\n[ "$1" != fails ]\n')
    program.chmod(0o755)
    monkeypatch.setenv("MAKE", str(program))
    monkeypatch.setenv("WILD_RYDES_BUILT", "")
    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    return done


def test_steps_run_in_their_order(make: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Run([Step("first", "the first"), Step("second", "the second")]).all()
    assert make.read_text().split() == ["first", "second"]
    assert "0 s  the second" in capsys.readouterr().out


def test_a_failure_ends_the_run_and_the_steps_beside_it(make: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = [Step("slow", "waits", beside=0), Step("fails", "fails"), Step("never", "never runs")]
    with pytest.raises(console.Stop, match="make fails failed"):
        Run(run).all()
    assert make.read_text().split() == ["fails"]
    shown = capsys.readouterr().out
    assert [step.outcome() for step in run] == ["stopped", "FAILED", "not run"]
    assert "not run  never runs" in shown


def test_a_failure_beside_the_others_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(console.Stop, match="make fails failed"):
        Run([Step("fails", "fails", beside=0), Step("first", "the first")]).all()
    assert "fails (make fails) ended beside the others" in capsys.readouterr().out


def test_a_step_waits_for_the_one_that_it_comes_after(make: Path) -> None:
    Run([Step("first", "the first", beside=0), Step("second", "the second", after="first")]).all()
    assert make.read_text().split() == ["first", "second"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min  0 s"), (125, "2 min  5 s")])
def test_a_duration_is_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text
