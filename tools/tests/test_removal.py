"""Stacks are deleted before those that they import from."""

import pytest

from wild_rydes import console
from wild_rydes.commands.undeploy import consequences
from wild_rydes.removal import chosen, imports, waves

IMPORTS = {
    "operations": [],
    "rides": ["operations"],
    "accounting": ["operations", "rides"],
    "fares": ["accounting", "operations"],
    "loyalty": ["operations", "rides"],
}


def test_a_stack_imports_from_the_stack_that_exports() -> None:
    exports = {
        "OperatorArn": {"stack": "operations", "imported_by": ["rides", "loyalty"]},
        "TopicArn": {"stack": "rides", "imported_by": ["loyalty"]},
        "OtherArn": {"stack": "rides", "imported_by": ["loyalty"]},
        "Unused": {"stack": "rides", "imported_by": []},
    }
    assert imports(["operations", "rides", "loyalty"], exports) == {
        "operations": [],
        "rides": ["operations"],
        "loyalty": ["operations", "rides"],
    }


def test_an_importer_that_is_no_part_of_the_stage_is_named_before_anything_goes() -> None:
    exports = {"OperatorArn": {"stack": "operations", "imported_by": ["billing-dev"]}}
    with pytest.raises(console.Stop, match="billing-dev, which is no part of the stage, imports OperatorArn of operations"):
        imports(["operations"], exports)


def test_a_stack_is_deleted_before_those_that_it_imports_from() -> None:
    assert waves(IMPORTS) == [["fares", "loyalty"], ["accounting"], ["rides"], ["operations"]]
    assert waves({}) == []


def test_stacks_that_import_from_each_other_are_named() -> None:
    with pytest.raises(console.Stop, match="each other, and can't be deleted: a, b"):
        waves({"a": ["b"], "b": ["a"], "c": ["a"]})


def test_some_stacks_can_be_chosen_if_nothing_else_needs_them() -> None:
    assert chosen(IMPORTS, []) == IMPORTS
    assert waves(chosen(IMPORTS, ["accounting", "fares"])) == [["fares"], ["accounting"]]


def test_an_unknown_stack_and_one_that_others_need_are_both_named() -> None:
    with pytest.raises(console.Stop) as stopped:
        chosen(IMPORTS, ["loyality", "rides"])
    assert str(stopped.value).splitlines() == [
        "nothing was deleted:",
        "  there is no stack loyality; did you mean loyalty?",
        "  rides exports what others import: delete accounting, loyalty first, or name them as well",
    ]


def test_what_goes_is_counted_and_what_stays_is_named() -> None:
    def resource(kind: str, name: str, stays: bool) -> dict[str, object]:
        return {"stack": "rides", "type": f"AWS::{kind}", "id": name, "stays": stays}

    table = "DynamoDB::Table"
    resources = [
        resource(table, "a", False),
        resource(table, "b", False),
        resource(table, "c", True),
        resource("IAM::Role", "d", False),
    ]
    assert list(consequences({"rides": resources}))[:3] == [
        "  1 stacks go: rides",
        "  with all that is in them: 1 other resource, 2 tables",
        "  stays: AWS::DynamoDB::Table c, of rides",
    ]


def test_data_that_would_stay_goes_on_demand() -> None:
    stacks = {"rides": [{"stack": "rides", "type": "AWS::DynamoDB::Table", "id": "rides-1", "stays": True}]}
    assert "  stays: AWS::DynamoDB::Table rides-1, of rides" in list(consequences(stacks))
    assert list(consequences(stacks, with_data=True))[1] == "  with all that is in them: 1 table"
