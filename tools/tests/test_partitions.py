"""Programs, too, run in any partition: none has a partition or a DNS suffix written out."""

import re
import subprocess

from wild_rydes.cfn_lint_rules.portability import PARTITION
from wild_rydes.paths import ROOT

PROGRAMS = ("apps/*/src/*.rs", "crates/*/src/*.rs", "functions/*/src/*.rs")
# A service's principal has the same name in every partition.
PRINCIPAL = re.compile(r'"[a-z-]+\.amazonaws\.com"')
NOT_DEPLOYED = re.compile(r"crates/function-testkit/|/tests?\.rs$|/tests/|/bad_input\.rs$")


def test_no_program_has_a_partition_or_a_dns_suffix() -> None:
    files = subprocess.check_output(["git", "ls-files", *PROGRAMS], cwd=ROOT, text=True).splitlines()
    assert len(files) > 100
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in files
        if not NOT_DEPLOYED.search(name)
        for number, line in enumerate(program((ROOT / name).read_text()).splitlines(), 1)
        if PARTITION.search(PRINCIPAL.sub("", line)) and not line.strip().startswith("//")
    ]
    assert found == []


def program(text: str) -> str:
    """A file without its unit tests."""
    return text.partition("#[cfg(test)]")[0]
