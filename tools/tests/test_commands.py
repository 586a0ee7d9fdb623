"""Each command is a module, with a help text and what it needs."""

import importlib
import pkgutil
import re
import sys
from types import ModuleType

import pytest

from harness import commands as benchmarks
from wild_rydes import cli, commands
from wild_rydes.paths import ROOT

MODULES = [
    importlib.import_module(f"{package.__name__}.{found.name}")
    for package in (commands, benchmarks)
    for found in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_command_has_a_help_text_and_runs(module: ModuleType) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*(\n[^\n]+)*[.]", (module.__doc__ or "").strip().split("\n\n")[0])
    assert callable(module.run)


def test_a_command_is_called_as_its_module_with_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["wild_rydes", "check-functions", "--few", "--arch", "arm64"])
    options = cli.parse("", commands)
    assert (options.run.__module__, options.few, options.arch) == ("wild_rydes.commands.check_functions", True, "arm64")


def test_the_makefile_calls_only_commands_that_exist() -> None:
    called = re.findall(r"\$\((?:WILD_RYDES|BENCH)\) ([\w-]+)", (ROOT / "Makefile").read_text())
    known = {module.__name__.rsplit(".", 1)[1].replace("_", "-") for module in MODULES}
    assert called
    assert set(called) <= known
