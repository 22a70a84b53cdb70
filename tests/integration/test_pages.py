"""What the process tells of itself: /keda for autoscalers, /metrics for Prometheus."""
import re

import exposition
import form_data
from harness import object_path

KEDA = [
    ("objectstore_bytes_total", "counter", "Total bytes transferred since startup"),
    ("objectstore_requests_total", "counter", "Total admitted requests since startup"),
    ("objectstore_requests_in_flight", "gauge", "Current in-flight HTTP requests"),
    ("objectstore_requests_limit", "gauge", "Configured maximum concurrent HTTP requests"),
    ("objectstore_tasks_running", "gauge", "Current running backend tasks"),
    ("objectstore_tasks_limit", "gauge", "Configured maximum concurrent backend tasks"),
]
LIMITS = [
    ("objectstore_bandwidth_limit", "gauge", "Configured global bandwidth limit in bytes/s"),
    ("objectstore_throughput_limit", "gauge", "Configured global throughput limit in requests/s"),
]
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def keda(metrics, values) -> bytes:
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}\n"
        for (name, kind, text), value in zip(metrics, values, strict=True)
    ).encode()


def test_keda_to_the_letter(make_server):
    server = make_server(OS__HTTP__MAX_REQUESTS="1234", OS__SERVICE__MAX_CONCURRENCY="56").start()
    answer = server.request("GET", "/keda")
    assert answer.status == 200 and answer.headers["content-type"] == TEXT
    assert answer.body == keda(KEDA, [0, 0, 1, 1234, 0, 56])
    assert server.put("k", b"x" * 1000).status == 200
    assert server.get("k", {"range": "bytes=0-99"}).status == 206
    assert server.request("HEAD", object_path("k")).status == 204
    assert server.get("missing").status == 404
    assert server.get("k", {"range": "bytes=nonsense"}).status == 400  # admitted, then refused
    assert server.request("GET", "/v1/objects/tests/nonsense/k").status == 400  # not admitted
    assert server.request("GET", "/health").status == 200
    parts = form_data.run(server, [form_data.operation("insert", "b", b"y" * 50), form_data.operation("head", "b")])
    assert parts[0].status == 201
    # A request each, and one for each operation of the batch; bytes of bodies.
    assert server.request("GET", "/keda").body == keda(KEDA, [1150, 8, 1, 1234, 0, 56])


def test_keda_shows_configured_rates(make_server):
    server = make_server(
        config="rate_limits: {bandwidth: {global_bps: 5000000000}, throughput: {global_rps: 300}}"
    ).start()
    assert server.request("GET", "/keda").body == keda(KEDA + LIMITS, [0, 0, 1, 10_000, 0, 500, 5_000_000_000, 300])


def page(server):
    answer = server.request("GET", "/metrics")
    assert answer.status == 200 and answer.headers["content-type"] == TEXT
    return answer.body.decode("utf-8")


def check_form(text: str):
    """What exposition.parse() leaves open: the order of lines, series that are there twice, numbers, buckets."""
    assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
    lines = text[:-1].split("\n")
    for line, following in zip(lines, lines[1:], strict=False):
        if line.startswith("# HELP "):
            assert following.startswith(f"# TYPE {line.split(' ')[2]} "), following
        else:
            assert not line.startswith("#") or line.startswith("# TYPE "), line
    number = r"(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[+-]Inf|NaN)"
    series = [re.fullmatch(rf"([^ ]+(?:\{{.*\}})?) {number}", line) for line in lines if line[0] != "#"]
    assert all(series)
    names = [match[1] for match in series]
    assert len(names) == len(set(names)), "a series is there twice"


def check_histograms(families: dict):
    for name, family in families.items():
        if family.kind != "histogram":
            continue
        groups = {}
        for sample, labels, value in family.samples:
            group = frozenset(item for item in labels.items() if item[0] != "le")
            groups.setdefault(group, {}).setdefault(sample.removeprefix(name), []).append((labels.get("le"), value))
        for group in groups.values():
            counts = [value for _, value in group["_bucket"]]
            bounds = [float(bound.replace("+Inf", "inf")) for bound, _ in group["_bucket"]]
            assert bounds == sorted(bounds) and bounds[-1] == float("inf"), name
            assert counts == sorted(counts), name
            assert group["_count"][0][1] == counts[-1] and len(group["_sum"]) == 1, name


def samples_that_grow(families: dict) -> dict:
    return {
        (sample, frozenset(labels.items())): value
        for family in families.values()
        if family.kind in ("counter", "histogram")
        for sample, labels, value in family.samples
        if not sample.endswith("_sum")
    }


def test_metrics_keep_the_format_and_counters_grow(server):
    texts = [page(server)]
    for size in (10, 3 << 20):
        assert server.put("k", b"x" * size, {"x-downstream-service": 'quo"te\\d, {a="b"}'}).status == 200
        assert server.get("k").status == 200
        texts.append(page(server))
    assert server.delete("k").status == 204
    texts.append(page(server))
    before = {}
    for text in texts:
        check_form(text)
        families = exposition.parse(text)
        check_histograms(families)
        now = samples_that_grow(families)
        assert before.keys() <= now.keys()
        smaller = [key for key, value in before.items() if now[key] < value]
        assert not smaller
        before = now
    service = r'service="quo\"te\\d, {a=\"b\"}"'
    assert any(service in line for line in texts[-1].splitlines()), "a label's value is escaped"


def test_labels_that_callers_choose_are_bounded(server):
    connection = server.connect()
    for number in range(1500):
        service = {"x-downstream-service": f"s{number}a"}
        connection.request("HEAD", object_path("k", usecase=f"u{number}"), headers=service)
        connection.getresponse().read()
    connection.close()
    text = page(server)
    check_form(text)
    assert len(text.splitlines()) < 20_000 and len(text) < 3 << 20
