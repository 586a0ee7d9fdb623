"""Each lab of docs/labs, done step by step: its check fails before and halfway, for the right reason, and passes after.

All labs share a deployment. The tests run in their order: each begins where the one before has ended. A learner's work in an
editor is a patch in solutions/; everything else is a command of the lab's page.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wild_rydes import environments
from wild_rydes.commands.test_labs import COPY
from wild_rydes.emulator.embedded import free_port
from wild_rydes.paths import ROOT

PAGES = sorted((ROOT / "docs" / "labs").glob("[0-9]-*.md"))
SOLUTIONS = Path(__file__).parent / "solutions"
PORT, PROXY_PORT = free_port(), free_port()
MINUTES = 4
# A line that a check prints before it waits.
WAIT = "  … waiting up to "
# The reason of each check on a stack on which nothing was done.
AT_FIRST = {
    1: "no service but the five that were there takes RideCompleted",
    2: "no ride was delivered twice",
    3: "no message of customer-loyalty has become a dead letter",
    4: "no herd but moonlight, rainbow, stardust is deployed",
    5: "the deployed saga has no state IssueInvoice",
    6: "SES has throttled 0 of notify-customer's e-mails",
}


def shell(script: str, ok: bool = True, built: bool = True) -> str:
    """Runs commands as a learner does, in the copy; gives their output. `built` has make up take the functions as they are."""
    # Variables that make has passed on are meant for the checkout that the copy is of.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_", environments.BUILT))}
    env |= {"CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")), "PORT": str(PORT)}
    env |= {environments.BUILT: "1"} if built else {}
    preparation = 'set -e; [ ! -e .local/stack.env ] || . .local/stack.env; rydes() { .local/bin/rydes "$@"; }'
    command = ["bash", "-c", f"{preparation}\n{script}"]
    ended = subprocess.run(command, cwd=COPY, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ended.returncode == 0) == ok, f"{script}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def passes(lab: int) -> None:
    said = shell(f"make --no-print-directory lab-{lab}-check").splitlines()
    *waits, last = said
    assert all(line.startswith(WAIT) for line in waits), said
    assert last.startswith(f"✓ lab {lab} is done: "), said


def fails(lab: int, reason: str) -> None:
    said = shell(f"make --no-print-directory lab-{lab}-check", ok=False).splitlines()
    # make adds a line of its own.
    *waits, last, _ = said
    assert all(line.startswith(WAIT) for line in waits), said
    assert last.startswith("✗ "), said
    assert reason in last, said


def solve(*names: str, reverse: bool = False) -> None:
    for name in names:
        patch = (SOLUTIONS / f"{name}.patch").read_text().replace(":4567", f":{PROXY_PORT}")
        command = ["git", "apply", *(["--reverse"] if reverse else []), "-"]
        applied = subprocess.run(command, cwd=COPY, input=patch, text=True, capture_output=True)
        assert applied.returncode == 0, f"{name}: {applied.stderr}"


def release(*programs: str) -> None:
    """Builds these functions, and deploys what has changed."""
    if programs:
        build = f"from wild_rydes import functions; functions.build_some_for_here({list(programs)})"
        shell(f'PYTHONPATH=tools python3 -c "{build}"', built=False)
    shell("make up PORT=$PORT")


def eventually(script: str) -> None:
    """Runs a script until it succeeds."""
    deadline = time.monotonic() + MINUTES * 60
    while True:
        try:
            shell(script)
            return
        except AssertionError:
            assert time.monotonic() < deadline, f"not in {MINUTES} minutes: {script}"
            time.sleep(1)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def proxy() -> Iterator[None]:
    """make throttle, in a terminal of its own."""
    command = ["make", "--no-print-directory", "throttle", f"PROXY_PORT={PROXY_PORT}"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | {environments.BUILT: "1"}
    with subprocess.Popen(command, cwd=COPY, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            assert process.stdout
            assert f"http://localhost:{PROXY_PORT}" in process.stdout.readline()
            yield
        finally:
            # As Ctrl-C does, which reaches the whole group.
            os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_solution_is_what_the_page_says(page: Path) -> None:
    lab = page.name[0]
    patches = "".join(file.read_text() for file in sorted(SOLUTIONS.glob(f"{lab}-*.patch")))
    changed = {line[1:].strip() for line in patches.splitlines() if line[:1] in ("+", "-", " ")}
    code = [
        line.strip() for language in ("rust", "json", "yaml") for block in blocks(page, language) for line in block.splitlines()
    ]
    assert code
    assert [line for line in code if line not in changed] == []
    assert f"make lab-{lab}-check" in page.read_text()


def test_a_check_needs_a_running_stack() -> None:
    for lab in AT_FIRST:
        fails(lab, "Wild Rydes is not up: run make up")


def test_no_lab_is_done_at_first() -> None:
    release()
    for lab, reason in AT_FIRST.items():
        fails(lab, f"lab {lab} is not done: {reason}")


def test_there_is_no_seventh_lab() -> None:
    fails(7, "there is no lab 7")


def test_a_second_delivery_that_the_guard_recognizes_is_not_enough() -> None:
    ride = shell("rydes complete-ride --customer lena --fare 20").strip()
    shell(f"rydes trace {ride}; make publish-again RIDE={ride}")
    eventually(f"rydes logs {ride} | grep -q 'award-points.*duplicate'")
    fails(2, "a second delivery was recognized as a duplicate")


def test_half_a_lab_is_not_enough(proxy: None) -> None:
    shell("make new-service NAME=ride-insurance EVENT=RideCompleted")
    fails(1, "ride-insurance is not deployed: run make up")
    solve("2-guard", "3-fault", "4-herd", "5-saga", "6-proxy")
    release("record-ride-insurance", "award-points")
    fails(1, "ride-insurance takes a ride of 99 km, too")
    fails(2, "customer-loyalty was deployed again after a duplicate was recognized")
    fails(4, "lower its PricePerKm")


def test_an_invoice_is_issued_and_cancelled() -> None:
    passes(5)


def test_a_throttled_dependency_leaves_its_messages_to_the_queue() -> None:
    shell("rydes add-contact nora nora@example.com; for n in 1 2 3 4; do rydes complete-ride --customer nora; done")
    eventually("make lab-6-check")
    passes(6)


def test_the_audit_finds_a_ride_that_took_effect_twice() -> None:
    ride = shell("rydes complete-ride --customer max --fare 20").strip()
    shell(f"rydes trace {ride}; make publish-again RIDE={ride}")
    eventually(f"[ $(rydes logs {ride} | grep -c 'award-points.*made') = 2 ]")
    passes(2)


def test_a_poison_message_is_redriven_once_its_cause_is_mended() -> None:
    ride = shell("rydes complete-ride --customer ida --fare 1000").strip()
    eventually(f"rydes logs {ride} | grep -q 'award-points.*dead-lettered'")
    fails(3, "the alarm has not gone off")
    said = shell("make alarms")
    assert "CustomerLoyaltyDlqAlarm" in said
    assert said.count("ALARM ") == 1, said
    fails(3, "1 dead letter in CustomerLoyalty")
    # The second halves of labs 1 and 4 are deployed with it.
    solve("2-guard", "3-fault", reverse=True)
    solve("1-filter", "4-price")
    release("award-points")
    shell("rydes dlq redrive CustomerLoyalty")
    eventually(f"rydes logs {ride} | grep -q 'award-points.*made'")
    fails(3, "the alarm is still on")
    assert "no alarm on a queue is on" in shell("make alarms")
    passes(3)


def test_a_subscriber_with_a_filter_takes_what_it_wants() -> None:
    passes(1)


def test_a_cheap_herd_wins() -> None:
    passes(4)


def test_the_commands_of_a_page_undo_its_lab() -> None:
    for page in PAGES:
        (undo,) = re.findall(r"^## Undo\n.*?^```console\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
        commands = [line.removeprefix("$ ") for line in undo.splitlines()]
        # Each would deploy, and one of them begin afresh: the last deployment is enough.
        shell("\n".join(command for command in commands if command not in ("make up", "make down") and "redrive" not in command))
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=COPY, capture_output=True, text=True, check=True).stdout
    assert changed == ""
    release()
    for lab in (1, 4, 5):
        fails(lab, AT_FIRST[lab])
