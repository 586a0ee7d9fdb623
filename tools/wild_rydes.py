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
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import artifacts
import campaigns
import chaos as fault_runs
import containers
import demo
import emulator_table
import end_to_end
import environments
import families
import functions
import fuzz as fuzzing
import limits as limit_runs
import quotas
import quotes
import say
import stacks
import steps
from bench import parts
from emulator import Emulator, free_port
from families import Place
from localstripe import LocalStripe
from stacks import INFRA, Deployment

ROOT = environments.ROOT
LOCAL = ROOT / ".local"
STACK_ENV = LOCAL / "stack.env"
# What the tests have to know of the embedded emulator.
FAMILY = {"EMULATOR": "ministack"}
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    options = parse()
    for end in ENDS:
        signal.signal(end, terminate)
    try:
        options.run(options)
    except say.Stop as stop:
        sys.exit(f"{say.RED}✗{say.END} {stop}")


def terminate(number: int, _: object) -> None:
    """A command that is ended still stops what it started, however often it is told to end: make passes on what the terminal has
    sent already. What it starts meanwhile must not ignore signals, so they are handled."""
    for end in ENDS:
        signal.signal(end, lambda *_: None)
    sys.exit(128 + number)


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
    command(test, "test", only={"default": ""}, release={"action": "store_true"})
    images, only, flag = {"default": ""}, {"default": ""}, {"action": "store_true"}
    command(test_containers, "test-containers", images=images, only=only, release=flag, few=flag, family={"default": ""}, **{"if-possible": flag})
    command(everything, "everything")
    command(prepare, "prepare")
    command(emulators, "emulators")
    command(lint, "lint")
    command(diagrams, "diagrams")
    command(access, "access")
    command(check_functions, "check-functions", arch=arch, few=flag)
    command(bench, "bench", only={"default": ""}, functions={"default": ""})
    command(bench_prebooking, "bench-prebooking")
    command(bench_rfq, "bench-rfq")
    command(chaos, "chaos", size={"choices": ["small", "full"], "default": "full"}, seed={"default": ""})
    command(limits, "limits", size={"choices": ["small", "full"], "default": "full"})
    command(fuzz, "fuzz", runs={"type": int, "default": 100_000}, input={"default": ""})
    command(install, "install", environment={"required": True})
    return parser.parse_args()


def up(options: argparse.Namespace) -> None:
    """Builds, starts the emulator, deploys every stack. What is up already stays, what hasn't changed is left alone."""
    started = time.monotonic()
    environments.check_prerequisites()
    emulator = Emulator.running(LOCAL)
    was_up = emulator is not None
    if was_up:
        emulator.wait()
    else:
        clear()
        emulator = Emulator(LOCAL, options.port)
        # Before the build, which takes minutes the first time.
        emulator.check_port()
    with environments.installing("ministack", "sam"):
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
    was_up = Emulator.running(LOCAL) is not None
    clear()
    say.line(f"{say.GREEN}✓{say.END} Wild Rydes is down" if was_up else "Wild Rydes was not up")


def clear() -> None:
    """Ends what an earlier command has started, and what is left of it, and forgets it."""
    emulator = Emulator.recorded(LOCAL)
    if emulator:
        emulator.stop()
    for gone in (STACK_ENV, LOCAL / "deployed.json"):
        gone.unlink(missing_ok=True)
    shutil.rmtree(LOCAL / "tmp", ignore_errors=True)


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


