"""The parameters of every stack of a stage.

CloudFormation keeps the last value of a parameter that a deployment doesn't pass, so a template's new default would never reach
an old stack. Therefore every parameter is passed: the template's default, unless the herd's own line in herd.instances.json, the
stage's own file or PARAMETERS has another value; the later one of these counts.
"""

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_rydes import console
from wild_rydes.paths import INFRA
from wild_rydes.stacks import Stack

FORM = re.compile(r"(\*|[A-Za-z0-9-]+):([A-Za-z0-9]+)=(.*)", re.DOTALL)
# Stands for every service that has the parameter.
EVERY = "*"
# Set by the commands themselves.
SET_OTHERWISE = {
    "Stage": "it is STAGE",
    "Architecture": "it is ARCH",
    "OnEmulator": "it follows from where the stage goes",
    "Release": "it is a digest of what is deployed",
}
Declared = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Setting:
    """A value for a parameter of a service, of one herd, or of all services; and where it was given."""

    service: str
    name: str
    value: str
    source: str

    def __str__(self) -> str:
        return f"{self.source}: {self.service}:{self.name}"


def stage_file(stage: str) -> Path:
    return INFRA / "stages" / f"{stage}.parameters"


def read(stage: str, given: str) -> tuple[list[Setting], list[str]]:
    """Reads the settings of the stage's own file and of PARAMETERS, in this order, and the faults in them."""
    file, settings, faults = stage_file(stage), [], []
    texts = {f"infra/stages/{file.name}": file.read_text()} if file.exists() else {}
    for source, text in {**texts, "PARAMETERS": given}.items():
        try:
            words = shlex.split(text, comments=True)
        except ValueError as error:
            faults.append(f"{source}: {error}")
            continue
        for word in words:
            if match := FORM.fullmatch(word):
                settings.append(Setting(match[1], match[2], match[3], source))
            else:
                faults.append(f"{source}: {word} is not of the form <service>:<Name>=<value>")
    return settings, faults


def merge(
    stacks: Sequence[Stack],
    declared: Declared,
    own: Mapping[str, str],
    settings: Sequence[Setting],
    faults: Sequence[str] = (),
    defaults: Mapping[str, str] | None = None,
) -> dict[str, dict[str, str]]:
    """Every parameter of every stack, by the stack's name; stops if anything is wrong, and names all that is. `own` has the
    parameters that are the same for all stacks and that nobody else may set, `defaults` those that replace a template's."""
    found = [*faults, *(fault for setting in settings for fault in _unknown(setting, stacks, declared))]
    merged = {}
    for stack in stacks:
        parameters = declared[stack.template.stem]
        values = {name: str(about["Default"]) for name, about in parameters.items() if "Default" in about}
        values |= {name: value for name, value in (defaults or {}).items() if name in parameters}
        sources = dict.fromkeys(parameters, f"infra/{stack.template.name}")
        for name, value, source in [
            *((name, value, f"infra/{stack.template.stem}.instances.json") for name, value in stack.parameters.items()),
            *((setting.name, setting.value, setting.source) for setting in settings if _is_for(setting, stack)),
            *((name, value, "") for name, value in own.items()),
        ]:
            if name in parameters:
                values[name], sources[name] = value, source
        found += [
            f"{sources[name]}: {stack.name}:{name} {fault}"
            for name in parameters
            for fault in _refused(parameters[name], values.get(name))
        ]
        merged[stack.name] = values
    if found:
        # Each herd has the same fault in what they share.
        raise console.Stop("these parameters can't be passed:\n  " + "\n  ".join(dict.fromkeys(found)))
    return merged


def nearest(word: str, names: Sequence[str]) -> str:
    """The name that was probably meant, as the end of a message; all names if none is near."""
    by_form = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower(), by_form, 1, cutoff=0.7)
    return f"did you mean {by_form[near[0]]}?" if near else f"known are {', '.join(sorted(names))}"


def _is_for(setting: Setting, stack: Stack) -> bool:
    return setting.service in (EVERY, stack.template.stem, stack.name)


def _unknown(setting: Setting, stacks: Sequence[Stack], declared: Declared) -> Iterator[str]:
    """The fault of a setting that no stack would take."""
    of = [stack for stack in stacks if _is_for(setting, stack)]
    services = sorted({name for stack in stacks for name in (stack.template.stem, stack.name)})
    names = sorted({name for stack in of for name in declared[stack.template.stem]} - set(SET_OTHERWISE))
    if not of:
        yield f"{setting}: there is no service {setting.service}; {nearest(setting.service, services)}"
    elif setting.name in SET_OTHERWISE:
        yield f"{setting} can't be set here: {SET_OTHERWISE[setting.name]}"
    elif setting.name not in names:
        no = "no service has a" if setting.service == EVERY else f"{setting.service} has no"
        yield f"{setting}: {no} parameter {setting.name}; {nearest(setting.name, names)}"
    elif named := [stack for stack in of if setting.name == "Name" and stack.parameters]:
        yield f"{setting} can't be set here: it is the name in infra/{named[0].template.stem}.instances.json"


def _refused(about: Mapping[str, Any], value: str | None) -> Iterator[str]:
    """The reason why CloudFormation would refuse a value, after it had deployed other stacks."""
    if value is None:
        yield "has no value and no default"
        return
    if value not in about.get("AllowedValues", [value]):
        yield f"is {value!r}, which is none of {', '.join(about['AllowedValues'])}"
    if not re.fullmatch(about.get("AllowedPattern", ".*"), value, re.DOTALL):
        yield f"is {value!r}, which the pattern {about['AllowedPattern']} doesn't match"
    if about.get("Type") == "Number":
        yield from _no_number(about, value)


def _no_number(about: Mapping[str, Any], value: str) -> Iterator[str]:
    try:
        number = float(value)
    except ValueError:
        yield f"is {value!r}, which is no number"
        return
    if number < float(about.get("MinValue", number)):
        yield f"is {value}, and {about['MinValue']} is the least"
    if number > float(about.get("MaxValue", number)):
        yield f"is {value}, and {about['MaxValue']} is the most"
