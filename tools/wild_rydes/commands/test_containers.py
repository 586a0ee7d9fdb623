"""Runs the end-to-end tests against each of these emulators, in a container of its own."""

import argparse
import re
import shutil

from wild_rydes import console, end_to_end
from wild_rydes.emulator import containers
from wild_rydes.paths import LOCAL


def arguments(parser: argparse.ArgumentParser) -> None:
    for option in ("--images", "--only", "--profile"):
        parser.add_argument(option, default="")
    for flag in ("--release", "--few", "--if-possible"):
        parser.add_argument(flag, action="store_true")


def run(options: argparse.Namespace) -> None:
    images = containers.images(options.images, options.profile)
    if reason := obstacle(images, options.profile, options.if_possible):
        if not options.if_possible:
            raise console.Stop(f"there are no tests against emulators in containers: {reason}")
        console.line(f"  – the tests against emulators in containers are left out: {reason}")
        return
    for image in images:
        if options.if_possible and (why := containers.too_late(image)):
            console.line(f"  – the tests against {image} are left out: {why}")
            continue
        folder = LOCAL / "containers" / re.sub("[^a-z0-9.]+", "-", image)
        shutil.rmtree(folder, ignore_errors=True)
        built = end_to_end.build_for(folder, options.release, options.few)
        with containers.Container(image, folder) as target:
            end_to_end.deploy_and_run(target, folder, built, options.only)


def obstacle(images: list[str], profile: str, if_possible: bool) -> str | None:
    """The reason why there can be no tests."""
    if not images:
        return f"none of the images has the profile {profile}"
    # A run that asks for these tests fetches missing images.
    return containers.what_is_missing(images) if if_possible else containers.no_engine()
