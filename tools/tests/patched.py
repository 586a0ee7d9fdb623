"""Helpers for the tests of replacements in ministack."""

import importlib
import sys
import types
from unittest import mock


def load(name: str, service: str) -> types.ModuleType:
    """A module that patches one of ministack's services, beside an empty one in its place: ministack is installed in an environment of
    its own."""
    patch = f"wild_rydes.emulator.patches.{name}"
    modules = {name: types.ModuleType(name) for name in ("ministack", "ministack.services")}
    setattr(modules["ministack.services"], service, types.SimpleNamespace())
    with mock.patch.dict(sys.modules, modules):
        sys.modules.pop(patch, None)
        return importlib.import_module(patch)
