"""The environment that functions find in a benchmark."""

from harness.settings import environment, of_template

TEMPLATE = """
Parameters:
  MinimumFare:
    Type: Number
    Default: 50
    Description: The fare from which a ride is extraordinary
  Currency:
    Type: String
    AllowedPattern: "[A-Z]{3}"
    Default: "EUR"
Resources:
  Function:
    Properties:
      Environment:
        Variables:
          MINIMUM_FARE: !Ref MinimumFare
          CURRENCY: !Ref Currency
          RIDES_TABLE_NAME: !Ref RidesTable
          TOPIC_ARN: !Ref Topic
"""


def test_a_setting_from_a_parameter_is_its_default_and_any_other_is_named_after_itself() -> None:
    assert of_template(TEMPLATE) == {
        "MINIMUM_FARE": "50",
        "CURRENCY": "EUR",
        "RIDES_TABLE_NAME": "rides",
        "TOPIC_ARN": "topic_arn",
    }


def test_what_a_function_parses_is_no_name() -> None:
    found = environment("http://localhost:1")
    assert found["MINIMUM_FARE"].isdecimal()
    assert found["MINIMUM_DISTANCE"].isdecimal()
    assert found["RIDES_TABLE_NAME"] == "rides"
    assert found["HERD_NAME"] == "rainbow"
