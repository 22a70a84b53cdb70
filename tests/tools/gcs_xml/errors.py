"""Answers that refuse, in the forms of the two APIs."""
import json
from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, answer: Answer):
        super().__init__(answer.status)
        self.answer = answer


class Disconnected(Exception):
    """The client left in the middle of a body."""


def json_error(status: int, reason: str, message: str) -> Refused:
    error = {"code": status, "message": message, "errors": [{"domain": "global", "reason": reason, "message": message}]}
    return Refused(Answer(status, json.dumps({"error": error}).encode(), {"Content-Type": "application/json"}))


def xml_error(status: int, code: str, message: str) -> Refused:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return Refused(Answer(status, text.encode(), {"Content-Type": "application/xml; charset=UTF-8"}))
