"""Helpers for the tests of replacements in ministack."""

import importlib
import sys
import types
from unittest import mock


def load(name: str, service: str) -> types.ModuleType:
    """Loads a patch for one of ministack's services, with an empty module in the service's place: ministack itself is installed
    in another environment."""
    patch = f"wild_rydes.emulator.patches.{name}"
    modules = {name: types.ModuleType(name) for name in ("ministack", "ministack.services")}
    setattr(modules["ministack.services"], service, types.SimpleNamespace())
    with mock.patch.dict(sys.modules, modules):
        sys.modules.pop(patch, None)
        return importlib.import_module(patch)
