"""The same facts as figures, in the text form that Prometheus reads; computed when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Count, Max
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from attestation.models import Heartbeat, JobRun, Notice, ReadyEffect, WorkFailure
from office.health import health
from office.health.line import BAD, GOOD, WAIT, Line
from office.sweep import sweep

CONTENT_TYPE = CONTENT_TYPE_LATEST
VALUES = {GOOD: 0, WAIT: 1, BAD: 2}


def exposition(now: datetime) -> bytes:
    """All figures as they are now."""
    registry = CollectorRegistry()
    registry.register(Figures(now))
    return generate_latest(registry)


class Figures(Collector):
    """Gauges of one moment. Labels are kinds, states and parts: no person and no machine."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing beforehand: else registering would ask the database a first time."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """An age is left out where the thing never happened, or nothing waits."""
        found = health.lines(self.now)
        yield _by("health", "State of a part: 0 good, 1 to be looked at, 2 bad.", "part", _parts(found))
        swept = JobRun.objects.filter(name=sweep.JOB).values_list("finished_at", flat=True).first()
        yield self._age("sweep_age_seconds", "Seconds since a sweep was last finished.", swept)
        seen = Heartbeat.objects.order_by("kind").values_list("kind").annotate(at=Max("seen_at"))
        ages = {kind: (self.now - at).total_seconds() for kind, at in seen}
        yield _by("heartbeat_age_seconds", "Seconds since one of the kind last worked.", "kind", ages)
        oldest = next(line.since for line in found if line.key == "unsent")
        yield self._age(
            "oldest_unsent_letter_seconds", "Age of the oldest letter that should be out.", oldest
        )
        counted = dict(Notice.objects.order_by().values_list("state").annotate(n=Count("pk")))
        states = {state: counted.get(state, 0) for state in Notice.State.values}
        yield _by("outbox_notices", "Notices in the outbox.", "state", states)
        failing = WorkFailure.objects.filter(solved_at__isnull=True).count()
        yield _gauge("needs_attention", "Records on which scheduled work fails.", failing)
        waiting = ReadyEffect.objects.waiting().count()
        yield _gauge("waiting_for_confirmation", "Effects that wait for a person.", waiting)

    def _age(self, name: str, text: str, since: datetime | None) -> GaugeMetricFamily:
        return _gauge(name, text, None if since is None else (self.now - since).total_seconds())


def _parts(found: Iterable[Line]) -> dict[str, int]:
    """The worst tone of each part: what stands behind a colon names a process or a year."""
    parts: dict[str, int] = {}
    for line in found:
        part = line.key.partition(":")[0]
        parts[part] = max(parts.get(part, 0), VALUES[line.tone])
    return parts


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"attestation_{name}", text, value=value)


def _by(name: str, text: str, label: str, values: dict[str, float] | dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"attestation_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
