"""Every parameter is passed, and everything that can't be is refused, all at once."""

from pathlib import Path

import pytest

from wild_rydes import console, parameters
from wild_rydes.parameters import Declared, Setting, merge, nearest, read
from wild_rydes.stacks import Stack

STACKS = [
    Stack(Path("customer-loyalty.yaml"), "customer-loyalty"),
    Stack(Path("herd.yaml"), "herd-rainbow", {"Name": "rainbow", "PricePerKm": "1.80"}),
    Stack(Path("herd.yaml"), "herd-stardust", {"Name": "stardust"}),
]
STAGE = {"Type": "String"}
DECLARED: Declared = {
    "customer-loyalty": {
        "Stage": STAGE,
        "Bound": {"Type": "Number", "Default": "5", "MinValue": "2", "MaxValue": "1000"},
        "RetainData": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]},
    },
    "herd": {
        "Stage": STAGE,
        "Name": {"Type": "String"},
        "PricePerKm": {"Type": "String", "Default": "2.00", "AllowedPattern": "[0-9]+[.][0-9]{2}"},
        "RetainData": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]},
    },
}
OWN = {"Stage": "dev", "Architecture": "x86_64"}


def settings(*texts: str) -> list[Setting]:
    found = [parameters.FORM.fullmatch(text) for text in texts]
    return [Setting(match[1], match[2], match[3], "PARAMETERS") for match in found if match]


def faults(*texts: str) -> list[str]:
    with pytest.raises(console.Stop) as stopped:
        merge(STACKS, DECLARED, OWN, settings(*texts))
    return [line.strip().removeprefix("PARAMETERS: ") for line in str(stopped.value).splitlines()[1:]]


def test_every_parameter_has_its_default_unless_the_instance_has_another_value() -> None:
    assert merge(STACKS, DECLARED, OWN, []) == {
        "customer-loyalty": {"Bound": "5", "RetainData": "true", "Stage": "dev"},
        "herd-rainbow": {"PricePerKm": "1.80", "RetainData": "true", "Name": "rainbow", "Stage": "dev"},
        "herd-stardust": {"PricePerKm": "2.00", "RetainData": "true", "Name": "stardust", "Stage": "dev"},
    }


def test_the_later_setting_counts_and_may_be_for_one_stack_all_instances_or_every_service() -> None:
    given = settings(
        "*:RetainData=false", "herd:PricePerKm=3.00", "herd-stardust:PricePerKm=4.00", "customer-loyalty:RetainData=true"
    )
    merged = merge(STACKS, DECLARED, OWN, given)
    assert {name: values["RetainData"] for name, values in merged.items()} == {
        "customer-loyalty": "true",
        "herd-rainbow": "false",
        "herd-stardust": "false",
    }
    assert (merged["herd-rainbow"]["PricePerKm"], merged["herd-stardust"]["PricePerKm"]) == ("3.00", "4.00")


def test_all_that_is_unknown_is_refused_at_once_with_the_nearest_name() -> None:
    assert faults(
        "customer-loyality:Bound=3", "customer-loyalty:bounds=3", "*:RetianData=false", "herd:Stage=x", "herd:Name=y", "*:Name=z"
    ) == [
        "customer-loyality:Bound: there is no service customer-loyality; did you mean customer-loyalty?",
        "customer-loyalty:bounds: customer-loyalty has no parameter bounds; did you mean Bound?",
        "*:RetianData: no service has a parameter RetianData; did you mean RetainData?",
        "herd:Stage can't be set here: it is STAGE",
        "herd:Name can't be set here: it is the name in infra/herd.instances.json",
        "*:Name can't be set here: it is the name in infra/herd.instances.json",
    ]


def test_what_cloudformation_would_refuse_is_refused_before_anything_is_deployed() -> None:
    refused = ["customer-loyalty:Bound=1", "customer-loyalty:RetainData=no", "herd-rainbow:PricePerKm=cheap"]
    assert faults(*refused) == [
        "customer-loyalty:Bound is 1, and 2 is the least",
        "customer-loyalty:RetainData is 'no', which is none of true, false",
        "herd-rainbow:PricePerKm is 'cheap', which the pattern [0-9]+[.][0-9]{2} doesn't match",
    ]
    assert faults("customer-loyalty:Bound=many", "*:RetainData=false") == ["customer-loyalty:Bound is 'many', which is no number"]
    assert faults("customer-loyalty:Bound=1001") == ["customer-loyalty:Bound is 1001, and 1000 is the most"]


def test_a_parameter_without_a_value_is_named() -> None:
    declared: Declared = {**DECLARED, "customer-loyalty": {"Owner": {"Type": "String"}}}
    with pytest.raises(console.Stop, match="customer-loyalty:Owner has no value and no default"):
        merge(STACKS, declared, OWN, [])


def test_the_stages_own_file_comes_before_what_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "INFRA", tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "prod.parameters").write_text(
        "# The price list.\nherd:PricePerKm=3.00\noperations:OperatorEmail='a b@c.d'  # quoted\nnonsense\n"
    )
    found, wrong = read("prod", "herd:PricePerKm=4.00 x:Empty=")
    assert [(setting.source, setting.service, setting.value) for setting in found] == [
        ("infra/stages/prod.parameters", "herd", "3.00"),
        ("infra/stages/prod.parameters", "operations", "a b@c.d"),
        ("PARAMETERS", "herd", "4.00"),
        ("PARAMETERS", "x", ""),
    ]
    assert wrong == ["infra/stages/prod.parameters: nonsense is not of the form <service>:<Name>=<value>"]
    assert read("dev", "herd:PricePerKm='4") == ([], ["PARAMETERS: No closing quotation"])


def test_the_nearest_name_is_found_in_any_case_and_without_one_all_are_named() -> None:
    assert nearest("senderadress", ["SenderAddress", "Stage"]) == "did you mean SenderAddress?"
    assert nearest("xyz", ["b", "a"]) == "known are a, b"
