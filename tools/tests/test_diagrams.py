"""State machines are drawn with every way through them."""

from typing import Any

from wild_rydes.templates.diagrams import diagram


def task(following: str, *catchers: tuple[list[str], str], **more: Any) -> dict[str, Any]:
    caught = [{"ErrorEquals": errors, "Next": target} for errors, target in catchers]
    return {"Type": "Task", "Resource": "arn:${Partition}:states:::sqs:sendMessage", "Next": following, "Catch": caught, **more}


ANYTHING = ["States.ALL"]


def drawn(**states: dict[str, Any]) -> list[str]:
    return [line.strip() for line in diagram({"StartAt": next(iter(states)), "States": states}).splitlines()]


def test_a_caught_error_is_a_dotted_line_with_its_name() -> None:
    lines = drawn(
        Pay=task("Done", (["Refused", "DynamoDB.Busy"], "Undo"), (ANYTHING, "Fail")),
        Done={"Type": "Succeed"},
        Undo={"Type": "Fail"},
    )
    assert 'Pay["Pay<br/><small>sqs:sendMessage</small>"]' in lines
    assert "Pay --> Done" in lines
    assert 'Pay -. "Refused, Busy" .-> Undo' in lines
    assert 'Pay -. "anything else" .-> Fail' in lines
    assert "class Undo failure" in lines


def test_a_state_that_goes_on_after_any_error_is_one_line() -> None:
    lines = drawn(Tell=task("Done", (ANYTHING, "Done")), Done={"Type": "Succeed"})
    assert 'Tell -- "in any case" --> Done' in lines
    assert not [line for line in lines if "-." in line]


def test_a_target_of_many_errors_has_one_line_from_a_list() -> None:
    lines = drawn(**{name: task("Done", (ANYTHING, "Park")) for name in ("A", "B", "C")}, D=task("Done", (ANYTHING, "Fail")))
    assert 'rest1["anything else in<br/>A<br/>B<br/>C"] -.-> Park' in lines
    assert 'D -. "anything" .-> Fail' in lines
    assert "class rest1 rest" in lines


def test_choices_compensations_and_ends_are_drawn() -> None:
    choice = {"Type": "Choice", "Choices": [{"StringEquals": "PAID", "Next": "End"}], "Default": "Undo"}
    lines = drawn(Ask=choice, Undo=task("End", Comment="Compensation of the question"), End={"Type": "Pass", "End": True})
    assert 'Ask -- "PAID" --> End' in lines
    assert 'Ask -- "otherwise" --> Undo' in lines
    assert "End --> done" in lines
    assert "class Undo compensation" in lines