def test(options: argparse.Namespace) -> None:
    """Runs the end-to-end tests: against an emulator of their own, or the one that AWS_ENDPOINT_URL names, which stays."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        place = families.given(endpoint)
        folder = LOCAL / "given"
        shutil.rmtree(folder, ignore_errors=True)
        test_at(place, folder, build_for_tests(folder, options.release, few=False), options.only)
        return
    functions.build_for_here(functions.BROKEN_FOR_HERE)
    end_to_end.build()
    folder = LOCAL / "test"
    shutil.rmtree(folder, ignore_errors=True)
    # Retries of state machines wait a fiftieth of their time.
    emulator = Emulator(folder, free_port(), {"SFN_WAIT_SCALE": "0.02"})
    emulator.start()
    try:
        stage = own_stage("test")
        stage_locally(emulator, folder, stage)
        place = Place(families.families()["ministack"], "ministack, embedded", "embedded", emulator.endpoint, FAMILY)
        run_tests(place, stage, LOCAL / INFRA.name, functions.BROKEN_FOR_HERE, options.only)
    finally:
        emulator.stop()


def test_containers(options: argparse.Namespace) -> None:
    """Runs the end-to-end tests against each of these emulators, in a container of its own."""
    images = containers.images(options.images, options.family)
    if not images:
        why = f"none of the images is of {options.family}'s family"
        if not options.if_possible:
            raise say.Stop(f"there are no tests against emulators in containers: {why}")
        say.line(f"  – the tests against emulators in containers are left out: {why}")
        return
    missing = containers.what_is_missing(images) if options.if_possible else containers.no_engine()
    if missing and options.if_possible:
        say.line(f"  – the tests against emulators in containers are left out: {missing}")
        return
    if missing:
        raise say.Stop(f"there are no tests against emulators in containers: {missing}")
    for image in images:
        if options.if_possible and (why := containers.too_late(image)):
            say.line(f"  – the tests against {image} are left out: {why}")
            continue
        folder = LOCAL / "containers" / re.sub("[^a-z0-9.]+", "-", image)
        shutil.rmtree(folder, ignore_errors=True)
        built = build_for_tests(folder, options.release, options.few)
        with containers.Container(image, folder) as place:
            test_at(place, folder, built, options.only)


def build_for_tests(folder: Path, release: bool, few: bool) -> tuple[Path, Path]:
    """Builds functions, client and tests for an emulator in a container; gives the folder of templates that lead to the functions,
    and that of the builds that are broken on purpose."""
    end_to_end.build()
    if release:
        functions.build_for_here()
        functions.build_for_aws(functions.ARCH, folder / "builds")
        return INFRA, folder / "builds"
    return functions.build_for_containers(folder, few)


def test_at(place: Place, folder: Path, built: tuple[Path, Path], only: str) -> None:
    """Deploys what was built, and runs the tests."""
    templates, builds = built
    stage = own_stage("test")
    place.make_ready()
    Deployment(stage, functions.ARCH, place.environment(), folder, place.family.facts["parameters"]).deploy(templates, None)
    run_tests(place, stage, templates, builds, only)


def own_stage(name: str) -> str:
    """A stage that nobody else on this machine has. Tests find, count and kill the processes of functions by it, and those in other
    containers are among them; and what others have left behind at an emulator isn't of this stage."""
    return f"{name}{uuid.uuid4().hex[:8]}"


def run_tests(place: Place, stage: str, templates: Path, builds: Path, only: str) -> None:
    """Runs the end-to-end tests against what is deployed, and keeps what was seen of the emulator."""
    with LocalStripe() as stripe:
        env = {"STAGE": stage, "RYDES": str(functions.RYDES), "STRIPE_URL": stripe.url}
        # For the test that deploys one more herd.
        env |= {"SAM": str(environments.bin_of("sam") / "sam"), "HERD_TEMPLATE": str(templates / "herd.yaml"), **environments.SAM_ON_EMULATOR}
        # For those that deploy a broken build.
        env["BUILDS"] = str(builds)
        seen = end_to_end.run(place, env, only)
    if seen:
        emulator_table.keep(seen)


def everything(_: argparse.Namespace) -> None:
    """Runs all tests, step by step."""
    steps.run(steps.everything())


def prepare(_: argparse.Namespace) -> None:
    """Installs the tools, and builds functions, client and tests: what `make test` needs."""
    environments.check_prerequisites()
    with environments.installing("ministack", "sam", "lint", "localstripe"):
        functions.build_for_here(functions.BROKEN_FOR_HERE)
        end_to_end.build(*end_to_end.UNIT)


def emulators(_: argparse.Namespace) -> None:
    """Writes anew in the docs what each emulator honours, as the last runs have seen it."""
    emulator_table.write()


def chaos(options: argparse.Namespace) -> None:
    """Lets whatever can fail do so while there is load, and audits what came of it."""
    seed = fault_runs.seed_of(options.seed)
    say.line(f"  seed {seed}; the same again: make chaos SIZE={options.size} SEED={seed}")
    sizes = {name: str(count) for name, count in fault_runs.SIZES[options.size].items()}
    with behind_proxy("chaos", seed, {"SFN_WAIT_SCALE": "0.2"}) as env:
        env |= {"SEED": str(seed), **sizes}
        # While nothing fails and nobody else is there, what a ride takes is counted.
        run_by_itself("chaos", "calls::", env=env)
        run_by_itself("chaos", "--skip", "calls::", "--nocapture", env=env)


