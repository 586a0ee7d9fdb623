"""Runs all tests, step by step."""

import argparse

from wild_rydes.steps import Run, Step

FEW_FUNCTIONS = "check-functions FEW=1"
STEPS = [
    Step("prepare", "install the tools, build functions and tests"),
    Step("test-containers-if-possible PROFILE=localstack", "end-to-end tests against LocalStack, in a container", beside=0),
    Step(FEW_FUNCTIONS, "the largest, the smallest and the changed functions as they go to Lambda", beside=19),
    Step("check-library", "the crates that others use: features, packages, documentation", beside=19),
    Step("test-life", "the life of a stage: failed deployments, changes, smoke runs, removals", beside=10),
    Step("test-new-project", "a project made with the library, and its own tests", beside=10),
    Step("test-labs", "the labs, done in a copy of the checkout, and their checks", beside=15),
    Step("lint-rust", "formatting, clippy, dependencies"),
    Step("lint-python", "formatting, lints and types of the tools"),
    Step("lint-workflows", "workflows"),
    Step("lint-templates", "templates, state machines, roles"),
    Step("lint-book", "the book and its links"),
    Step("test-unit", "unit and property tests, bad input, tests of the tools"),
    Step("test-e2e", "end-to-end tests against the embedded emulator"),
    Step("test-api", "both APIs against their OpenAPI documents"),
    Step("test-console IF_POSSIBLE=1", "the console in a browser, if there is one"),
    Step("test-chaos", "a small fault run, and its audit"),
    Step("test-library", "the examples against the packages of the library, outside of the repository"),
    Step(
        "test-containers-if-possible PROFILE=ministack FEW=1",
        "end-to-end tests against ministack, in a container",
        after=FEW_FUNCTIONS,
    ),
]


def run(_: argparse.Namespace) -> None:
    Run(STEPS).all()
