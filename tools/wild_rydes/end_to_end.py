"""Runs the end-to-end tests against an emulator, without those that it can't pass: tests/emulators.json says which
capabilities it lacks, and why. The first test of each such capability has to fail, which shows that the emulator does lack it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from wild_rydes import console, environments, functions
from wild_rydes.deployment import Deployment
from wild_rydes.emulator import profiles, table
from wild_rydes.emulator.localstripe import LocalStripe
from wild_rydes.emulator.profiles import Target
from wild_rydes.paths import INFRA, ROOT
from wild_rydes.stages import own_stage

# The suites that share a deployment, and the suites that need one in a state of their own.
SUITES, BY_THEMSELVES = ("audit", "end-to-end"), ("chaos", "limits")
# The fault proxy is built with its tests, so that its dependencies are those of all others.
FAULT_PROXY, PROXY_TEST = "fault-proxy", "proxy"
# The folder that cargo runs them in.
PACKAGE = ROOT / "tests"
# The line that cargo prints for each test that waits for its turn.
WAITS = re.compile(r"^test \S+ has been running for over 60 seconds")
ENDED = re.compile(r"^test (\S+) \.\.\. (ok|FAILED|ignored)")
# The whole workspace, so that the dependencies are those that the unit tests have compiled.
TEST = ("cargo", "test", "--locked", "--workspace")
UNIT = ("--lib", "--bin", "rydes", "--test", "program", "--test", "schemas")
# The paths of the tests' programs. Cargo itself would wait for other builds before it told them.
PROGRAMS = ROOT / ".local" / "tests.json"


def build(*others: str) -> None:
    """Builds the tests against a deployment, and others."""
    if environments.are_built():
        return
    targets = [argument for suite in (*SUITES, *BY_THEMSELVES, PROXY_TEST) for argument in ("--test", suite)]
    command = [*TEST, *others, *targets, "--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        raise console.Stop("the tests did not build: see cargo's messages above")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    built_targets = {m["target"]["name"]: m for m in messages if m.get("executable") and is_kept(m["target"])}
    programs = {name: m["executable"] for name, m in built_targets.items()}
    PROGRAMS.parent.mkdir(parents=True, exist_ok=True)
    PROGRAMS.write_text(json.dumps(programs))


def build_fault_proxy() -> str:
    """Builds the fault proxy alone, unless all is built; gives its program."""
    if environments.are_built():
        return program(FAULT_PROXY)
    command = ["cargo", "build", "--locked", "--package", FAULT_PROXY, "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        raise console.Stop("the fault proxy did not build: see cargo's messages above")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == FAULT_PROXY)


def is_kept(target: dict[str, Any]) -> bool:
    """Tells whether a target's program is run later: a suite of tests, or the fault proxy itself."""
    return "test" in target["kind"] or ("bin" in target["kind"] and target["name"] == FAULT_PROXY)


def program(suite: str) -> str:
    return json.loads(PROGRAMS.read_text())[suite]


def run(target: Target, env: dict[str, str], only: str = "") -> dict[str, Any]:
    """Runs the tests of all capabilities that the emulator has; gives the results by capability. The audit comes first, while
    there is nothing that other tests leave behind."""
    # The share of large crowds that this emulator gets, unless CROWD says otherwise.
    crowd = os.environ.get("CROWD", str(target.profile.facts["crowd"][target.where]))
    env = {**os.environ, **target.environment(), **target.variables, "CROWD": crowd, **env}
    tests = {suite: _tests(suite, env) for suite in SUITES}
    every = [test for listed in tests.values() for test in listed]
    shown_by, lacks = profiles.capabilities(every), target.profile.lacks(target.where)
    left_out = {test for capability in lacks for test in shown_by[capability]}
    wanted: set[str] = set()
    ended: dict[str, str] = {}
    # A thread for each test: the tests themselves settle how many run side by side, and which run alone (tests/src/turn.rs).
    threads = [f"--test-threads={len(every)}"]
    few = target.profile.facts.get("side-by-side")
    env |= {"SIDE_BY_SIDE": str(few["count"])} if few else {}
    for suite, listed in tests.items():
        skip = [test for test in listed if test in left_out or only not in test]
        if len(skip) < len(listed):
            wanted |= set(listed) - set(skip)
            ended |= _results(suite, [*threads, "--exact", *(f"--skip={test}" for test in skip)], env)
    if target.where == "container" and "second-try" in target.profile.facts:
        ended |= _tried_again([test for test, how in ended.items() if how == "FAILED"], tests, threads, env)
    passed = _passed(wanted, ended)
    # An emulator that was given may have more than its profile says.
    if only or target.where == "given":
        return {}
    witnesses = {shown_by[capability][0]: capability for capability in lacks}
    _refute(witnesses, tests, env)
    return _seen(target, passed, shown_by, lacks, every)


def build_for(folder: Path, release: bool, few: bool) -> tuple[Path, Path]:
    """Builds functions, client and tests for an emulator in a container. Gives the folder of the templates that lead to these
    functions, and the folder of the builds that are broken on purpose."""
    build()
    if release:
        functions.build_for_here()
        functions.build_for_aws(functions.ARCH, folder / "builds")
        return INFRA, folder / "builds"
    return functions.build_for_containers(folder, few)


