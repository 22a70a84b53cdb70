"""Two server processes on one Bigtable table and one long-term tier, killed and frozen under load.

The network to the table is bad, too. On each tier of the cloud as many kills and freezes as on none.
"""
import os
import random
import signal
import threading
import time

import bigtable
import long_term
import pytest
from harness import run_cli, wait_until
from maintenance import json_lines
from workload import Key, Load, check_keys, new_counts

KILLS = int(os.environ.get("OBJECTSTORE_KILLS", "50"))
FREEZES = int(os.environ.get("OBJECTSTORE_FREEZES", "20"))
SEED = int(os.environ.get("OBJECTSTORE_SEED") or random.SystemRandom().randrange(2**32))
WRITERS = 12
KEYS_PER_WRITER = 2
SCRUB_EVERY = 12
STALE_S = 0.4  # `stale_after` of the configuration
# So long a client waits while a server may stand still; then it writes on elsewhere.
PATIENCE_S = 1.0


class Pair:
    """Both servers, each behind a proxy of its own, with one table and one place for blobs."""

    def __init__(self, make_server, folder, tier):
        self.folder, self.tier = folder, tier
        self.emulator = bigtable.Emulator(folder)
        self.proxies, self.servers = [], []
        self.direct = bigtable.set_up_table(folder, self.emulator.port, tier.config)
        for name in ("a", "b"):
            proxy = bigtable.Proxy(self.emulator.port)
            self.proxies.append(proxy)
            text = bigtable.config(folder, proxy.port, tier.config)
            self.servers.append(make_server(name, config=text).start())

    def close(self):
        for proxy in self.proxies:
            proxy.close()
        self.emulator.close()
        self.tier.close()

    def cli(self, *arguments):
        return run_cli("-c", str(self.direct), *arguments, cwd=self.folder)

    def settled(self) -> int:
        return sum(server.log_path.read_text().count("recovery settled a change") for server in self.servers)

    def entries(self) -> int:
        done = self.cli("changelog", "list", "--json")
        assert done.returncode == 0, done
        return sum(event["event"] == "entry" for event in json_lines(done.stdout))

    def assert_sound(self):
        """At rest: the log drains by itself, entries swept later as well, whose window is short
        here; every row and every blob has its counterpart, and no upload is open."""
        wait_until(lambda: self.entries() == 0, 60, "a drained log", every_s=0.2)
        assert self.tier.open_uploads() == []
        done = self.cli("scrub", "--deep", "--young", "0s", "--json")
        assert done.returncode == 0, f"seed {SEED}: {done.stdout}{done.stderr}"
        (summary,) = json_lines(done.stdout)
        assert summary["outcome"] == "clean"


class BadNetwork(threading.Thread):
    """Delays, cuts and swallows replies of one proxy or the other, until it is ended."""

    def __init__(self, proxies, seed):
        super().__init__(daemon=True)
        self.proxies, self.random = proxies, random.Random(seed)
        self.ending = threading.Event()
        self.faults = {"delayed": 0, "cut": 0, "swallowed": 0}

    def run(self):
        while not self.ending.wait(self.random.uniform(0.05, 0.4)):
            proxy = self.random.choice(self.proxies)
            kind = self.random.choice(list(self.faults))
            self.faults[kind] += 1
            if kind == "delayed":
                proxy.delay_s = self.random.uniform(0.001, 0.02)
            elif kind == "cut":
                proxy.cut()
            else:
                proxy.swallow_replies()
                self.ending.wait(self.random.uniform(0.02, 0.1))
                proxy.restore()

    def end(self):
        self.ending.set()
        self.join(10)
        for proxy in self.proxies:
            proxy.restore()


# The share of the kills and freezes that a tier gets.
SHARES = {long_term.Directory: 0.2, long_term.Gcs: 1.0, long_term.S3: 1.0}


@pytest.fixture(params=list(SHARES), ids=lambda tier: tier.__name__.lower())
def pair(request, make_server, tmp_path):
    assert bigtable.EMULATOR.is_file(), f"no emulator at {bigtable.EMULATOR}"
    both = Pair(make_server, tmp_path, request.param(tmp_path))
    yield both
    both.close()


def kill(server, chance):
    server.kill()
    time.sleep(chance.uniform(0.1, 0.8))
    server.start()


def freeze(server, chance):
    """Beyond the staleness limit: the other server settles what this one has open."""
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(4 * STALE_S + chance.uniform(0, 0.8))
    os.kill(server.pid, signal.SIGCONT)
    time.sleep(0.4)


def test_nothing_acknowledged_is_lost_and_nothing_leaks(pair):
    print(f"seed {SEED}: repeat with OBJECTSTORE_SEED={SEED}")
    chance = random.Random(SEED)
    keys = [Key(f"key-{i}") for i in range(WRITERS * KEYS_PER_WRITER)]
    counts = new_counts()
    faults = {"delayed": 0, "cut": 0, "swallowed": 0}
    recovered = {kill: 0, freeze: 0}
    share = SHARES[type(pair.tier)]
    kills, freezes = round(KILLS * share), round(FREEZES * share)
    events = [kill] * kills + [freeze] * freezes
    chance.shuffle(events)
    for number, event in enumerate(events, 1):
        victim = chance.choice(pair.servers)
        settled_before = pair.settled()
        network = BadNetwork(pair.proxies, chance.randrange(2**32)) if number % 2 else None
        load = Load(
            pair.servers, keys, chance, counts, WRITERS, timeout_s=PATIENCE_S, ends_with_server=False
        )
        if network:
            network.start()
        time.sleep(chance.uniform(0.2, 0.8))
        event(victim, chance)
        load.join()
        if network:
            network.end()
            faults = {kind: faults[kind] + network.faults[kind] for kind in faults}
        # Requests whose clients have gone are worked off: afterwards nothing is late any more.
        for server in pair.servers:
            assert server.stop() == 0, server.log()[-4000:]
            server.start()
        check_keys(chance.choice(pair.servers), keys)
        recovered[event] += pair.settled() > settled_before
        if number % SCRUB_EVERY == 0:
            pair.assert_sound()
    pair.assert_sound()
    for server in pair.servers:
        check_keys(server, keys)
    print(
        f"{kills} kills, {recovered[kill]} with changes to recover; {freezes} freezes, "
        f"{recovered[freeze]} in which the other recovered; faults {faults}; operations {counts}"
    )
    if isinstance(pair.tier, long_term.Gcs):
        print(f"{pair.tier.unknown_sessions()} empty sessions whose address nobody had recorded")
    assert counts["acknowledged"] > 5 * len(events)
    assert recovered[kill] * 2 >= kills, "the kills did not hit writes in flight"
    assert recovered[freeze] * 2 >= freezes, "the freezes did not outlast the staleness limit"
