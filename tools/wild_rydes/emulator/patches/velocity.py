"""The part of Apache Velocity that templates of API Gateway need: references, #set, #if, #elseif, #else, #foreach, comparisons,
and the methods of Java's strings and maps that the templates call. Null is empty, as it is at API Gateway.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

DIRECTIVE = re.compile(r"#\{?(set|if|elseif|else|end|foreach)\b\}?\s*")
IDENTIFIER = re.compile(r"[A-Za-z][\w-]*")
LITERAL = re.compile(r"'([^']*)'|(-?\d+)|(true|false)\b")
COMPARISON = re.compile(r"\s*(==|!=|>=|<=|>|<)")
COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}
METHODS: dict[tuple[type, str], Callable[..., Any]] = {
    (str, "length"): len,
    (str, "matches"): lambda text, pattern: re.fullmatch(pattern, text) is not None,
    (str, "contains"): lambda text, part: part in text,
    (dict, "get"): lambda entries, key: entries.get(key),
    (dict, "keySet"): list,
}


def render(template: str, names: dict[str, Any]) -> str:
    """The template's text; what it sets is set in `names`."""
    return Rendering(template, names).block(True)[0]


def is_true(value: Any) -> bool:
    """The truth of a value in Velocity 1.7, where an empty string is true."""
    return value is not None and value is not False


def written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Rendering:
    """A template, and how far it has been rendered."""

    def __init__(self, text: str, names: dict[str, Any]) -> None:
        self.text, self.names, self.at = text, names, 0

    def block(self, active: bool) -> tuple[str, str]:
        """Renders what comes before the directive that ends a block, and gives its name, too."""
        out: list[str] = []
        while self.at < len(self.text):
            if directive := self.take(DIRECTIVE):
                match directive[1]:
                    case "set":
                        self.set(active)
                    case "if":
                        out.append(self.branches(active))
                    case "foreach":
                        out.append(self.foreach(active))
                    case ending:
                        return "".join(out), ending
            elif self.text[self.at] == "$" and IDENTIFIER.match(self.text, self.at + 1):
                out.append(written(self.reference()))
            else:
                out.append(self.text[self.at])
                self.at += 1
        return "".join(out), ""

    def branches(self, active: bool) -> str:
        self.expect("(")
        holds = is_true(self.alternative())
        self.expect(")")
        text, ending = self.block(active and holds)
        text = text if active and holds else ""
        match ending:
            case "elseif":
                return text + self.branches(active and not holds)
            case "else":
                otherwise, _ = self.block(active and not holds)
                return text + (otherwise if active and not holds else "")
        return text

    def foreach(self, active: bool) -> str:
        self.expect("(", "$")
        name = self.identifier()
        self.expect("in")
        items = list(self.alternative() or []) if active else []
        self.expect(")")
        start, out = self.at, []
        for item in items:
            self.at, self.names[name] = start, item
            out.append(self.block(True)[0])
        if not items:
            self.block(False)
        return "".join(out)

    def set(self, active: bool) -> None:
        self.expect("(", "$")
        path = [self.identifier()]
        while self.text.startswith(".", self.at):
            self.at += 1
            path.append(self.identifier())
        self.expect("=")
        value = self.alternative()
        self.expect(")")
        # Null leaves what was there.
        if active and value is not None:
            *owners, last = path
            owner = self.names
            for name in owners:
                owner = owner[name]
            owner[last] = value

    # ---- expressions ------------------------------------------------------------------------------------------------

    def alternative(self) -> Any:
        value = self.conjunction()
        while self.taken("||"):
            other = self.conjunction()
            value = is_true(value) or is_true(other)
        return value

    def conjunction(self) -> Any:
        value = self.comparison()
        while self.taken("&&"):
            other = self.comparison()
            value = is_true(value) and is_true(other)
        return value

    def comparison(self) -> Any:
        value = self.operand()
        if sign := self.take(COMPARISON):
            other = self.operand()
            comparable = value is not None and other is not None
            value = COMPARE[sign[1]](value, other) if comparable else sign[1] == "!=" and value is not other
        return value

    def operand(self) -> Any:
        self.blanks()
        if self.taken("!"):
            return not is_true(self.operand())
        if self.taken("("):
            value = self.alternative()
            self.expect(")")
            return value
        if literal := self.take(LITERAL):
            text, number, truth = literal.groups()
            return text if text is not None else int(number) if number else truth == "true"
        return self.reference()

    def reference(self) -> Any:
        self.expect("$")
        value = self.names.get(self.identifier())
        while self.text.startswith(".", self.at) and IDENTIFIER.match(self.text, self.at + 1):
            self.at += 1
            name = self.identifier()
            value = member(value, name, self.arguments() if self.text.startswith("(", self.at) else None)
        return value

    def arguments(self) -> list[Any]:
        self.expect("(")
        given: list[Any] = []
        while not self.taken(")"):
            given.append(self.alternative())
            self.taken(",")
        return given

    # ---- characters -------------------------------------------------------------------------------------------------

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
        return found

    def identifier(self) -> str:
        if found := self.take(IDENTIFIER):
            return found[0]
        raise self.fault("a name")

    def fault(self, what: str) -> ValueError:
        return ValueError(f"no {what} at {self.at} of the template: {self.text[self.at : self.at + 40]}")

    def blanks(self) -> None:
        while self.text.startswith(" ", self.at):
            self.at += 1

    def taken(self, sign: str) -> bool:
        self.blanks()
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) * there
        return there

    def expect(self, *signs: str) -> None:
        for sign in signs:
            if not self.taken(sign):
                raise self.fault(sign)


def member(value: Any, name: str, arguments: list[Any] | None) -> Any:
    """A property, or what a method gives; null if there is no such thing."""
    if arguments is None:
        return value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and callable(value.get(name)):
        return value[name](*arguments)
    method = METHODS.get((type(value), name))
    return method(value, *arguments) if method else None
