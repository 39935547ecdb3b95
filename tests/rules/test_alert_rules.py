"""The alert rules for Prometheus: each fires in its trouble and is silent in calm, and names only what there is."""

import re
from pathlib import Path

import pytest

from tests.metrics import CLOSED, every_metric
from tests.promtool import RULES, a_scenario, judge, needs_promtool, promtool
from tests.rules.sources import ROOT
from tests.unit.bot.engine.fake_clock import FakeClock

TEXT = RULES.read_text(encoding="utf-8")
ALERTS = re.findall(r"(?m)^      - alert: (\w+)$", TEXT)
STEP = 120
STEPS = 38
# When each bot is looked at: everything that has to last has lasted by then.
END = STEP * STEPS
# Each scenario has a bot of its own, so that all of them are judged at once.
BOT = 'instance="INSTANCE", job="videobot"'
CALM_BOT = "calm"


def one(name: str, labels: str = "") -> str:
    return f"{name}{{{', '.join(filter(None, (BOT, labels)))}}}"


def steady(value: float) -> str:
    return f"{value}x{STEPS}"


def growing(per_step: float) -> str:
    return f"0+{per_step}x{STEPS}"


def a_request(request: str, outcome: str) -> str:
    return one("videobot_provider_requests_total", f'provider="main", request="{request}", outcome="{outcome}"')


def part(name: str, state: str) -> str:
    return one("videobot_part_state", f'part="{name}", state="{state}"')


def written_within(seconds: str) -> str:
    return one("videobot_database_write_seconds_bucket", f'le="{seconds}"')


# A bot that does well for an hour and a half.
CALM = {
    one("up"): steady(1),
    one("process_start_time_seconds"): steady(1_700_000_000),
    **{part(name, "failing"): steady(0) for name in ("process", "gateway", "discord", "commands", "database")},
    written_within("0.01"): growing(60),
    written_within("1.0"): growing(60),
    written_within("+Inf"): growing(60),
    one("videobot_event_loop_lag_seconds_sum"): growing(0.1),
    one("videobot_event_loop_lag_seconds_count"): growing(120),
    one("videobot_queue_oldest_seconds"): steady(40),
    one("videobot_paused"): steady(0),
    one("videobot_restored"): steady(0),
    one("videobot_clock_in_doubt"): steady(0),
    one("videobot_provider_breaker_open", 'provider="main"'): steady(0),
    **{
        one("videobot_provider_state", f'provider="main", state="{state}"'): steady(0)
        for state in ("key", "credit", "by_owner")
    },
    a_request("poll", "answered"): growing(60),
    a_request("poll", "poll_failed"): growing(2),
    a_request("submit", "answered"): growing(4),
    a_request("submit", "doubtful"): steady(0),
    one("videobot_jobs", 'state="uncertain"'): steady(1),
    **{one("videobot_job_oldest_seconds", f'state="{state}"'): steady(20) for state in ("fetching", "posting")},
    one("videobot_disk_free_bytes"): steady(2**36),
    one("videobot_disk_floor_bytes", 'kind="picture"'): steady(2**28),
    one("videobot_disk_floor_bytes", 'kind="video"'): steady(2**26),
    one("videobot_daily_ceiling_used_ratio"): steady(0.5),
    one("videobot_backup_age_seconds"): steady(100_000),
}
# What is different in the trouble of each alert, and which others fire in it as well.
TROUBLE: dict[str, tuple[dict[str, str], set[str]]] = {
    "VideoBotDown": ({one("up"): steady(0)}, set()),
    "VideoBotRestarting": ({one("process_start_time_seconds"): growing(60)}, set()),
    "VideoBotNotReady": ({part("gateway", "failing"): steady(1)}, set()),
    "VideoBotDatabaseUnwritable": ({part("database", "failing"): steady(1)}, set()),
    "VideoBotDatabaseSlow": ({written_within("0.01"): growing(6)}, set()),
    "VideoBotLoopLag": ({one("videobot_event_loop_lag_seconds_sum"): growing(60)}, set()),
    "VideoBotQueueOld": ({one("videobot_queue_oldest_seconds"): growing(60)}, set()),
    "VideoBotProviderDown": ({one("videobot_provider_breaker_open", 'provider="main"'): steady(1)}, set()),
    "VideoBotProviderFaults": ({a_request("submit", "doubtful"): growing(4)}, set()),
    "VideoBotProviderRefusesAccount": (
        {one("videobot_provider_state", 'provider="main", state="credit"'): steady(1)}, set(),
    ),
    "VideoBotJobsUncertain": ({one("videobot_jobs", 'state="uncertain"'): steady(3)}, set()),
    "VideoBotVideosNotPosted": ({one("videobot_job_oldest_seconds", 'state="posting"'): growing(60)}, set()),
    "VideoBotDiskLow": ({one("videobot_disk_free_bytes"): steady(2**29)}, set()),
    "VideoBotDiskFull": ({one("videobot_disk_free_bytes"): steady(2**28)}, {"VideoBotDiskLow"}),
    # Known of none, and of an old one.
    "VideoBotBackupOld": ({one("videobot_backup_age_seconds"): "Inf " * 6 + f"172801x{STEPS - 6}"}, set()),
    "VideoBotClockInDoubt": ({one("videobot_clock_in_doubt"): steady(1)}, set()),
    # A queue that is old because of it is no further alert.
    "VideoBotPaused": (
        {one("videobot_paused"): steady(1), one("videobot_queue_oldest_seconds"): growing(60)}, set(),
    ),
    "VideoBotRestored": ({one("videobot_restored"): steady(1)}, set()),
    "VideoBotProviderPaused": (
        {one("videobot_provider_state", 'provider="main", state="by_owner"'): steady(1)}, set(),
    ),
    "VideoBotCeilingNear": ({one("videobot_daily_ceiling_used_ratio"): steady(0.8)}, set()),
}  # fmt: skip


