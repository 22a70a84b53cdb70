"""What a server has logged, as its JSON lines."""
import json

from harness import Server, wait_until

# Files that a server watches are looked at every 4 s.
TAKEN_OVER_WITHIN_S = 10


def entries(server: Server) -> list:
    """All lines; fails on one that is not JSON."""
    return [json.loads(line) for line in server.log().splitlines()]


def find(server: Server, message: str, **fields: str) -> list:
    """The lines whose message begins so and that have these fields."""
    return [
        entry
        for entry in entries(server)
        if entry["message"].startswith(message) and fields.items() <= entry["fields"].items()
    ]


def wait_for(server: Server, message: str, **fields: str) -> list:
    """The same, once there is such a line."""
    return wait_until(lambda: find(server, message, **fields), TAKEN_OVER_WITHIN_S, f"in the log: {message} {fields}")
