"""The calls to AWS that a function makes, read from its program.

The AWS SDK for Rust runs each operation in a tracing span of its name, as "DynamoDB.PutItem", and the linker leaves out what
nothing reaches. So the operations whose names stand in a program are those that its code calls, in whichever crate.
"""

import json
import re
import subprocess
from pathlib import Path

from wild_rydes.paths import ROOT

SPAN = re.compile(r'debug_span!\(\s*"([^".]+\.)([^"]+)"')
# The services that IAM knows under another name than the SDK.
SERVICES = {"sfn": "states", "sesv2": "ses"}
# The actions of calls that have other names than their actions.
ACTIONS = {
    # A batch is allowed with the single.
    "sns:PublishBatch": {"sns:Publish"},
    "sqs:SendMessageBatch": {"sqs:SendMessage"},
    "sqs:ChangeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
    # The SDK's own, for directory buckets, which are of a kind that isn't used here.
    "s3:CreateSession": set(),
}
# A transaction asks for the actions of its parts. Which it has, their builders tell: each names itself where it complains.
TRANSACTION = "dynamodb:TransactWriteItems"
PARTS = {b"ConditionCheck": "ConditionCheckItem", b"Delete": "DeleteItem", b"Put": "PutItem", b"Update": "UpdateItem"}
BUILDER = re.compile(b"required when building (" + b"|".join(PARTS) + b")(?!Request)")


class Calls:
    """The calls that the SDKs of the functions know."""

    def __init__(self) -> None:
        command = ["cargo", "metadata", "--locked", "--format-version", "1"]
        packages = json.loads(subprocess.check_output(command, cwd=ROOT))["packages"]
        # The SDKs in this workspace's manifests. Those that SDKs use themselves, as STS for credentials, need no right of a role.
        ours = {need["name"] for package in packages if not package["source"] for need in package["dependencies"]}
        # Under what each service's spans begin with, the operations and what they are to IAM.
        self.known: dict[bytes, dict[bytes, str]] = {}
        for package in packages:
            if package["name"] in ours and package["name"].startswith("aws-sdk-"):
                sdk = package["name"].removeprefix("aws-sdk-")
                for source in (Path(package["manifest_path"]).parent / "src" / "operation").glob("*.rs"):
                    for service, operation in SPAN.findall(source.read_text()):
                        operations = self.known.setdefault(service.encode(), {})
                        operations[operation.encode()] = f"{SERVICES.get(sdk, sdk)}:{operation}"

    def actions(self, program: Path) -> set[str]:
        """The actions that a program's calls ask for."""
        text, calls = program.read_bytes(), set()
        for service, operations in self.known.items():
            for rest in text.split(service)[1:]:
                # The longest, as one name may begin with another.
                if named := max((name for name in operations if rest.startswith(name)), key=len, default=None):
                    calls.add(operations[named])
        actions = {action for call in calls - {TRANSACTION} for action in ACTIONS.get(call, {call})}
        if TRANSACTION in calls:
            actions |= {f"dynamodb:{PARTS[part]}" for part in BUILDER.findall(text)}
        return actions
