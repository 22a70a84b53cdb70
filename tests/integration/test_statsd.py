"""DogStatsD metrics, as an agent receives them."""
import socket
import time

import pytest

import form_data
import server_log
import statsd
from harness import free_port, object_path, run_cli, wait_until

MIB = 1 << 20
CONFIG = """
killswitches: [{usecase: broken}]
rate_limits:
  throughput: {global_rps: 1000000, rules: [{scopes: [[org, "9"]], rps: 1}]}
  bandwidth: {global_bps: 1000000000}
metrics: {tags: {region: "eu", cell: "a,b|c#d"}}
"""
GLOBAL_TAGS = ["cell:a_b_c_d", "region:eu"]

TIER = {"usecase", "backend_choice", "backend_type", "success"}
# Contract: semantics.md section 10, what a server with its own storage has. Name: kind, own tags.
NAMES = {
    "server.start": ("c", set()),
    "server.requests": ("c", {"route", "method", "service"}),
    "server.requests.duration": ("d", {"route", "method", "status"}),
    "server.requests.in_flight": ("g", set()),
    "server.requests.limit": ("g", set()),
    "web.concurrency.rejected": ("c", {"service"}),
    "server.auth.failure": ("c", {"code"}),
    "server.request.killswitched": ("c", set()),
    "server.request.rate_limited": ("c", {"reason", "usecase"}),
    "server.bandwidth.bytes": ("c", set()),
    "server.bandwidth.limit": ("g", set()),
    "server.rate_limiter.bandwidth.usecase_map_size": ("g", set()),
    "server.rate_limiter.bandwidth.scope_map_size": ("g", set()),
    "server.rate_limiter.throughput.limit": ("g", set()),
    "server.rate_limiter.throughput.usecase_map_size": ("g", set()),
    "server.rate_limiter.throughput.scope_map_size": ("g", set()),
    "service.concurrency.limit": ("g", set()),
    "service.concurrency.queue_limit": ("g", set()),
    "service.concurrency.bulk_limit": ("g", set()),
    "service.concurrency.in_use": ("g", set()),
    "service.concurrency.queued": ("g", set()),
    "service.concurrency.bulk_in_use": ("g", set()),
    "service.concurrency.wait": ("d", {"success"}),
    "service.concurrency.rejected": ("c", {"class"}),
    "service.task.start": ("c", {"operation"}),
    "service.task.duration": ("d", {"operation", "outcome"}),
    "cogs.usage": ("c", {"app_feature"}),
    "put.latency": ("d", TIER),
    "put.first_chunk.latency": ("d", {"usecase", "complete"}),
    "put.size": ("d", {"usecase", "backend_choice", "backend_type", "upload_type"}),
    "put.origin_missing": ("c", {"usecase"}),
    "get.latency.pre-response": ("d", TIER),
    "head.latency": ("d", TIER),
    "delete.latency": ("d", TIER),
    "get.size": ("d", {"usecase", "backend_choice", "backend_type"}),
    **{
        f"multipart.{call}.latency": ("d", {"usecase", "success"})
        for call in ("initiate", "upload_part", "list_parts", "abort", "complete")
    },
    "multipart.upload_part.size": ("d", {"usecase"}),
    "multipart.complete.part_count": ("d", {"usecase"}),
    "runtime.num_workers": ("g", set()),
    "runtime.num_blocking_threads": ("g", set()),
    "runtime.blocking_queue_depth": ("g", set()),
}
# Of the contract, but only where something was refused that this server does not refuse.
UNLIKELY = {"web.concurrency.rejected", "server.auth.failure", "service.concurrency.rejected"}


@pytest.fixture
def agent(request, tmp_path):
    """An agent of the transport that the test asks for."""
    made = statsd.Agent(getattr(request, "param", "udp"), tmp_path / "agent.sock")
    yield made
    made.close()


def some_of_everything(server):
    for key, size in (("small", 10), ("large", 3 * MIB)):
        assert server.put(key, b"x" * size).status == 200
        for method in ("GET", "HEAD", "DELETE"):
            assert server.request(method, object_path(key)).status < 300
    upload = server.request("PUT", "/v1/objects:multipart/tests/org=1/u").json()["upload_id"]
    parts, query = "/v1/objects:multipart:parts/tests/org=1/u", f"?upload_id={upload}"
    etag = server.request("PUT", f"{parts}{query}&part_number=1", b"part").json()["etag"]
    assert server.request("GET", parts + query).json()["parts"][0]["etag"] == etag
    complete = f'{{"parts":[{{"part_number":1,"etag":"{etag.replace(chr(34), chr(92) + chr(34))}"}}]}}'
    done = server.request(
        "POST", f"/v1/objects:multipart:complete/tests/org=1/u{query}", complete, {"content-type": "application/json"}
    )
    assert done.json() == {"key": "u"}
    other = server.request("POST", "/v1/objects:multipart/tests/org=1").json()
    abort = f"/v1/objects:multipart/tests/org=1/{other['key']}?upload_id={other['upload_id']}"
    assert server.request("DELETE", abort).status == 204
    assert [part.status for part in form_data.run(server, [form_data.operation("insert", "b", b"x")])] == [201]
    assert server.get("k", {"x-downstream-service": "relay-7"}).status == 404
    assert server.request("GET", object_path("k", "broken")).status == 403
    limited = [server.request("GET", object_path("k", scopes="org=9")).status for _ in range(5)]
    assert limited.count(429) >= 3


