"""What was scraped of a bot, and which alerts had to fire when; promtool judges the rules by it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from sandbox.chaos.scraping import Scraper
from tests.figures import IN_FULL
from tests.promtool import PROGRAM, a_record, judge
from tests.rules.test_alert_rules import ALERTS, TEXT, selectors

STEP = 60
# The series that the rules are about.
NAMES = {name for name, _labels in selectors(TEXT)}
# By the machine's own time, of which a minute of the stage takes a moment: their troubles take long, and on a busy
# machine they may be right at any time.
BY_REAL_TIME = {"VideoBotLoopLag", "VideoBotDatabaseSlow", "VideoBotDatabaseUnwritable"}
TRIED = set(ALERTS) if IN_FULL else set(ALERTS) - BY_REAL_TIME


class Record:
    """The scrapes of one bot, with looks at them."""

    def __init__(self, scraper: Scraper, step_seconds: int = STEP) -> None:
        """`step_seconds`: of all scrapes within such a step the last one counts."""
        self.scraper = scraper
        self._step_seconds = step_seconds
        self._looks: list[tuple[float, Mapping[str, bool]]] = []
        self.seen: set[str] = set()

    def fire(self, *alerts: str, at: float | None = None) -> None:
        """At the latest scrape, or the one of that moment, these must fire."""
        self._looks.append((self.scraper.last_at if at is None else at, dict.fromkeys(alerts, True)))
        self.seen.update(alerts)

    def silent(self, but: Mapping[str, bool] = MappingProxyType({})) -> None:
        """At the latest scrape none may fire; `but` has others that must be so."""
        self._looks.append((self.scraper.last_at, dict.fromkeys(sorted(TRIED), False) | dict(but)))

    def missing(self) -> set[str]:
        """The series that the rules are about and that were never there."""
        return NAMES - {name.partition("{")[0] for name in self.scraper.series(self._step_seconds, "")}

    def judge(self, folder: Path) -> None:
        """Let promtool look."""
        if PROGRAM is None:
            pytest.skip("NO PROMTOOL: WHETHER THE ALERTS FIRE IS NOT TESTED. Install Debian's package prometheus.")
        step = self._step_seconds
        series = self.scraper.series(step, 'instance="bot", job="videobot"')
        looks = [(self.scraper.step_of(at, step) * step, alerts) for at, alerts in self._looks]
        judge(folder, [a_record(series, step, looks)], step)
