"""What Prometheus is told. Apps declare what they count and what they read, and register it in `AppConfig.ready()`.

Values of labels come from code (names of views, grants, limits), never from what somebody sent.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from apps.core.count_store import Series, counts
from apps.core.ports import Registry

log = structlog.get_logger(__name__)
PREFIX = "gatehouse_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SUM, INFINITE = "sum", "+Inf"


@dataclass(frozen=True)
class Reading:
    """One look at everything: `totals` of what was counted so far."""

    now: datetime
    totals: Mapping[Series, float]

    def of(self, name: str) -> Iterator[tuple[Series, float]]:
        """Label values and totals of one metric."""
        for series, total in self.totals.items():
            if series[0] == name:
                yield series[1:], total


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def families(self, reading: Reading) -> Iterable[Metric]: ...


metrics: Registry[Source] = Registry("core.metrics")


@dataclass(frozen=True)
class Counter:
    """Counts in the web processes. `known` are shown from the start: a rate needs to have seen a zero."""

    name: str
    help: str
    labels: tuple[str, ...]
    known: tuple[Series, ...] = ()

    def count(self, *values: str) -> None:
        counts.add((self.name, *values))

    def families(self, reading: Reading) -> Iterable[Metric]:
        family = CounterMetricFamily(PREFIX + self.name, self.help, labels=self.labels)
        for values, total in sorted((dict.fromkeys(self.known, 0.0) | dict(reading.of(self.name))).items()):
            family.add_metric(values, total)
        yield family


@dataclass(frozen=True)
class Histogram:
    """How long something took in the web processes, in seconds."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = SECONDS

    def observe(self, seconds: float, *values: str) -> None:
        place = bisect_left(self.buckets, seconds)
        bound = str(self.buckets[place]) if place < len(self.buckets) else INFINITE
        counts.add((self.name, bound, *values))
        counts.add((self.name, SUM, *values), seconds)

    def families(self, reading: Reading) -> Iterable[Metric]:
        family = HistogramMetricFamily(PREFIX + self.name, self.help, labels=self.labels)
        found: dict[Series, dict[str, float]] = {}
        for (bound, *values), total in reading.of(self.name):
            found.setdefault(tuple(values), {})[bound] = total
        for values_of, by_bound in sorted(found.items()):
            family.add_metric(values_of, list(self._cumulated(by_bound)), sum_value=by_bound.get(SUM, 0.0))
        yield family

    def _cumulated(self, by_bound: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        total = 0.0
        for bound in (*map(str, self.buckets), INFINITE):
            total += by_bound.get(bound, 0.0)
            yield bound, total


@dataclass(frozen=True)
class Figures:
    """What is read when somebody asks, from where all processes keep it: the database, the cache.

    `read` makes a fixed number of statements, whatever there is.
    """

    name: str
    read: Callable[[datetime], Iterable[Metric]]

    def families(self, reading: Reading) -> Iterable[Metric]:
        return self.read(reading.now)


def gauge(
    name: str, help: str, samples: Mapping[Series, float] | float | None, labels: Sequence[str] = ()
) -> Metric:
    """One number, or one for each value of the labels; without a sample where there is nothing to tell."""
    if samples is None:
        samples = {}
    family = GaugeMetricFamily(PREFIX + name, help, labels=labels)
    for values, value in samples.items() if isinstance(samples, Mapping) else [((), samples)]:
        family.add_metric(values, value)
    return family


def running_total(name: str, help: str, total: float) -> Metric:
    """A counter that is kept elsewhere."""
    family = CounterMetricFamily(PREFIX + name, help)
    family.add_metric([], total)
    return family


class _Gathered:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def collect(self) -> Iterator[Metric]:
        readable: dict[Series, float] = {}
        for source in metrics:
            try:
                yield from list(source.families(self.reading))
            except Exception as error:  # noqa: BLE001 - what cannot be read must not hide what can
                log.warning("metrics_not_read", source=source.name, error=type(error).__name__)
                readable[source.name,] = 0.0
            else:
                if isinstance(source, Figures):
                    readable[source.name,] = 1.0
        yield gauge(
            "metrics_readable", "Whether this group of figures could be read.", readable, labels=("source",)
        )


def exposition(*, now: datetime) -> bytes:
    """Everything there is to tell, in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gathered(Reading(now, counts.store.totals())))
    return generate_latest(registry)