def test_the_names_tags_and_forms_of_the_contract(make_server, agent):
    server = make_server(config=CONFIG, OS__METRICS__ADDR=agent.address).start()
    begin = int(time.time())
    some_of_everything(server)
    assert server.stop() == 0
    agent.close()
    lines = agent.lines()
    assert max(map(len, agent.payloads)) <= 1432
    own = {name: [] for name in NAMES}
    for line in lines:
        if line.name.startswith("datadog.dogstatsd.client."):
            assert line.tags[-2:] == GLOBAL_TAGS and line.kind == "c"
            continue
        assert line.name.startswith("objectstore."), line
        assert line.tags[-2:] == GLOBAL_TAGS, "own tags come before global ones"
        if line.kind != "d":
            assert begin - 60 <= line.time <= time.time() + 1
        name = line.name.removeprefix("objectstore.")
        if name in NAMES:
            kind, tags = NAMES[name]
            assert line.kind == kind, line
            given = [tag.split(":", 1)[0] for tag in line.tags[:-2]]
            assert len(set(given)) == len(given) and set(given) <= tags, line
            failed = "success:false" in line.tags
            assert failed or set(given) == tags, line
            own[name].append(line)
    missing = {name for name, found in own.items() if not found} - UNLIKELY
    assert not missing

    def total(name, *tags):
        return sum(sum(line.values) for line in own[name] if set(tags) <= set(line.tags))

    def count(name, *tags):
        return sum(len(line.values) for line in own[name] if set(tags) <= set(line.tags))

    assert total("server.start") == 1
    assert total("server.request.killswitched") == 1
    assert total("server.request.rate_limited", "reason:throughput_rule", "usecase:tests") >= 3
    assert total("server.requests", "service:relay", "route:/v1/objects/{usecase}/{scopes}/{*key}") == 1
    assert total("put.size", "backend_choice:high-volume", "upload_type:direct") == 10 + 1
    assert total("put.size", "backend_choice:long-term", "backend_type:local-fs") >= 3 * MIB
    assert count("get.latency.pre-response", "success:true") >= 2
    assert count("delete.latency") == 2
    assert total("service.task.start", "operation:complete_multipart") == 1
    assert total("multipart.complete.part_count") == 1


@pytest.mark.parametrize("agent", ["unix", "unixgram"], indirect=True)
def test_sockets_of_the_machine(make_server, agent):
    """And the configured prefix and size."""
    server = make_server(
        OS__METRICS__ADDR=agent.address, OS__METRICS__PREFIX="mine", OS__METRICS__BUFFER_SIZE="400"
    ).start()
    for size in range(20):
        assert server.put(f"k{size}", b"x" * size).status == 200
    assert server.stop() == 0
    agent.close()
    assert max(map(len, agent.payloads)) <= 400 and len(agent.payloads) >= 5
    sizes = [value for line in agent.lines() if line.name == "mine.put.size" for value in line.values]
    assert sorted(sizes) == list(range(20))
    assert {line.name.split(".")[0] for line in agent.lines()} == {"mine", "datadog"}


def test_metrics_are_sent_every_ten_seconds_and_each_once(make_server, agent):
    server = make_server(OS__METRICS__ADDR=agent.address).start()

    def sizes():
        return [value for line in agent.lines() if line.name == "objectstore.put.size" for value in line.values]

    assert server.put("k", b"x").status == 200
    wait_until(lambda: sizes() == [1], 15, "metrics while the server runs", 0.2)
    assert server.put("k", b"xx").status == 200
    assert server.stop() == 0
    agent.close()
    assert sizes() == [1, 2]
    starts = [line for line in agent.lines() if line.name == "objectstore.server.start"]
    assert [line.values for line in starts] == [[1]]


@pytest.mark.parametrize("kind", ["udp", "unix", "unixgram"])
def test_a_dead_target_does_not_matter(make_server, tmp_path, kind):
    address = f"127.0.0.1:{free_port()}" if kind == "udp" else f"{kind}://{tmp_path}/nobody.sock"
    server = make_server(OS__METRICS__ADDR=address).start()
    assert server.put("k", b"x").status == 200
    assert server.get("k").body == b"x"
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 5
    told = server_log.find(server, "metrics are dropped", target=address)
    assert len(told) == 1 or (kind == "udp" and not told), "a refusal by UDP need not be noticed"


def test_an_agent_that_does_not_read_holds_nothing_up(make_server, tmp_path):
    path = tmp_path / "deaf.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(path))
        server = make_server(OS__METRICS__ADDR=f"unixgram://{path}", OS__METRICS__BUFFER_SIZE="256").start()
        assert server.put("k", b"x").status == 200
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "settings",
    [
        {"OS__METRICS__ADDR": "http://localhost:8125"},
        {"OS__METRICS__ADDR": "127.0.0.1:8125", "OS__METRICS__BUFFER_SIZE": "1"},
    ],
    ids=str,
)
def test_a_bad_target_ends_the_start(tmp_path, settings):
    done = run_cli(
        "run", cwd=tmp_path, OS__AUTH__ENFORCE="false", OS__HTTP_ADDR=f"127.0.0.1:{free_port()}", **settings
    )
    assert done.returncode == 1
    assert "failed to initialize metrics exporter" in done.stderr
