"""Compares what each role allows with what its function does, and what each app may call with the methods that there are.

Run with the Python of the environment for checks, and with the folder of the built functions. Prints what is wrong, and fails if
anything is. `--table` prints who may do what instead.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_rydes.templates.calls import Calls
from wild_rydes.templates.reader import read, resources, templates
from wild_rydes.templates.rights import Rights, branches, identity, inline_policies, rights

# The actions that Lambda takes in a function's name.
FROM_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
FROM_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
# AWS allows it for all streams or for none.
FROM_ANY_STREAM = ("dynamodb:ListStreams", "*")
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
# The actions that Lambda takes in a function's name if X-Ray records its invocations. They have no resource.
TRACES = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# Calls that don't say on which resource, so that no environment variable does either, and what they may be allowed on. Whom
# an e-mail may come from is a condition; a task token tells its state machine.
WITHOUT_ADDRESS = {
    "ses:SendEmail": re.compile(r"\*"),
    "states:SendTaskSuccess": (of_state_machine := re.compile(r"stateMachine:[^*?]+")),
    "states:SendTaskFailure": of_state_machine,
    "states:SendTaskHeartbeat": of_state_machine,
}
# The calls of CodeDeploy while it moves an alias from one version to another.
RELEASES: Rights = {
    ("cloudwatch:DescribeAlarms", "*"),
    *(
        (f"lambda:{call}", "function:wild-rydes-${Stage}-*")
        for call in ("GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias")
    ),
}
ASSUMED_BY_LAMBDA = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def main() -> None:
    all_of_them = [Template(path) for path in templates()]
    if "--table" in sys.argv:
        print("\n\n".join(access(all_of_them)))
        return
    built, calls = Path(sys.argv[1]), Calls()
    faults: list[str] = []
    for template in all_of_them:
        for function in template.functions:
            faults += function.faults(calls.actions(built / function.program / "bootstrap"))
        faults += template.faults()
    if not any(template.functions for template in all_of_them):
        faults.append("there are no functions to check")
    if faults:
        sys.exit("\n".join(faults))


class Function:
    """A function of a template, and its role."""

    def __init__(self, template: str, name: str, there: dict[str, dict[str, Any]], common: dict[str, Any] | None = None) -> None:
        properties = {**(common or {}), **there[name]["Properties"]}
        self.name, self.program = name, properties["CodeUri"].rstrip("/").split("/")[-1]
        self.role_name = properties["Role"]["Fn::GetAtt"][0]
        self.role = there[self.role_name]["Properties"]
        self.allowed = inline_policies(there[self.role_name])
        self.where = f"{template}: {name}'s role"
        told = {identity(value) for value in branches([*properties.get("Environment", {}).get("Variables", {}).values()])}
        # A value can be made of several, as a list of queues is.
        self.told = told.union(*map(PLACEHOLDER.findall, told)) - {"Stage"}
        self.lambdas: Rights = {(action, identity(properties["LoggingConfig"]["LogGroup"])) for action in LOGS}
        self.lambdas |= {(action, "*") for action in TRACES if "Tracing" in properties}
        self.unknown_events = []
        for event in properties.get("Events", {}).values():
            match event:
                case {"Type": "SQS", "Properties": {"Queue": queue}}:
                    self.lambdas |= {(action, identity(queue)) for action in FROM_QUEUE}
                case {"Type": "DynamoDB", "Properties": {"Stream": stream, "DestinationConfig": {"OnFailure": failed}}}:
                    self.lambdas |= {(action, identity(stream)) for action in FROM_STREAM}
                    self.lambdas |= {FROM_ANY_STREAM, ("sqs:SendMessage", identity(failed["Destination"]))}
                case {"Type": "Api" | "Schedule"}:
                    pass
                case _:
                    self.unknown_events.append(event["Type"])

    def faults(self, called: set[str]) -> Iterator[str]:
        """The rights that the role needn't have, and the rights that it lacks, if the program's calls need these actions."""
        for action, resource in sorted(self.allowed - self.lambdas):
            if action not in called:
                yield f"{self.where} needn't have {action} on {resource}: no call in {self.program} asks for it"
            elif not (WITHOUT_ADDRESS[action].fullmatch(resource) if action in WITHOUT_ADDRESS else self.knows(resource)):
                yield f"{self.where} needn't have {action} on {resource}: no environment variable of {self.program} names it"
        for action in sorted(called - {action for action, _ in self.allowed}):
            yield f"{self.where} lacks {action}: a call in {self.program} asks for it"
        for action, resource in sorted(self.lambdas - self.allowed):
            yield f"{self.where} lacks {action} on {resource}: Lambda asks for it, for an event source or the log"
        for kind in self.unknown_events:
            yield f"{self.where}: roles.py doesn't know which actions Lambda needs for an event source {kind}"
        if "ManagedPolicyArns" in self.role:
            yield f"{self.where} has managed policies: write its actions down"
        if self.role["AssumeRolePolicyDocument"]["Statement"] != [ASSUMED_BY_LAMBDA]:
            yield f"{self.where} can be assumed by others than Lambda"

    def knows(self, resource: str) -> bool:
        """Tells whether an environment variable of the function names a resource, or the parts of its name."""
        parts = set(PLACEHOLDER.findall(resource)) - {"Stage"}
        # Secrets Manager adds six characters to a secret's ARN.
        secret = re.sub(r"^secret:(.+)-\?{6}$", r"\1", resource)
        return {resource, resource.split("/")[0], secret} & self.told != set() or (bool(parts) and parts <= self.told)


class Template:
    """The functions, roles and apps of a template, and their rights."""

    def __init__(self, path: Path) -> None:
        self.name, self.there = path.name, resources(path)
        common = read(path).get("Globals", {}).get("Function", {})
        self.functions = [Function(path.name, name, self.there, common) for name in self.all("AWS::Serverless::Function")]
        machines = self.all("AWS::Serverless::StateMachine").values()
        self.machine_roles = {machine["Role"]["Fn::GetAtt"][0] for machine in machines}
        self.other_roles = self.all("AWS::IAM::Role").keys() - {function.role_name for function in self.functions}
        self.apps = {name: rights(policy) for name, policy in self.all("AWS::IAM::ManagedPolicy").items()}

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        return {name: what.get("Properties", {}) for name, what in self.there.items() if what["Type"] == kind}

    def faults(self) -> Iterator[str]:
        """Roles that functions share, what is wrong with roles of no function, and with what apps may call."""
        shared = [function.role_name for function in self.functions]
        for function in self.functions:
            if shared.count(function.role_name) > 1:
                yield f"{function.where} is also another function's"
        # state_machines.py compares the roles of state machines with their steps.
        for role in sorted(self.other_roles - self.machine_roles):
            asked = RELEASES if self.is_for("codedeploy", role) else self.integrations(role)
            allowed = inline_policies(self.there[role])
            yield from (f"{self.name}: {role} lacks {action} on {what}" for action, what in sorted(asked - allowed))
            yield from (f"{self.name}: {role} needn't have {action} on {what}" for action, what in sorted(allowed - asked))
        methods = set(self.methods())
        for method in sorted(methods.union(*self.apps.values())):
            having, wanted = sum(method in app for app in self.apps.values()), int(method in methods)
            if having != wanted:
                yield f"{self.name}: {having} apps' policies have {method[0]} on {method[1]}, and not {wanted}"

    def is_for(self, service: str, role: str) -> bool:
        trust = self.there[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        return [statement["Principal"] for statement in trust] == [{"Service": f"{service}.amazonaws.com"}]

    def integrations(self, role: str) -> Rights:
        """The rights that API Gateway uses with a role: it sends to queues."""
        with_role = [
            method["Integration"]["Uri"]["Fn::Sub"]
            for method in self.all("AWS::ApiGateway::Method").values()
            if identity(method["Integration"].get("Credentials")) == role
        ]
        queues = [re.search(r":sqs:path/\$\{AWS::AccountId\}/\$\{(\w+)\.QueueName\}$", uri) for uri in with_role]
        return {("sqs:SendMessage", queue[1]) for queue in queues if queue}

    def methods(self) -> Iterator[tuple[str, str]]:
        """The right that each method of the template's APIs needs."""
        for method in self.all("AWS::ApiGateway::Method").values():
            yield invocation(method["RestApiId"], method["HttpMethod"], self.path(method["ResourceId"]))
        for function in self.all("AWS::Serverless::Function").values():
            for event in function.get("Events", {}).values():
                if event["Type"] == "Api":
                    api = event["Properties"]
                    yield invocation(api["RestApiId"], api["Method"], api["Path"])

    def path(self, resource: dict[str, Any]) -> str:
        if "Ref" not in resource:
            return ""
        properties = self.there[resource["Ref"]]["Properties"]
        return f"{self.path(properties['ParentId'])}/{properties['PathPart']}"


