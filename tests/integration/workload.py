"""Writers that know what may be read at their keys, whatever happens to the servers meanwhile."""
import http.client
import random
import threading
import time

from harness import exchange, object_path, wait_until

KIB = 1024
MIB = 1024 * KIB


class Value:
    """Bytes that can be made again from a few numbers, and that say what they are."""

    def __init__(self, key: str, number: int, size: int):
        self.key, self.number, self.size = key, number, size

    def content(self) -> bytes:
        mark = f"{self.key} #{self.number} {self.size};".encode()[: self.size]
        return mark + random.Random(f"{self.key}/{self.number}").randbytes(self.size - len(mark))

    def __repr__(self):
        return f"#{self.number} ({self.size} bytes)"


class Key:
    """What may be read at a key which one thread writes: `possible` holds Values, or None for absent.

    One element as long as every answer was known. After an answer that left it open, what was before
    and what was tried are both possible, until a later acknowledgement or a look at rest. What was
    given up while its server stood still stays possible beside later acknowledgements: the server
    may only then begin with it.
    """

    def __init__(self, name: str):
        self.name = name
        self.path = object_path(name)
        self.possible = [None]
        self.late = []
        self.number = 0

    def acknowledged(self, value):
        self.possible = [value]

    def left_open(self, value):
        self.possible.append(value)

    def given_up(self, value):
        self.left_open(value)
        self.late.append(value)

    def settle_on(self, body):
        """`body` was read at rest: from now on only that is possible. False: it never was."""
        for value in reversed(self.possible + self.late):
            if body == (None if value is None else value.content()):
                self.possible, self.late = [value], []
                return True
        return False


class Writer(threading.Thread):
    """Puts, overwrites and deletes its own keys on any of the servers until `ending` is set.

    `ends_with_server`: it then still finishes what it has begun, until its server is gone.
    """

    def __init__(self, servers, keys, seed, counts, ending, timeout_s=30.0, ends_with_server=True):
        super().__init__(daemon=True)
        self.servers, self.keys, self.counts, self.ending = servers, keys, counts, ending
        self.timeout_s, self.ends_with_server = timeout_s, ends_with_server
        self.random = random.Random(seed)
        self.connections = {}
        self.failure = None

    def run(self):
        try:
            self.work()
        except AssertionError as failure:
            self.failure = failure
        finally:
            for connection in self.connections.values():
                connection.close()

    def work(self):
        while self.ends_with_server or not self.ending.is_set():
            server = self.random.choice(self.servers)
            key = self.random.choice(self.keys)
            value = self.next_value(key)
            sent = False
            try:
                if server not in self.connections:
                    self.connections[server] = server.connect(timeout=self.timeout_s)
                sent = True
                if value is None:
                    answer = exchange(self.connections[server], "DELETE", key.path)
                else:
                    answer = self.put(self.connections[server], key, value)
            except (OSError, http.client.HTTPException) as error:
                if sent:
                    self.broken(key, value, error)
                if self.ending.is_set():
                    return
                if server in self.connections:
                    self.connections.pop(server).close()
                elif len(self.servers) > 1:
                    time.sleep(0.01)  # it is down; the others have work
                continue
            self.judge(key, value, answer)

    def broken(self, key, value, error):
        """A refusal in the middle of a body may show as a broken connection only."""
        if isinstance(error, TimeoutError):
            key.given_up(value)
            self.counts["given_up"] += 1
        else:
            key.left_open(value)
            self.counts["broken"] += not self.ending.is_set()

    def next_value(self, key):
        """Of ten operations six are large puts: every overwrite of one size by another is common."""
        key.number += 1
        choice = self.random.random()
        if choice < 0.15:
            return None
        if choice < 0.4:
            return Value(key.name, key.number, self.random.randrange(1, 8 * KIB))
        return Value(key.name, key.number, self.random.randrange(1200 * KIB, 3 * MIB))

    def put(self, connection, key, value):
        body = value.content()
        headers = {"Content-Length": str(len(body))} if self.random.random() < 0.5 else {}
        return exchange(connection, "PUT", key.path, self.slowly(body), headers)

    def slowly(self, body):
        """Large bodies mostly take a while, so that most kills find an upload under way."""
        pieces = 12
        pause_s = self.random.choice((0, 0.005, 0.02, 0.04)) if len(body) > MIB else 0
        size = len(body) // pieces + 1
        for start in range(0, len(body), size):
            yield body[start : start + size]
            if pause_s:
                time.sleep(pause_s)

    def judge(self, key, value, answer):
        if answer.status == (204 if value is None else 200):
            key.acknowledged(value)
            self.counts["acknowledged"] += 1
        else:
            # Only a retryable refusal may happen here; it leaves open what was stored.
            assert answer.status == 503, f"{answer.status} {answer.body!r} for {key.name} {value}"
            key.left_open(value)
            self.counts["refused"] += 1


class Load:
    """Writers at work; each key belongs to one of them."""

    def __init__(self, servers, keys, chance, counts, writers, **more):
        self.ending = threading.Event()
        self.writers = [
            Writer(servers, keys[i::writers], chance.randrange(2**32), counts, self.ending, **more)
            for i in range(writers)
        ]
        for writer in self.writers:
            writer.start()

    def end(self):
        self.ending.set()

    def join(self):
        self.end()
        for writer in self.writers:
            writer.join(60)
            assert not writer.is_alive(), "a writer hangs"
            if writer.failure:
                raise writer.failure


def new_counts() -> dict:
    return {"acknowledged": 0, "refused": 0, "broken": 0, "given_up": 0}


def read(server, key):
    """GET, again while the server asks for a retry."""

    def once():
        answer = server.request("GET", key.path)
        return answer if answer.status != 503 else None

    answer = wait_until(once, 20, f"an answer to GET {key.name}")
    assert answer.status in (200, 404), f"GET {key.name}: {answer.status} {answer.body[:300]!r}"
    return answer.body if answer.status == 200 else None


def check_keys(server, keys):
    """Each key holds one of its possible values; from then on only that one is possible."""
    for key in keys:
        got = read(server, key)
        if not key.settle_on(got):
            shown = None if got is None else f"{got[:60]!r} ({len(got)} bytes)"
            raise AssertionError(
                f"{key.name} holds {shown}, possible was {key.possible}, late {key.late}"
            )
