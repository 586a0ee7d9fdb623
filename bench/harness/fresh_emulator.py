"""Runs a benchmark against an emulator that nothing else uses."""

from collections.abc import Callable
from pathlib import Path

from wild_rydes import functions
from wild_rydes.paths import LOCAL, ROOT
from wild_rydes.stages import fresh, stage_locally


def measure(benchmark: Callable[[Path, dict[str, str], Path], None]) -> None:
    functions.build_for_here()
    folder = LOCAL / "bench"
    with fresh(folder, {}) as emulator:
        stage_locally(emulator, folder, "bench")
        benchmark(functions.RYDES, {**emulator.environment(), "STAGE": "bench"}, ROOT / "target" / "bench")
