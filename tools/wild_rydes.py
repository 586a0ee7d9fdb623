"""What the Makefile's targets run. `make help` lists them."""

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import artifacts
import campaigns
import chaos as fault_runs
import cold_start
import demo
import environments
import functions
import fuzz as fuzzing
import quotes
import say
import stacks
from emulator import Emulator, free_port
from localstripe import LocalStripe
from stacks import INFRA, Deployment

ROOT = environments.ROOT
LOCAL = ROOT / ".local"
STACK_ENV = LOCAL / "stack.env"


def main() -> None:
    options = parse()
    # A terminated command still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        options.run(options)
    except say.Stop as stop:
        sys.exit(f"{say.RED}✗{say.END} {stop}")
    except KeyboardInterrupt:
        sys.exit(130)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(run, name: str, **arguments: dict) -> None:
        sub = commands.add_parser(name, help=run.__doc__)
        for argument, settings in arguments.items():
            sub.add_argument(f"--{argument}", **settings)
        sub.set_defaults(run=run)

    port = {"type": int, "default": 4566}
    arch = {"choices": ["x86_64", "arm64"], "default": "x86_64"}
    command(up, "up", port=port)
    command(down, "down")
    command(walk, "demo", port=port)
    command(deploy, "deploy", stage={"required": True}, arch=arch, parameters={"default": ""})
    command(build, "build", arch=arch)
    command(against_fresh_stacks, "test")
    command(lint, "lint")
    command(diagrams, "diagrams")
    command(access, "access")
    command(check_functions, "check-functions", arch=arch)
    command(bench_cold_start, "bench-cold-start")
    command(bench_prebooking, "bench-prebooking")
    command(bench_rfq, "bench-rfq")
    command(chaos, "chaos", size={"choices": ["small", "full"], "default": "full"}, seed={"default": ""})
    command(fuzz, "fuzz", runs={"type": int, "default": 100_000}, input={"default": ""})
    command(install, "install", environment={"required": True})
    return parser.parse_args()


def up(options: argparse.Namespace) -> None:
    """Builds, starts the emulator, deploys every stack. What is up already stays, what hasn't changed is left alone."""
    started = time.monotonic()
    environments.check_prerequisites()
    emulator = Emulator.running(LOCAL)
    was_up = emulator is not None
    if not was_up:
        emulator = Emulator(LOCAL, options.port)
        # Before the build, which takes minutes the first time.
        emulator.check_port()
    functions.build_for_here()
    if not was_up:
        emulator.start()
    try:
        stage_locally(emulator, LOCAL, "local")
    except BaseException:
        # Half a deployment is of no use to anyone; what was up before stays.
        if not was_up:
            emulator.stop()
        raise
    STACK_ENV.write_text("".join(f"export {k}={v}\n" for k, v in {**emulator.environment(), "STAGE": "local"}.items()))
    say.line(f"{say.GREEN}✓{say.END} Wild Rydes is up at {emulator.endpoint} {say.DIM}({time.monotonic() - started:.0f} s){say.END}")


def down(_: argparse.Namespace) -> None:
    """Stops the emulator; everything in it is gone."""
    emulator = Emulator.running(LOCAL)
    if emulator:
        emulator.stop()
    for gone in (STACK_ENV, LOCAL / "deployed.json"):
        gone.unlink(missing_ok=True)
    shutil.rmtree(LOCAL / "tmp", ignore_errors=True)
    say.line(f"{say.GREEN}✓{say.END} Wild Rydes is down" if emulator else "Wild Rydes was not up")


def walk(options: argparse.Namespace) -> None:
    """Walks through the use cases; what it had to start for that, it stops."""
    was_up = Emulator.running(LOCAL) is not None
    up(options)
    try:
        demo.walk(functions.RYDES, {**os.environ, **Emulator.running(LOCAL).environment(), "STAGE": "local"})
    finally:
        if not was_up:
            down(options)
    if not was_up:
        say.line("To keep it running and try things yourself: make up && . .local/stack.env")


