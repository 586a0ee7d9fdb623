"""The benchmark of the console sees each step that the map shows. It looks into the page's modules, which may change."""

from pathlib import Path

from conftest import PATIENCE, Opened

NOTES = Path(__file__).parents[2] / "bench" / "harness" / "console_page"
# A ride has more steps than that.
FEW = 8
# The notes, as soon as there are some and each step is shown; or those that there are in the end.
SHOWN = """([few, patience]) => new Promise((resolve) => {
    const ended = Date.now() + patience;
    const look = () => {
        const { steps } = window.noted;
        const seen = steps.length >= few && steps.every(({ at, came, shown }) => at <= came && came <= shown);
        if (seen || Date.now() > ended) resolve({ steps, seen });
        else requestAnimationFrame(look);
    };
    look();
})"""


def test_the_benchmark_notes_when_each_step_is_shown(opened: Opened) -> None:
    page = opened.page()
    page.locator(".node").first.wait_for()
    page.evaluate("() => { window.noted = {}; }")
    for notes in ("steps", "frames"):
        page.evaluate((NOTES / f"{notes}.js").read_text())
    page.get_by_role("button", name="Complete a ride").click()
    noted = page.evaluate(SHOWN, [FEW, PATIENCE])
    assert noted["seen"], noted["steps"]
    assert page.evaluate("() => window.noted.frames.length")
