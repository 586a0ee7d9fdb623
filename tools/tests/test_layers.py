"""Modules of the tools import what is below them."""

import ast
from pathlib import Path

from wild_rydes.paths import BENCH, TOOLS

PACKAGES = {"wild_rydes": TOOLS, "harness": BENCH}


def modules() -> dict[str, Path]:
    files = [(folder, file) for name, folder in PACKAGES.items() for file in (folder / name).rglob("*.py")]
    return {".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): file for folder, file in files}


MODULES = modules()


def imported(module: str) -> set[str]:
    """The modules of ours that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(module.split(".")[: -node.level]) if node.level else ""
            source = ".".join(part for part in (package, node.module) if part)
            found |= {source, *(f"{source}.{name.name}" for name in node.names)}
    return found & set(MODULES) - {module}


IMPORTS = {module: imported(module) for module in MODULES}


def arrows(source: str, target: str) -> list[str]:
    """The imports from modules of one package to modules of another."""
    return [
        f"{module} -> {other}"
        for module, others in IMPORTS.items()
        for other in others
        if module.startswith(source) and other.startswith(target)
    ]


def test_only_commands_import_commands() -> None:
    assert [arrow for arrow in arrows("wild_rydes", "wild_rydes.commands.") if not arrow.startswith("wild_rydes.commands.")] == []


def test_the_tools_know_nothing_of_the_benchmarks() -> None:
    assert arrows("harness", "wild_rydes.")
    assert arrows("wild_rydes", "harness") == []


def test_modules_for_other_environments_import_only_each_other() -> None:
    patches = "wild_rydes.emulator.patches"
    assert [arrow for arrow in arrows(f"{patches}.", "") if not arrow.split(" -> ")[1].startswith(patches)] == []
    others = ("harness.console_page.browser", "harness.memory_curves", "harness.observer", "harness.rest_client")
    for module in others:
        assert IMPORTS[module] <= {"harness", "harness.observer"}


def test_no_module_leads_back_to_itself() -> None:
    left = dict(IMPORTS)
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert sorted(left) == []