@needs_promtool
def test_prometheus_reads_the_rules() -> None:
    """All of them."""
    assert f"SUCCESS: {len(ALERTS)} rules found" in promtool("check", "rules", str(RULES))


def series_of(bots: dict[str, dict[str, str]]) -> dict[str, str]:
    """The series of all those bots, by what is different with each from a calm one."""
    return {
        name.replace("INSTANCE", bot): values
        for bot, changed in bots.items()
        for name, values in (CALM | changed).items()
    }


@pytest.mark.slow
@needs_promtool
def test_each_alert_fires_in_its_trouble_and_none_in_calm(tmp_path: Path) -> None:
    """A bot in the trouble of an alert has that one, and no other but those that must be; a calm one has none."""
    assert set(TROUBLE) == set(ALERTS)
    bots = {CALM_BOT: dict[str, str]()} | {alert: changed for alert, (changed, _) in TROUBLE.items()}
    fires = {(alert, each) for alert, (_, others) in TROUBLE.items() for each in (alert, *others)}
    judge(tmp_path, [a_scenario(series_of(bots), STEP, {END: fires})], STEP)


@pytest.mark.slow
@needs_promtool
def test_the_judge_can_say_no(tmp_path: Path) -> None:
    """A scenario that expects an alert too many fails."""
    wrong = a_scenario(series_of({CALM_BOT: {}}), STEP, {END: {(CALM_BOT, "VideoBotDown")}})
    with pytest.raises(AssertionError, match="VideoBotDown"):
        judge(tmp_path, [wrong], STEP)


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    """A severity, a summary and an action, all of them sentences."""
    for rule in TEXT.split("      - alert: ")[1:]:
        name = rule.splitlines()[0]
        assert re.search(r"severity: (critical|warning)\n", rule), name
        summary, action = (re.search(rf'{word}: "(.+)"\n', rule) for word in ("summary", "action"))
        assert summary is not None, name
        assert action is not None, name
        assert summary[1].endswith((".", "}}.")), name
        assert action[1].endswith("."), name


def known_series() -> dict[str, set[str]]:
    """The labels of each series that a bot's page has, and of those that Prometheus adds."""
    found: dict[str, set[str]] = {"up": set()}
    for metric in every_metric(FakeClock())[1]:
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return {name: labels | {"instance", "job"} for name, labels in found.items()}


def selectors(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each series that PromQL in the text selects, with its labels and what they must be."""
    found = re.findall(r"\b((?:videobot|process|python)_\w+|up)\b(?:\{([^}]*)\})?", text)
    return [(name, re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"', within)) for name, within in found]


def strangers(text: str) -> list[str]:
    """What the PromQL in the text names that a bot's page doesn't have."""
    known, wrong = known_series(), list[str]()
    for name, labels in selectors(text):
        if name not in known:
            wrong.append(name)
        for label, values in labels:
            if label not in known.get(name, {label}):
                wrong.append(f"{name}: {label}")
            of_label = CLOSED.get(label)
            wrong += [f"{name}: {label}={value}" for value in values.split("|") if of_label and value not in of_label]
    for grouped in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", text):
        labels = {label.strip() for label in grouped.split(",")}
        wrong += sorted(labels - {label for each in known.values() for label in each})
    return wrong


def test_the_rules_name_only_what_there_is() -> None:
    """Series, labels, and what labels say: a rule about anything else would never fire."""
    expressions = re.findall(r"(?ms)^        expr: (.+?)^        (?:for|labels):", TEXT)
    assert len(expressions) == len(ALERTS)
    assert len(selectors("\n".join(expressions))) > len(ALERTS)
    assert [wrong for each in expressions for wrong in strangers(each)] == []


@pytest.mark.parametrize(
    "wrong", ["videobot_gone > 1", 'videobot_jobs{stat="x"}', 'videobot_jobs{state="gone"}', "sum by (planet) (up)"]
)
def test_what_there_is_not_is_found(wrong: str) -> None:
    """A name, a label, what it says, or a grouping."""
    assert len(strangers(wrong)) == 1


@needs_promtool
def test_prometheus_takes_the_settings_of_the_page(tmp_path: Path) -> None:
    """The blocks of docs/monitoring.md in one file, beside a copy of the rules; what the text says of the interval."""
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    written = "".join(re.findall(r"(?ms)^```yaml\n(.*?)^```", page))
    (tmp_path / "prometheus.yml").write_text(written)
    (tmp_path / RULES.name).write_text(RULES.read_text())
    assert f"SUCCESS: {len(ALERTS)} rules found" in promtool("check", "config", str(tmp_path / "prometheus.yml"))
    interval = re.search(r"(?m)^    scrape_interval: (\d+)s$", written)
    assert interval is not None
    assert f"every {interval[1]} seconds" in page


def test_the_page_explains_each_alert() -> None:
    """In its table, in the order of the rules."""
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8").partition("\n## Alerts")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", page) == ALERTS
