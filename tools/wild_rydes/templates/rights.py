"""The rights in the policies of the templates."""

import re
from typing import Any

Rights = set[tuple[str, str]]


def branches(value: object) -> list[Any]:
    """The values that a template's value can have on AWS: each of a list's, and those of each condition."""
    match value:
        case {"Fn::If": ["IsOnEmulator", _, otherwise]}:
            return branches(otherwise)
        case list():
            return [branch for element in value for branch in branches(element)]
        case {"Fn::If": [_, *either]}:
            return [branch for each in either for branch in branches(each)]
        case {"Ref": "AWS::NoValue"}:
            return []
    return [value]


def identity(value: object) -> str:
    """The resource that a template's value names, be it by name, URL or ARN."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return name
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return f"{name}'s stream"
        case {"Fn::ImportValue": {"Fn::Sub": export}}:
            return re.sub(r"(Url|Arn)$", "", export.removeprefix("wild-rydes-${Stage}-"))
        case {"Fn::Sub": str(text)}:
            # Partition, region and account are the same in every ARN here.
            place = r"^arn:\$\{AWS::Partition\}:[a-z-]+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:"
            return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", re.sub(place, "", text))
    return str(value)


def inline_policies(role: dict[str, Any]) -> Rights:
    """The actions that a role's own policies allow, each with its resource."""
    return {right for policy in role["Properties"].get("Policies", []) for right in rights(policy)}


def rights(policy: dict[str, Any]) -> Rights:
    """The actions that a policy allows, each with its resource."""
    return {
        (action, identity(resource))
        for statement in branches(policy["PolicyDocument"]["Statement"])
        for action in branches(statement["Action"])
        for resource in branches(statement["Resource"])
    }