def limits(options: argparse.Namespace) -> None:
    """Sends more than AWS's quotas allow while they are enforced, and audits what came of it."""
    concurrency = {"LAMBDA_ACCOUNT_CONCURRENCY": str(quotas.concurrency("sandbox"))}
    with behind_proxy("limits", 0, concurrency) as env:
        # What clients were told in any of the runs is audited after each.
        env |= {**concurrency, "JOURNAL": str(LOCAL / "limits" / "told.jsonl")}
        for load in limit_runs.SIZES[options.size]:
            say.line(f"  {load}")
            run_by_itself("limits", "--nocapture", env={**env, **load.environment()})


@contextmanager
def behind_proxy(name: str, seed: int, settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """Deploys to an emulator of its own, whose functions take the fault proxy for AWS; gives what its tests have to know."""
    functions.build_for_here(functions.BROKEN_FOR_HERE)
    end_to_end.build()
    folder, port = LOCAL / name, free_port()
    shutil.rmtree(folder, ignore_errors=True)
    with fault_runs.FaultProxy(port, seed) as proxy:
        # The functions' calls go through the proxy; everybody else's go straight to the emulator.
        emulator = Emulator(folder, port, {"AWS_ENDPOINT_URL": proxy.url, **settings})
        emulator.start()
        try:
            stage = own_stage(name)
            stage_locally(emulator, folder, stage)
            env = {**emulator.environment(), **FAMILY, "STAGE": stage, "RYDES": str(functions.RYDES), "FAULTS": proxy.url}
            yield {**env, "BUILDS": str(functions.BROKEN_FOR_HERE)}
        finally:
            emulator.stop()


def fuzz(options: argparse.Namespace) -> None:
    """Gives every parser so many inputs, or the one input again that was found to be one too many."""
    if options.input:
        fuzzing.replay(Path(options.input))
    else:
        fuzzing.run(options.runs)


def lint(_: argparse.Namespace) -> None:
    """Checks every template with cfn-lint and with SAM, what none may lack, every state machine, who may do what, and emulators."""
    templates = sorted(INFRA.glob("*.yaml"))
    cfn_lint = environments.bin_of("lint") / "cfn-lint"
    if subprocess.run([cfn_lint, *templates]).returncode:
        raise say.Stop("cfn-lint found faults in the templates: see above")
    sam = environments.bin_of("sam") / "sam"
    env = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", **environments.SAM}

    def validate(template: Path) -> subprocess.CompletedProcess:
        return subprocess.run([sam, "validate", "--lint", "--template-file", template], env=env, capture_output=True, text=True)

    # Most of what takes SAM so long is its own start.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for template, checked in zip(templates, pool.map(validate, templates)):
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
    in_lint_environment("compose.py", "compose.yaml starts emulators otherwise than the tests do")
    emulator_table.check()
    say.line(f"  {say.GREEN}✓{say.END} emulators, as the tests, compose.yaml and the docs know them")


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
    """Builds for Lambda, and checks each function's size and what it links against: all of them, or a few."""
    if options.few:
        # Their sizes say which.
        functions.build_for_here()
    names = functions.a_few() if options.few else functions.names()
    say.line(f"  {len(names)} of {len(functions.names())} functions: {', '.join(names)}")
    functions.build_for_aws(options.arch, only=names)
    artifacts.check(functions.FOR_AWS, names)


def bench(options: argparse.Namespace) -> None:
    """Measures what there is beside what one would compare it with: all parts, or only these."""
    environments.check_prerequisites()
    parts.run(options.only.split(), options.functions.split())


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
    instance = emulator.record.read_text()
    Deployment(stage, "x86_64", emulator.environment(), folder).deploy(functions.copy_templates(LOCAL), instance)


def run_by_itself(target: str, *arguments: str, env: dict[str, str]) -> None:
    """Runs tests that need a deployment in a state of their own."""
    ended = subprocess.run([end_to_end.program(target), *arguments], cwd=end_to_end.PACKAGE, env={**os.environ, **env})
    if ended.returncode:
        raise say.Stop(f"make {target} failed: see its messages above")


if __name__ == "__main__":
    main()
