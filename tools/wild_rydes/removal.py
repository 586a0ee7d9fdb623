"""The order in which a stage's stacks can be deleted: each before those that it imports from."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from wild_rydes import console, parameters


def imports(names: Iterable[str], exports: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """The stacks that each of these imports from."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for name, export in exports.items():
        for importer in export["imported_by"]:
            if importer not in found:
                raise console.Stop(
                    f"{importer}, which is no part of the stage, imports {name} of {export['stack']}: delete it first"
                )
            found[importer].add(export["stack"])
    return {name: sorted(sources) for name, sources in found.items()}


def waves(imports: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The stacks wave by wave, from the names of the stacks that each imports from. Nothing that is left imports from a wave."""
    left = {name: set(sources) for name, sources in imports.items()}
    order = []
    while left:
        wave = sorted(name for name in left if not any(name in sources for other, sources in left.items() if other != name))
        if not wave:
            raise console.Stop(f"stacks import from each other, and can't be deleted: {', '.join(sorted(left))}")
        order.append(wave)
        for name in wave:
            del left[name]
    return order


def chosen(imports: Mapping[str, Collection[str]], only: Collection[str]) -> dict[str, Collection[str]]:
    """The stacks to delete, and what they import from: these or, if none is named, all. Stops if one of these isn't there, or if
    another stack still needs it."""
    if not only:
        return dict(imports)
    faults = [f"there is no stack {name}; {parameters.nearest(name, list(imports))}" for name in only if name not in imports]
    for name in only:
        needed = sorted(other for other, sources in imports.items() if name in sources and other not in only)
        if needed:
            faults.append(f"{name} exports what others import: delete {', '.join(needed)} first, or name them as well")
    if faults:
        raise console.Stop("nothing was deleted:\n  " + "\n  ".join(faults))
    return {name: imports[name] for name in only}
