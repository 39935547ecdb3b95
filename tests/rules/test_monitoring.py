"""The page on monitoring is true: it has every metric with kind and labels, every part of `/readyz`, and no other."""

import re

from bot.web.readiness import PartName
from tests.metrics import PREFIX, every_metric
from tests.rules.sources import ROOT
from tests.unit.bot.engine.fake_clock import FakeClock

PAGE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
ROW = re.compile(r"(?m)^\| `(videobot_\w+)` \| (\w+) \|(.*?)\| (.+) \|$")
# Not of the metric itself: a histogram's buckets.
OWN = frozenset({"le"})


def metrics() -> dict[str, tuple[str, set[str]]]:
    """The kind and the labels of each of the bot's own metrics, by the name in the page."""
    found: dict[str, tuple[str, set[str]]] = {}
    for metric in every_metric(FakeClock())[1]:
        name = {"counter": f"{metric.name}_total", "info": f"{metric.name}_info"}.get(metric.type, metric.name)
        labels = {label for sample in metric.samples for label in sample.labels} - OWN
        if name.startswith(PREFIX):
            found[name] = ("gauge" if metric.type == "info" else metric.type, labels)
    return found


def test_the_page_has_every_metric() -> None:
    """With its kind, its labels and what it means; none is there that the bot doesn't have."""
    rows = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in ROW.findall(PAGE)}
    assert rows == metrics()


def test_every_metric_is_named_as_prometheus_asks() -> None:
    """The prefix of the bot, base units, `_total` for counters alone, and a sentence of help."""
    for metric in every_metric(FakeClock())[1]:
        if metric.name.startswith(PREFIX):
            assert metric.documentation.endswith("."), metric.name
            assert not re.search(r"_(ms|milliseconds|minutes|hours|mb|mib|kib|percent)(_|$)", metric.name), metric.name
    for name, (kind, _labels) in metrics().items():
        assert name.endswith("_total") is (kind == "counter"), name


def test_the_page_has_every_part() -> None:
    """In the table of readiness, in the same order."""
    table = PAGE.partition("\n## Readiness")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == list(PartName)
