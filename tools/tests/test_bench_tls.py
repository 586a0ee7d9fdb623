import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from harness import certificates, cpu_share
from harness.aws import Aws


def test_the_stand_in_for_aws_speaks_tls_which_only_those_trust_that_have_its_root(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with Aws(made) as aws:
        trusting = ssl.create_default_context(cafile=str(made.root))
        with urllib.request.urlopen(f"{aws.url}/bucket/key", context=trusting) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{aws.url}/bucket/key", context=ssl.create_default_context())
        assert aws.calls() == {"GET object": 1}


def test_a_bundle_has_the_run_s_root_beside_the_others(tmp_path: Path) -> None:
    made = certificates.Certificates(tmp_path / "root.pem", tmp_path / "chain.pem", tmp_path / "server.key")
    made.root.write_text("root")
    others = tmp_path / "others.pem"
    others.write_text("others")
    assert made.bundle(others).read_text().split() == ["others", "root"]


def test_a_function_has_a_core_s_share_in_proportion_to_its_memory() -> None:
    assert [round(cpu_share.of_memory(memory), 3) for memory in cpu_share.MEMORY_SIZES] == [0.072, 0.145, 0.289, 0.579, 1]
    assert cpu_share.of_memory(3008) == 1