def invocation(api: dict[str, Any], method: str, path: str) -> tuple[str, str]:
    # A parameter in a path may be anything.
    anything = re.sub(r"\{\w+\}", "*", path)
    return "execute-api:Invoke", f"${{{identity(api)}}}/${{Stage}}/{method.upper()}{anything}"


def access(templates: list[Template]) -> Iterator[str]:
    """The rights of each function, app and other role, without those that every function has for its log and for X-Ray."""
    in_lambdas_hands = (*FROM_QUEUE, *FROM_STREAM)
    unsaid = {*in_lambdas_hands, FROM_ANY_STREAM[0], *LOGS, *TRACES}
    found: dict[str, list[str]] = {}
    for template in templates:
        for function in template.functions:
            polled = sorted({resource for action, resource in function.lambdas if action in in_lambdas_hands})
            own = {right for right in function.allowed if right[0] not in unsaid}
            found[function.program] = in_words(own) + [f"Lambda polls {source} for it" for source in polled]
        found |= {role: in_words(inline_policies(template.there[role])) for role in template.other_roles}
        found |= {app: in_words(allowed) for app, allowed in template.apps.items()}
    for who, may in sorted(found.items()):
        yield "\n  ".join([who, *may])


def in_words(allowed: Rights) -> list[str]:
    by_resource: dict[str, list[str]] = {}
    for action, resource in sorted(allowed):
        by_resource.setdefault(resource, []).append(action)
    return [f"{', '.join(actions)} on {resource}" for resource, actions in sorted(by_resource.items())]


if __name__ == "__main__":
    main()