def deploy_and_run(target: Target, folder: Path, built: tuple[Path, Path], only: str) -> None:
    """Deploys what was built, and runs the tests."""
    templates, builds = built
    stage = own_stage("test")
    target.make_ready()
    given = " ".join(target.profile.facts["parameters"])
    Deployment(stage, functions.ARCH, target.environment(), folder, given).deploy(templates, None)
    run_at(target, stage, templates, builds, only)


def run_at(target: Target, stage: str, templates: Path, builds: Path, only: str) -> None:
    """Runs the end-to-end tests against what is deployed, and keeps what was seen of the emulator."""
    with LocalStripe() as stripe:
        env = {"STAGE": stage, "RYDES": str(functions.RYDES), "STRIPE_URL": stripe.url}
        # For the test that deploys one more herd.
        env |= {"SAM": str(environments.bin_of("sam") / "sam"), "HERD_TEMPLATE": str(templates / "herd.yaml")}
        env |= environments.SAM_ON_EMULATOR
        # For those that deploy a broken build.
        env["BUILDS"] = str(builds)
        seen = run(target, env, only)
    if seen:
        table.keep(seen)


def _tests(suite: str, env: dict[str, str]) -> list[str]:
    listed = subprocess.run([program(suite), "--list"], cwd=PACKAGE, env=env, capture_output=True, text=True)
    if listed.returncode:
        raise console.Stop(f"the tests can't be listed: {listed.stderr.strip()}")
    return [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]


def _tried_again(failed: list[str], tests: dict[str, list[str]], threads: list[str], env: dict[str, str]) -> dict[str, str]:
    """Runs failed tests once more: our faults fail twice, faults that an emulator has now and then don't."""
    ended: dict[str, str] = {}
    for suite, listed in tests.items():
        again = [test for test in failed if test in listed]
        if again:
            console.line(f"  … once more, as the emulator may have been at fault: {', '.join(again)}")
            ended |= _results(suite, [*threads, "--exact", *again], env)
    return ended


def _passed(wanted: set[str], ended: dict[str, str]) -> set[str]:
    """All tests that were wanted; stops if one of them has failed or has not run."""
    failed = [test for test, how in ended.items() if how == "FAILED"]
    if failed:
        raise console.Stop(f"{len(failed)} end-to-end tests failed, their messages are above: {', '.join(failed)}")
    not_run = wanted - {test for test, how in ended.items() if how == "ok"}
    if not_run:
        raise console.Stop(f"tests did not run, and tests/emulators.json has no reason for it: {', '.join(sorted(not_run))}")
    return wanted


def _refute(witnesses: dict[str, str], tests: dict[str, list[str]], env: dict[str, str]) -> None:
    """Stops if the emulator has a capability that its profile says it lacks."""
    for suite, listed in tests.items():
        wanted = [test for test in witnesses if test in listed]
        if not wanted:
            continue
        # All at once, because each waits for an effect that never comes.
        threads = f"--test-threads={len(wanted)}"
        with console.step(f"seeing what it lacks: {len(wanted)} tests have to fail"):
            ended = _results(
                suite, [threads, "--exact", *wanted], {**env, "PATIENCE": "1", "SIDE_BY_SIDE": str(len(wanted))}, quiet=True
            )
        passed = [f"{witnesses[test]} ({test} passes)" for test in wanted if ended.get(test) != "FAILED"]
        if passed:
            raise console.Stop(f"the emulator has capabilities that tests/emulators.json says it lacks: {'; '.join(passed)}")


def _results(suite: str, arguments: list[str], env: dict[str, str], quiet: bool = False) -> dict[str, str]:
    """Shows the output of the tests, and reads the result of each."""
    command, errors = [program(suite), *arguments], subprocess.DEVNULL if quiet else None
    ended: dict[str, str] = {}
    with subprocess.Popen(command, cwd=PACKAGE, env=env, stdout=subprocess.PIPE, text=True, stderr=errors) as tests:
        for line in tests.stdout or ():
            if not quiet and not WAITS.match(line):
                print(line, end="", flush=True)
            found = ENDED.match(line)
            if found:
                ended[found[1]] = found[2]
    return ended


def _seen(
    target: Target, passed: set[str], shown_by: dict[str, list[str]], lacks: dict[str, str], every: list[str]
) -> dict[str, Any]:
    rows: dict[str, object] = {}
    for capability, tests in shown_by.items():
        if capability in lacks:
            rows[capability] = {"left out": len(tests), "why": lacks[capability]}
        else:
            # Some of its tests may need another capability, which is lacking.
            rows[capability] = {"passed": len(passed.intersection(tests))}
    rest = set(every) - {test for tests in shown_by.values() for test in tests}
    rows["everything else"] = {"passed": len(passed & rest)}
    return {"column": target.column, "rows": rows, "passed": len(passed), "left out": len(every) - len(passed)}
