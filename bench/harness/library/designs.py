"""The consumer of orders as each library has it: its program, and the lines that its user writes."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.library import lines
from harness.programs import Program
from harness.python_function import PythonFunction
from wild_rydes import artifacts, functions
from wild_rydes.paths import BENCH, ROOT

FOLDER = BENCH / "library"
BUILT = ROOT / "target" / "bench" / "library"
EVENTS = "library"
HANDLER = {"ours": "src/main.rs", "runtime": "src/main.rs", "powertools": "consumer.py", "powertools_conditional": "consumer.py"}


class Design(NamedTuple):
    # Its folder in bench/library, and its heading.
    folder: str
    heading: str

    @property
    def function(self) -> str:
        return f"library-{self.folder.replace('_', '-')}"

    @property
    def template(self) -> Path:
        return FOLDER / self.folder / "template.yaml"

    @property
    def handler(self) -> Path:
        return FOLDER / self.folder / HANDLER[self.folder]

    @property
    def python(self) -> PythonFunction:
        return PythonFunction(self.handler.parent, "consumer.handle", "powertools", ("aws-lambda-powertools", "boto3"))

    @property
    def is_python(self) -> bool:
        return self.handler.suffix == ".py"

    def program(self) -> Program:
        if self.is_python:
            command, env = self.python.command()
            return Program(self.folder, EVENTS, command, env, self.python.zipped())
        built = BUILT / self.function / "bootstrap"
        return Program(self.folder, EVENTS, [str(built)], {}, artifacts.zipped(built.read_bytes()))

    def lines(self) -> dict[str, int]:
        """The lines of the handler, and those of the template."""
        return {"handler": lines.counted(self.handler), "template": lines.counted(self.template)}


OURS = Design("ours", "lambda-messaging")
DESIGNS: Sequence[Design] = (
    OURS,
    Design("runtime", "Rust runtime"),
    Design("powertools", "Powertools for Python"),
    Design("powertools_conditional", "Powertools' batches, own condition"),
)


def build() -> list[Program]:
    """The program of each design."""
    functions.build_library(BUILT)
    return [design.program() for design in DESIGNS]
