"""Scrapes a bot as Prometheus would, at moments of the stage's clock, and writes the metrics as series of equal steps.

The text is that of promtool's unit tests: a value for each step, `_` for none, `stale` where a series has ended.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping

import aiohttp

_SAMPLE = re.compile(r"(\w+(?:\{[^}]*\})?) (\S+)")
_SECONDS = 10.0
_NONE, _STALE = "_", "stale"
_UP = "up"


class Scraper:
    """Remembers each scrape: when it was, and the samples by their names with labels; without a bot only `up`."""

    def __init__(self, port: int, names: Collection[str], now: Callable[[], float] = time.time) -> None:
        """`port` is the bot's HTTP_PORT; of its series those of these names are kept."""
        self.port = port
        self.now = now
        self._names = frozenset(names)
        self._scrapes: list[tuple[float, dict[str, str]]] = []
        self.page = ""
        """The latest page."""
        self.moments: dict[str, float] = {}

    @property
    def last_at(self) -> float:
        """When it scraped last."""
        return self._scrapes[-1][0]

    def remember(self, what: str) -> None:
        """The latest scrape was at that moment."""
        self.moments[what] = self.last_at

    async def scrape(self) -> None:
        """Read the page now."""
        at, samples = self.now(), {_UP: "0"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
                session.get(f"http://127.0.0.1:{self.port}/metrics") as response,
            ):
                page = await response.text()
                if response.status == 200:
                    self.page = page
                    samples = {_UP: "1", **self._read(page)}
        except (aiohttp.ClientError, OSError):
            # No bot, or one that hangs.
            pass
        self._scrapes.append((at, samples))

    def step_of(self, at: float, step_seconds: float) -> int:
        """In which step that moment lies."""
        return int((at - self._scrapes[0][0]) / step_seconds)

    def series(self, step_seconds: float, labels: str) -> Mapping[str, str]:
        """The values of each series, by its name with its labels and these; the last scrape of a step counts."""
        steps: dict[int, dict[str, str]] = {}
        for at, samples in self._scrapes:
            steps[self.step_of(at, step_seconds)] = samples
        names = {name for samples in steps.values() for name in samples}
        return {_with(name, labels): " ".join(_values(name, steps)) for name in sorted(names)}

    def _read(self, page: str) -> dict[str, str]:
        found = (match for line in page.splitlines() if (match := _SAMPLE.fullmatch(line)))
        return {match[1]: match[2] for match in found if match[1].partition("{")[0] in self._names}


def _values(name: str, steps: Mapping[int, Mapping[str, str]]) -> list[str]:
    values, is_live = list[str](), False
    for step in range(max(steps) + 1):
        samples = steps.get(step)
        if samples is None:
            values.append(_NONE)
            continue
        values.append(samples.get(name, _STALE if is_live else _NONE))
        is_live = name in samples
    return values


def _with(name: str, labels: str) -> str:
    bare, _, own = name.partition("{")
    return f"{bare}{{{labels}{', ' if own else ''}{own or '}'}"
