"""Prometheus' own `promtool` for tests. Where it isn't installed they are skipped, loudly."""

import json
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("promtool")
RULES = Path(__file__).resolve().parents[1] / "deploy/prometheus/alerts.yml"
needs_promtool = pytest.mark.skipif(
    PROGRAM is None, reason="NO PROMTOOL: THE ALERT RULES ARE NOT TESTED. Install Debian's package prometheus."
)
# Whether one alert fires.
FIRES = '(count(ALERTS{{alertname="{alert}", alertstate="firing"}}) > bool 0) or vector(0)'
# Which alerts fire for which bots.
FIRING = 'count by (instance, alertname) (ALERTS{alertstate="firing"})'


def promtool(*arguments: str, given: str = "") -> str:
    """What promtool says to that; empty if it has nothing to say. Fails the test with its words otherwise."""
    ran = subprocess.run(
        [str(PROGRAM), *arguments], input=given, text=True, capture_output=True, timeout=120, check=False
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout + ran.stderr


def a_scenario(
    series: Mapping[str, str], step_seconds: int, fires: Mapping[int, Collection[tuple[str, str]]]
) -> dict[str, Any]:
    """One scenario for `judge`: series by their names with labels, each with its values in promtool's notation.

    `fires`: at which second exactly which alerts fire, each as the bot's instance and the name of the alert.
    """
    return {
        "interval": f"{step_seconds}s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": FIRING,
                "eval_time": f"{at_seconds}s",
                "exp_samples": [
                    {"labels": f'{{instance="{bot}", alertname="{alert}"}}', "value": 1}
                    for bot, alert in sorted(alerts)
                ],
            }
            for at_seconds, alerts in fires.items()
        ],
    }


def a_record(
    series: Mapping[str, str], step_seconds: int, looks: Iterable[tuple[int, Mapping[str, bool]]]
) -> dict[str, Any]:
    """The same for what was recorded: each of `looks` has a second, and which alerts fire then and which don't."""
    return a_scenario(series, step_seconds, {}) | {
        "promql_expr_test": [
            {
                "expr": FIRES.format(alert=alert),
                "eval_time": f"{at_seconds}s",
                "exp_samples": [{"labels": "{}", "value": int(fires)}],
            }
            for at_seconds, alerts in looks
            for alert, fires in alerts.items()
        ],
    }


def judge(folder: Path, scenarios: Sequence[Mapping[str, Any]], step_seconds: int) -> None:
    """Let promtool judge the alert rules by those scenarios."""
    file = folder / "scenarios.json"
    file.write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": f"{step_seconds}s", "tests": list(scenarios)})
    )
    promtool("test", "rules", str(file))
