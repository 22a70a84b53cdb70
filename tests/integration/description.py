"""Compares a running server with an OpenAPI document, by requests that fit the document and ones that don't."""
import re
from collections import Counter, defaultdict
from typing import NamedTuple

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

SEED = 1
# What can be asked of a server with one identity, or none.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
)
PHASES = ("examples", "coverage", "fuzzing", "stateful")


class Excuse(NamedTuple):
    operation: str  # its operationId
    check: str
    answer: str  # a pattern that the status and the body's beginning match
    reason: str


class Failure(NamedTuple):
    operation: str
    check: str
    answer: str
    request: str
    text: str

    def excused_by(self, excuse: Excuse) -> bool:
        return (self.operation, self.check) == (excuse.operation, excuse.check) and bool(
            re.match(excuse.answer, self.answer)
        )


class Comparison:
    """What came of the requests, by operationId."""

    def __init__(self):
        self.statuses = defaultdict(Counter)
        self.failures = defaultdict(list)
        self.errors = []  # of the comparison itself

    def add(self, recorder):
        for case_id, node in recorder.cases.items():
            interaction = recorder.interactions.get(case_id)
            if interaction is None or interaction.response is None:
                continue  # not sent
            operation = node.value.operation.definition.raw["operationId"]
            response = interaction.response
            self.statuses[operation][response.status_code] += 1
            answer = f"{response.status_code} {response.content[:200].decode('latin-1')}"
            for check in recorder.checks.get(case_id, []):
                if check.status == Status.FAILURE:
                    request = f"{interaction.request.method} {interaction.request.uri}"
                    text = str(check.failure_info.failure)
                    self.failures[operation].append(Failure(operation, check.name, answer, request, text))

    def problems(self, operation: str, excuses=()) -> list:
        found = self.failures[operation]
        return [failure for failure in found if not any(map(failure.excused_by, excuses))]


def compare(document: dict, url: str, examples: int, operation: str | None = None, phases=PHASES) -> Comparison:
    """The same requests each time, `examples` an operation besides those that cover its parameters."""
    config = SchemathesisConfig.from_dict(
        {
            "base-url": url,
            "seed": SEED,
            "continue-on-failure": True,
            "request-timeout": 20,
            # Credentials are another matter: the server that is compared asks for none.
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "checks": {"enabled": False, **{check: {"enabled": True} for check in CHECKS}},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    if operation is not None:
        schema = schema.include(operation_id=operation)
    comparison = Comparison()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            comparison.add(event.recorder)
        elif isinstance(event, FatalError):
            comparison.errors.append(str(event.exception))
        elif isinstance(event, NonFatalError):
            comparison.errors.append(f"{event.label}: {event.value}")
    return comparison
