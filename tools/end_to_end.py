"""Runs the end-to-end tests against an emulator, without those that it can't pass: tests/emulators.json says which capability it
lacks, and why. That it does lack it is measured, too: the first test of each has to fail."""

import json
import os
import re
import subprocess

import environments
import families
import say
from families import Place

# Those that run with others, and those that need a deployment in a state of their own.
TARGETS, BY_THEMSELVES = ("audit", "end-to-end"), ("chaos", "limits")
# Where cargo runs them.
PACKAGE = environments.ROOT / "tests"
# Said of each that waits for its turn.
WAITS = re.compile(r"^test \S+ has been running for over 60 seconds")
ENDED = re.compile(r"^test (\S+) \.\.\. (ok|FAILED|ignored)")
# The whole workspace, so that its dependencies are those that the unit tests have compiled.
TEST = ("cargo", "test", "--locked", "--workspace")
UNIT = ("--lib", "--bin", "rydes", "--test", "program")
# Where the programs are that were built of the tests: asked itself, cargo would wait for whatever else is being built.
PROGRAMS = environments.ROOT / ".local" / "tests.json"


def build(*others: str) -> None:
    """Builds the tests against a deployment, and others."""
    if environments.are_built():
        return
    targets = [argument for target in (*TARGETS, *BY_THEMSELVES) for argument in ("--test", target)]
    command = [*TEST, *others, *targets, "--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=environments.ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        raise say.Stop("the tests did not build: see cargo's messages above")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    programs = {m["target"]["name"]: m["executable"] for m in messages if m.get("executable") and "test" in m["target"]["kind"]}
    PROGRAMS.parent.mkdir(parents=True, exist_ok=True)
    PROGRAMS.write_text(json.dumps(programs))


def program(target: str) -> str:
    return json.loads(PROGRAMS.read_text())[target]


def run(place: Place, env: dict[str, str], only: str = "") -> dict:
    """Runs all that are shown by what the emulator has; gives what was seen, by capability. What audits everything that is there
    comes first, while nothing is there that others leave behind."""
    # How much of what is done a thousand times is done here, unless somebody wants it otherwise.
    crowd = os.environ.get("CROWD", str(place.family.facts["crowd"][place.where]))
    env = {**os.environ, **place.environment(), **place.variables, "CROWD": crowd, **env}
    tests = {target: _tests(target, env) for target in TARGETS}
    every = [test for listed in tests.values() for test in listed]
    shown_by, lacks = families.capabilities(every), place.family.lacks(place.where)
    left_out = {test for capability in lacks for test in shown_by[capability]}
    wanted, ended = set(), {}
    # A thread for each test: how many run side by side, and which run alone, is theirs to settle (tests/src/turn.rs).
    threads = [f"--test-threads={len(every)}"]
    few = place.family.facts.get("side-by-side")
    env |= {"SIDE_BY_SIDE": str(few["count"])} if few else {}
    for target, listed in tests.items():
        skip = [test for test in listed if test in left_out or only not in test]
        if len(skip) < len(listed):
            wanted |= set(listed) - set(skip)
            ended |= _results(target, [*threads, "--exact", *(f"--skip={test}" for test in skip)], env)
    if place.where == "container" and "second-try" in place.family.facts:
        ended |= _tried_again([test for test, how in ended.items() if how == "FAILED"], tests, threads, env)
    passed = _passed(wanted, ended)
    # What somebody else has started may have more than its family has.
    if only or place.where == "given":
        return {}
    witnesses = {shown_by[capability][0]: capability for capability in lacks}
    _refute(witnesses, tests, env)
    return _seen(place, passed, shown_by, lacks, every)


def _tests(target: str, env: dict[str, str]) -> list[str]:
    listed = subprocess.run([program(target), "--list"], cwd=PACKAGE, env=env, capture_output=True, text=True)
    if listed.returncode:
        raise say.Stop(f"the tests can't be listed: {listed.stderr.strip()}")
    return [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]


def _tried_again(failed: list[str], tests: dict[str, list[str]], threads: list[str], env: dict[str, str]) -> dict[str, str]:
    """A fault of ours fails twice; what an emulator does only now and then doesn't."""
    ended = {}
    for target, listed in tests.items():
        again = [test for test in failed if test in listed]
        if again:
            say.line(f"  … once more, as the emulator may have been at fault: {', '.join(again)}")
            ended |= _results(target, [*threads, "--exact", *again], env)
    return ended


def _passed(wanted: set[str], ended: dict[str, str]) -> set[str]:
    """All that were wanted, or nothing goes on."""
    failed = [test for test, how in ended.items() if how == "FAILED"]
    if failed:
        raise say.Stop(f"{len(failed)} end-to-end tests failed, their messages are above: {', '.join(failed)}")
    not_run = wanted - {test for test, how in ended.items() if how == "ok"}
    if not_run:
        raise say.Stop(f"left out with no row in tests/emulators.json that says why, or cut off: {', '.join(sorted(not_run))}")
    return wanted


def _refute(witnesses: dict[str, str], tests: dict[str, list[str]], env: dict[str, str]) -> None:
    """What is lacked must be seen to be lacked."""
    for target, listed in tests.items():
        wanted = [test for test in witnesses if test in listed]
        if not wanted:
            continue
        # All at once: they wait for what never comes.
        threads = f"--test-threads={len(wanted)}"
        with say.step(f"seeing what it lacks: {len(wanted)} tests have to fail"):
            ended = _results(target, [threads, "--exact", *wanted], {**env, "PATIENCE": "1", "SIDE_BY_SIDE": str(len(wanted))}, quiet=True)
        passed = [f"{witnesses[test]} ({test} passes)" for test in wanted if ended.get(test) != "FAILED"]
        if passed:
            raise say.Stop(f"tests/emulators.json says that it lacks what it has: {'; '.join(passed)}")


def _results(target: str, arguments: list[str], env: dict[str, str], quiet: bool = False) -> dict[str, str]:
    """Shows what the tests say, and reads from it how each ended."""
    command, ended, errors = [program(target), *arguments], {}, subprocess.DEVNULL if quiet else None
    with subprocess.Popen(command, cwd=PACKAGE, env=env, stdout=subprocess.PIPE, text=True, stderr=errors) as tests:
        for line in tests.stdout:
            if not quiet and not WAITS.match(line):
                print(line, end="", flush=True)
            found = ENDED.match(line)
            if found:
                ended[found[1]] = found[2]
    return ended


def _seen(place: Place, passed: set[str], shown_by: dict[str, list[str]], lacks: dict[str, str], every: list[str]) -> dict:
    rows: dict[str, object] = {}
    for capability, tests in shown_by.items():
        if capability in lacks:
            rows[capability] = {"left out": len(tests), "why": lacks[capability]}
        else:
            # Some of its tests may need another one that is lacking.
            rows[capability] = {"passed": len(passed.intersection(tests))}
    rest = set(every) - {test for tests in shown_by.values() for test in tests}
    rows["everything else"] = {"passed": len(passed & rest)}
    return {"column": place.column, "rows": rows, "passed": len(passed), "left out": len(every) - len(passed)}