def deploy(options: argparse.Namespace) -> None:
    """Builds for Lambda and deploys every stack to AWS, with the credentials of the environment."""
    environments.check_prerequisites()
    if not re.fullmatch("[a-z][a-z0-9]{0,19}", options.stage):
        raise say.Stop("say which stage, in at most 20 small letters and digits, as in: make deploy STAGE=dev")
    if os.environ.get("AWS_ENDPOINT_URL"):
        raise say.Stop("AWS_ENDPOINT_URL is set, so this would not go to AWS: unset it (a sourced .local/stack.env?)")
    functions.build_for_aws(options.arch)
    parameters = shlex.split(options.parameters)
    Deployment(options.stage, options.arch, {}, LOCAL / f"aws-{options.stage}", parameters).deploy(INFRA, None)
    say.line(f"{say.GREEN}✓{say.END} deployed; see it with: rydes status --stage {options.stage}")


def build(options: argparse.Namespace) -> None:
    """Builds the functions for Lambda into target/lambda."""
    environments.check_prerequisites()
    functions.build_for_aws(options.arch)


def install(options: argparse.Namespace) -> None:
    """Installs one of the pinned tools and prints where."""
    print(environments.bin_of(options.environment))


def against_fresh_stacks(_: argparse.Namespace) -> None:
    """Runs the end-to-end tests against an emulator of their own."""
    builds = LOCAL / "builds"
    functions.build_for_here(builds)
    # The whole workspace, so that its dependencies are those that the unit tests have compiled.
    tests = ("test", "--locked", "--workspace", "--test")
    for test in ("audit", "end-to-end"):
        cargo(*tests, test, "--no-run")
    folder = LOCAL / "test"
    shutil.rmtree(folder, ignore_errors=True)
    # Retries of state machines wait a fiftieth of their time.
    emulator = Emulator(folder, free_port(), {"SFN_WAIT_SCALE": "0.02"})
    emulator.start()
    try:
        stage_locally(emulator, folder, "test")
        with LocalStripe() as stripe:
            env = {"STAGE": "test", "RYDES": str(functions.RYDES), "STRIPE_URL": stripe.url}
            # For the test that deploys one more herd.
            sam = {"SAM": str(environments.bin_of("sam") / "sam"), **environments.SAM}
            # For those that deploy a broken build.
            sam["BUILDS"] = str(builds)
            sam["HERD_TEMPLATE"] = str(LOCAL / INFRA.name / "herd.yaml")
            # What audits everything that is there comes first, while nothing is there that others leave behind.
            for test in ("audit", "end-to-end"):
                cargo(*tests, test, env={**emulator.environment(), **env, **sam})
    finally:
        emulator.stop()


def chaos(options: argparse.Namespace) -> None:
    """Lets whatever can fail do so while there is load, and audits what came of it."""
    functions.build_for_here()
    test = ("test", "--locked", "--workspace", "--test", "chaos")
    cargo(*test, "--no-run")
    folder, seed, port = LOCAL / "chaos", fault_runs.seed_of(options.seed), free_port()
    shutil.rmtree(folder, ignore_errors=True)
    say.line(f"  seed {seed}; the same again: make chaos SIZE={options.size} SEED={seed}")
    with fault_runs.FaultProxy(port, seed) as proxy:
        # The functions' calls go through the proxy; everybody else's go straight to the emulator.
        emulator = Emulator(folder, port, {"AWS_ENDPOINT_URL": proxy.url, "SFN_WAIT_SCALE": "0.2"})
        emulator.start()
        try:
            stage_locally(emulator, folder, "chaos")
            env = {"STAGE": "chaos", "RYDES": str(functions.RYDES), "FAULTS": proxy.url, "SEED": str(seed)}
            sizes = {name: str(count) for name, count in fault_runs.SIZES[options.size].items()}
            cargo(*test, "--", "--nocapture", env={**emulator.environment(), **env, **sizes})
        finally:
            emulator.stop()


def fuzz(options: argparse.Namespace) -> None:
    """Gives every parser so many inputs, or the one input again that was found to be one too many."""
    if options.input:
        fuzzing.replay(Path(options.input))
    else:
        fuzzing.run(options.runs)


