"""The methods of the APIs in a template, and their limits."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from wild_rydes.cfn_lint_rules._source import APIS, Properties, Source


class Method(NamedTuple):
    """A method of an API, the resource that declares it, and its settings in the API's stage."""

    api: str
    verb: str
    path: str
    authorization: str
    resource: str
    settings: dict[str, Any]


def methods(source: Source) -> Iterator[Method]:
    """Every method of every API."""
    for name, api in source.of(*APIS):
        known = settings(source, name, api)
        for verb, path, authorization, resource in declared(source, name, api):
            yield Method(name, verb, path, authorization, resource, known.get((verb, setting_path(path)), {}))


def settings(source: Source, name: str, api: Properties) -> dict[tuple[str, str], dict[str, Any]]:
    """The settings of an API's methods, by verb and path."""
    stages = {stage["RestApiId"]["Ref"]: stage for _, stage in source.of("AWS::ApiGateway::Stage")}
    return {(s["HttpMethod"], s["ResourcePath"]): s for s in stages.get(name, api).get("MethodSettings", [])}


def setting_path(path: str) -> str:
    """The form of a path that API Gateway wants in settings: a slash, and then the path with its slashes escaped."""
    return "/" + path.replace("/", "~1")


def declared(source: Source, name: str, api: Properties) -> Iterator[tuple[str, str, str, str]]:
    """The methods of one API: verb, path, authorization, and the resource that declares each."""
    for resource, method in source.of("AWS::ApiGateway::Method"):
        if method["RestApiId"] == {"Ref": name}:
            path = path_of(source, method["ResourceId"])
            yield method["HttpMethod"], path, method.get("AuthorizationType", "NONE"), resource
    for function, _, event in source.events("Api"):
        if event["RestApiId"] == {"Ref": name}:
            authorization = {**api.get("Auth", {}), **event.get("Auth", {})}
            authorizer = authorization.get("Authorizer", authorization.get("DefaultAuthorizer", "NONE"))
            yield event["Method"].upper(), event["Path"], authorizer, function


def path_of(source: Source, resource: dict[str, Any]) -> str:
    if "Ref" not in resource:
        return ""
    properties = source.resources[resource["Ref"]]["Properties"]
    return f"{path_of(source, properties['ParentId'])}/{properties['PathPart']}"
