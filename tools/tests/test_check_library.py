"""The check of the crates that other projects use: features one by one, and the oldest Rust that they need."""

from typing import Any

from wild_rydes.commands.check_library import features, newer_than_stated


def package(name: str, rust: str | None) -> dict[str, Any]:
    return {"id": name, "name": name, "rust_version": rust}


def needs(name: str, *needed: str, kind: str | None = None) -> dict[str, Any]:
    return {"id": name, "deps": [{"pkg": other, "dep_kinds": [{"kind": kind}]} for other in needed]}


def metadata(packages: list[dict[str, Any]], *nodes: dict[str, Any]) -> dict[str, Any]:
    return {"packages": packages, "resolve": {"nodes": nodes}}


def test_each_feature_is_checked_alone_and_none_once() -> None:
    assert features({"features": {"default": ["b", "a"], "b": ["a"], "a": []}}) == ["", "a", "b"]
    assert features({"features": {}}) == [""]


def test_a_dependency_that_needs_a_newer_rust_is_found_however_deep() -> None:
    tree = metadata(
        [package("ours", "1.94.1"), package("near", "1.85"), package("deep", "1.95")],
        needs("ours", "near"),
        needs("near", "deep"),
        needs("deep"),
    )
    assert newer_than_stated(tree, ["ours"]) == ["ours says Rust 1.94.1, and deep needs 1.95"]


def test_the_same_rust_an_unknown_one_and_a_dependency_of_tests_are_no_faults() -> None:
    same = metadata(
        [package("ours", "1.94.1"), package("a", "1.94.1"), package("b", None)], needs("ours", "a", "b"), needs("a"), needs("b")
    )
    assert newer_than_stated(same, ["ours"]) == []
    tests = metadata([package("ours", "1.94.1"), package("a", "1.99")], needs("ours", "a", kind="dev"), needs("a"))
    assert newer_than_stated(tests, ["ours"]) == []
