"""What is deployed, as AWS has it; and a service that is deployed for a while, as another team would."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).parent / "service.py"


@contextmanager
def added_service(name: str) -> Iterator[None]:
    stack = f"wild-rydes-{os.environ['STAGE']}-{name}"
    command = [os.environ["SAM_PYTHON"], str(SCRIPT)]
    subprocess.run([*command, "deploy", stack], check=True)
    try:
        yield
    finally:
        subprocess.run([*command, "delete", stack], check=True)


def state_of_mapping(mapping: str) -> str:
    """The state of an event source mapping."""
    script = "import boto3, sys; print(boto3.client('lambda').get_event_source_mapping(UUID=sys.argv[1])['State'])"
    return subprocess.check_output([os.environ["SAM_PYTHON"], "-c", script, mapping], text=True).strip()
