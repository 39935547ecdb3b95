"""The dashboard for Grafana shows only what a bot's page has, and each panel something else."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.metrics import PREFIX
from tests.rules.sources import ROOT
from tests.rules.test_alert_rules import known_series, selectors, strangers

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# Of the metrics themselves, or shown by another one.
NOT_SHOWN = frozenset({
    "videobot_job_events_total", "videobot_phase", "videobot_build_info", "videobot_metrics_failures_total",
    "videobot_restored", "videobot_clock_in_doubt", "videobot_provider_breaker_open", "videobot_discord_breaker_open",
})  # fmt: skip


def expressions() -> Iterator[str]:
    """All PromQL of the dashboard; Grafana's variables stay as they are."""
    for panel in PANELS:
        yield from (target["expr"] for target in panel["targets"])
    yield from (variable["definition"] for variable in DASHBOARD["templating"]["list"] if "definition" in variable)


def test_the_dashboard_shows_only_what_there_is() -> None:
    """Series, labels and what they say; each panel has at least one expression, of the chosen bots."""
    assert [wrong for each in expressions() for wrong in strangers(each.replace('"$instance"', '""'))] == []
    for panel in PANELS:
        assert all('instance=~"$instance"' in target["expr"] for target in panel["targets"]), panel["title"]
        assert panel["targets"], panel["title"]


def test_every_metric_is_shown() -> None:
    """But for those that say the same in another way."""
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for each in expressions() for name, _ in selectors(each)}
    own = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known_series() if name.startswith(PREFIX)}
    assert own - shown == NOT_SHOWN


def test_panels_are_told_apart() -> None:
    """Each has a title, an id and a place of its own."""
    for kind in ("id", "title"):
        assert Counter(panel[kind] for panel in PANELS).most_common(1)[0][1] == 1
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS}
    assert len(places) == len(PANELS)
