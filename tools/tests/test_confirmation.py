"""A question is answered at a terminal, or by YES=1."""

import io

import pytest

from wild_rydes import console
from wild_rydes.confirmation import confirm


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YES", raising=False)


@pytest.mark.parametrize("answer", ["", "\n", "no\n", "y\n", "prod\n"])
def test_anything_but_the_answer_stops(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with pytest.raises(console.Stop, match="nothing was changed"):
        confirm("Delete this?", "dev")


def test_the_answer_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("dev\n"))
    confirm("Delete this?", "dev")
    assert "Type dev to go on" in capsys.readouterr().out


def test_without_a_terminal_only_yes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("dev\n"))
    with pytest.raises(console.Stop, match="YES=1"):
        confirm("Delete this?", "dev")
    monkeypatch.setenv("YES", "1")
    confirm("Delete this?", "dev")