def lint(_: argparse.Namespace) -> None:
    """Checks every template with cfn-lint and with SAM, what none may lack, every state machine, and who may do what."""
    templates = sorted(INFRA.glob("*.yaml"))
    cfn_lint = environments.bin_of("lint") / "cfn-lint"
    if subprocess.run([cfn_lint, *templates]).returncode:
        raise say.Stop("cfn-lint found faults in the templates: see above")
    sam = environments.bin_of("sam") / "sam"
    env = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", **environments.SAM}
    for template in templates:
        checked = subprocess.run([sam, "validate", "--lint", "--template-file", template], env=env, capture_output=True, text=True)
        if checked.returncode:
            raise say.Stop(f"{template.name}: {checked.stdout}{checked.stderr}")
    if not templates:
        raise say.Stop("there are no templates to check")
    stacks.waves()
    say.line(f"  {say.GREEN}✓{say.END} {len(templates)} templates")
    in_lint_environment("safeguards.py", "the templates lack what keeps them safe")
    say.line(f"  {say.GREEN}✓{say.END} encryption, policies, limits, logs and alarms in every template")
    state_machines()
    say.line(f"  {say.GREEN}✓{say.END} state machines, their roles and diagrams")
    # What a function calls is read from what was built of it.
    functions.build_for_here()
    roles(functions.FOR_HERE)
    say.line(f"  {say.GREEN}✓{say.END} roles, which allow what functions and apps do, and nothing else")


def diagrams(_: argparse.Namespace) -> None:
    """Draws the state machines in the docs anew."""
    state_machines("--diagrams")


def access(_: argparse.Namespace) -> None:
    """Writes anew in the docs who may do what."""
    roles("--table")


def state_machines(*arguments: str) -> None:
    in_lint_environment("state_machines.py", "there are faults in the state machines", *arguments)


def roles(*arguments: str | Path) -> None:
    in_lint_environment("roles.py", "roles don't fit what functions do", *arguments)


def in_lint_environment(tool: str, fault: str, *arguments: str | Path) -> None:
    # cfn-lint's reader of templates is there.
    checked = subprocess.run([environments.bin_of("lint") / "python", ROOT / "tools" / tool, *arguments])
    if checked.returncode:
        raise say.Stop(f"{fault}: see above")


def check_functions(options: argparse.Namespace) -> None:
    """Builds for Lambda, and checks each function's size and what it links against."""
    functions.build_for_aws(options.arch)
    artifacts.check(functions.FOR_AWS)


def bench_cold_start(_: argparse.Namespace) -> None:
    """Builds for Lambda, and measures how each function starts."""
    folder = ROOT / "target" / "bench"
    functions.build_for_bench(folder)
    cold_start.bench(folder)


def bench_prebooking(_: argparse.Namespace) -> None:
    """Runs campaigns of growing size against an emulator of their own."""
    against_fresh_emulator(campaigns.bench)


def bench_rfq(_: argparse.Namespace) -> None:
    """Requests quotes at growing rates against an emulator of their own."""
    against_fresh_emulator(quotes.bench)


def against_fresh_emulator(bench: Callable[[Path, dict[str, str], Path], None]) -> None:
    """Runs a benchmark against an emulator that nothing else uses."""
    functions.build_for_here()
    folder = LOCAL / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    emulator = Emulator(folder, free_port())
    emulator.start()
    try:
        stage_locally(emulator, folder, "bench")
        bench(functions.RYDES, {**emulator.environment(), "STAGE": "bench"}, ROOT / "target" / "bench")
    finally:
        emulator.stop()


def stage_locally(emulator: Emulator, folder: Path, stage: str) -> None:
    """Deploys copies of the templates, beside which the functions are those built for this machine."""
    copies = LOCAL / "infra"
    for original in (INFRA, ROOT / "statemachines"):
        shutil.rmtree(LOCAL / original.name, ignore_errors=True)
        shutil.copytree(original, LOCAL / original.name)
    instance = emulator.record.read_text()
    Deployment(stage, "x86_64", emulator.environment(), folder).deploy(copies, instance)


def cargo(*arguments: str, env: dict[str, str] = {}) -> None:
    ended = subprocess.run(["cargo", *arguments], cwd=ROOT, env={**os.environ, **env})
    if ended.returncode:
        raise say.Stop(f"cargo {arguments[0]} failed: see its messages above")


if __name__ == "__main__":
    main()
