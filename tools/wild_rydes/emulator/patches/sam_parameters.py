"""The parameters of a deployment, as the SAM transform sees them. ministack transforms a template with its defaults alone, so
that a condition of SAM's own, or a digest of what is released, could not come from a parameter. Each function here takes the
function of ministack or SAM that it replaces, and gives the replacement.
"""

import contextvars
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import engine

Template = dict[str, Any]
given: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar("given")


def apply(original: Callable[..., Template]) -> Callable[..., Template]:
    def transforms(template: Template, provided: Any = None, previous: Any = None) -> Template:
        before = given.set(engine._transform_parameters(template, provided, previous))
        try:
            return original(template, provided, previous)
        finally:
            given.reset(before)

    return transforms


def transform(original: Callable[..., Template]) -> Callable[..., Template]:
    def with_parameters(template: Template, _: Mapping[str, Any], policies: object) -> Template:
        return original(template, dict(given.get({})), policies)

    return with_parameters
