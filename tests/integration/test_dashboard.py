"""The dashboard and the alerts use only names that a running server has on /metrics."""
import json
from urllib.parse import quote

import pytest
import yaml

import exposition
from harness import ROOT, object_path

GRAFANA = ROOT / "deploy/grafana"
# Set by Prometheus, or by histograms.
GIVEN_LABELS = {"instance", "job", "le"}


def dashboard_expressions():
    dashboard = json.loads((GRAFANA / "objectstore.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['title']!r}", target["expr"].replace("$__rate_interval", "5m")


def alert_expressions():
    rules = yaml.safe_load((GRAFANA / "alerts.yaml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]


@pytest.mark.parametrize(
    "expression, metrics, labels",
    [
        ("up", {"up"}, set()),
        ('sum by (a, b) (rate(x_total{c="d",e=~"f|g"}[5m]))', {"x_total"}, {"a", "b", "c", "e"}),
        ("histogram_quantile(0.99, sum by (le) (rate(h_bucket{}[1m]))) > 1e3", {"h_bucket"}, {"le"}),
        ("a / on (i) b and c offset 5m == 0", {"a", "b", "c"}, {"i"}),
        ('a{l="not_a{metric}"} * 1000', {"a"}, {"l"}),
    ],
)
def test_expressions_are_taken_apart(expression, metrics, labels):
    assert exposition.used_by(expression) == (metrics, labels)


@pytest.fixture
def page(server):
    """The metrics of a server that has had some of everything."""
    for key, size in (("small", 10), ("large", 3 << 20)):
        assert server.request("PUT", object_path(key), body=b"x" * size).status == 200
        for method in ("GET", "HEAD", "DELETE"):
            assert server.request(method, object_path(key)).status < 300
    assert server.request("GET", object_path("missing")).status == 404
    begun = server.request("PUT", "/v1/objects:multipart/tests/org=1/in-parts")
    upload = quote(begun.json()["upload_id"], safe="")
    part = f"/v1/objects:multipart:parts/tests/org=1/in-parts?upload_id={upload}&part_number=1"
    assert server.request("PUT", part, body=b"x" * 1000).status == 200
    answer = server.request("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return exposition.parse(answer.body.decode("utf-8"))


@pytest.mark.parametrize("expressions", [dashboard_expressions, alert_expressions])
def test_every_name_is_on_the_page(page, expressions):
    families = exposition.names_of_samples(page)
    problems, checked = [], 0
    for place, expression in expressions():
        metrics, labels = exposition.used_by(expression)
        if not metrics:
            problems.append(f"{place}: names no metric: {expression}")
        for name in metrics - families.keys():
            problems.append(f"{place}: {name} is not on /metrics")
        shown = [families[name] for name in metrics if name in families]
        known = {label for family in shown for _, have, _ in family.samples for label in have}
        if shown and all(family.samples for family in shown):
            for label in labels - known - GIVEN_LABELS:
                problems.append(f"{place}: {', '.join(sorted(metrics))} have no label {label}")
            checked += 1
    assert not problems, "\n".join(problems)
    assert checked >= 5, "hardly any expression could be compared with its metrics' labels"


def test_the_page_keeps_the_conventions(page):
    problems = []
    for name, family in page.items():
        if not family.help:
            problems.append(f"{name} has no help")
        if (family.kind == "counter") != name.endswith("_total"):
            problems.append(f"{name} is a {family.kind}")
        if name.endswith(("_ms", "_milliseconds", "_kb", "_mb")):
            problems.append(f"{name} is not in base units")
    assert not problems, "\n".join(problems)
    assert len(page) > 80


def test_traffic_is_counted_by_tier(page):
    puts = page["objectstore_put_duration_seconds"]
    assert puts.value(backend_choice="high-volume", backend_type="rocksdb", success="true") == 1
    assert puts.value(backend_choice="long-term", backend_type="local-fs", success="true") == 1
    assert page["objectstore_delete_duration_seconds"].value(success="true") == 2
    tiers = page["objectstore_tier_operation_duration_seconds"]
    assert tiers.value(tier="long-term", operation="upload", outcome="ok") == 1
    assert tiers.value(tier="long-term", operation="put_part", outcome="ok") == 1
    assert tiers.value(tier="change-log", operation="record", outcome="ok") >= 2
    written = page["objectstore_tier_bytes_total"].value(tier="long-term", direction="written")
    assert written == (3 << 20) + 1000
    assert page["objectstore_commits_total"].value() >= 2
    assert page["objectstore_storage_writable"].value() == 1


def test_the_dashboard_is_one_for_grafana():
    dashboard = json.loads((GRAFANA / "objectstore.json").read_text(encoding="utf-8"))
    assert dashboard["schemaVersion"] >= 38
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    places = set()
    for panel in dashboard["panels"]:
        box = panel["gridPos"]
        assert box["x"] + box["w"] <= 24
        for x in range(box["x"], box["x"] + box["w"]):
            for y in range(box["y"], box["y"] + box["h"]):
                assert (x, y) not in places, f"{panel['title']} lies over another panel"
                places.add((x, y))
        if panel["type"] != "row":
            assert panel["targets"] and panel["datasource"]["uid"] == "${datasource}"
    titles = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
    assert len(titles) == 6
