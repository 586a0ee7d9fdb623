"""Tables of docs/scale.md are replaced, and nothing else."""

import json

import pytest

from wild_rydes import console
from wild_rydes.commands import scale
from wild_rydes.templates import stage


def block(name: str, table: str) -> str:
    return f"<!-- table of {name}, written by make scale -->\n\n{table}\n\n<!-- end of table -->\n"


def test_each_table_is_replaced_by_that_of_its_name() -> None:
    page = f"# Scale\n\n{block('steps', 'old')}\nProse.\n\n{block('quotas', 'old')}"
    tables = block("quotas", "new quotas") + block("steps", "new steps")
    expected = f"# Scale\n\n{block('steps', 'new steps')}\nProse.\n\n{block('quotas', 'new quotas')}"
    assert scale.shown(page, tables) == expected


def test_a_table_without_a_place_is_a_fault() -> None:
    with pytest.raises(console.Stop, match="differ in the tables of quotas"):
        scale.shown(block("steps", "old"), block("steps", "new") + block("quotas", "new"))


def test_the_stage_is_counted_with_each_of_its_herds() -> None:
    counted = stage.stage()
    herds = [source for source in counted["sources"] if source["function"] == "quote-instant-ride"]
    assert [herd["copies"] for herd in herds] == [3]
    assert counted == json.loads(stage.STAGE.read_text()), "run make scale"
    kinds = {source["function"]: source["kind"] for source in counted["sources"]}
    assert (kinds["process-payment"], kinds["publish-ride-completions"]) == ("fifo", "stream")
