"""Writes all metrics as Prometheus reads them. One that fails is logged and left out; the rest is served."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from bot.web.counters import Counters
from bot.web.gauges import MEASURES, Reading

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Exposition:
    """The metrics of one process."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        # The libraries' own: memory, processor time and open files; the version of Python; its garbage collector.
        self._libraries = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._libraries)

    def collect(self, reading: Reading) -> Iterator[Metric]:
        """Everything, as far as it can be collected."""
        sources: list[tuple[str, Callable[[], Iterable[Metric]]]] = [
            *((measure.__name__, partial(measure, reading, self._counters.stays)) for measure in MEASURES),
            ("libraries", self._libraries.collect),
            # Last, with the faults of those before.
            ("counters", self._counters.collect),
        ]
        for name, source in sources:
            yield from self._guarded(name, source)

    def text(self, reading: Reading) -> bytes:
        """The page."""
        return generate_latest(_Collected(self.collect(reading)))

    def _guarded(self, name: str, source: Callable[[], Iterable[Metric]]) -> list[Metric]:
        try:
            return list(source())
        except Exception:  # noqa: BLE001  # a metric's fault must not take the others
            self._counters.note_fault(name)
            return []


class _Collected:
    """A collector, as the library calls it."""

    def __init__(self, metrics: Iterator[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """The metrics, once."""
        return self._metrics
