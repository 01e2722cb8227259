"""Whose ladder and whose escalation address: the rule set of the deadline, else the one in force today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from attestation.law.calendar import local_day
from attestation.law.parameters import NotInForce
from attestation.models import Deadline, JobRun, RuleSet
from attestation.notices.ladder import KINDS, rungs_of

# The ladders that the ledger's next reminders were counted by stand in the record of this job.
JOB = "ladders"


@dataclass(frozen=True)
class RuleSets:
    """The rule sets as they are at the moment; there are few."""

    by_key: dict[int, RuleSet]
    in_force: RuleSet

    @classmethod
    def read(cls, now: datetime) -> RuleSets:
        """All of them, by two queries. Before the first one is in force, the defaults stand in."""
        try:
            in_force = RuleSet.objects.in_force_on(local_day(now))
        except NotInForce:
            in_force = RuleSet()
        return cls({row.pk: row for row in RuleSet.objects.all()}, in_force)

    def of(self, deadline: Deadline) -> RuleSet:
        """The rule set that the deadline was counted by, else the one in force."""
        return self.by_key.get(deadline.rule_set_id or 0, self.in_force)

    def address_of(self, rule_set_id: int | None) -> str:
        """Where what is overdue under a rule set is reported; an empty one leaves it to the one in force."""
        found = self.by_key.get(rule_set_id or 0, self.in_force)
        return found.escalation_address or self.in_force.escalation_address

    def addresses(self) -> set[str]:
        """Every escalation address."""
        return {row.escalation_address for row in self.by_key.values()} - {""}

    def reported_to(self) -> dict[str, str]:
        """The escalation address by key of the rule set; of what has none, under an empty key. JSON-able."""
        return {
            "": self.in_force.escalation_address,
            **{str(pk): self.address_of(pk) for pk in self.by_key},
        }

    def look_again_where_changed(self, now: datetime) -> None:
        """Where a ladder was changed, or another rule set came into force, have its deadlines looked at.

        Level-triggered: what the last look was counted by is on record, so that no way of changing a rule
        set can be forgotten. Rungs of the new ladder that have passed by now are not made up for.
        """
        ladders = self._as_data()
        known = JobRun.objects.filter(name=JOB).values_list("summary", flat=True).first()
        if known == ladders:
            return
        with transaction.atomic():
            run, _made = JobRun.objects.select_for_update().get_or_create(name=JOB)
            if run.summary:
                _look_again(run.summary, ladders, now)
            run.summary, run.started_at, run.finished_at = ladders, now, now
            run.save(update_fields=["summary", "started_at", "finished_at"])

    def _as_data(self) -> dict[str, dict[str, list[str]]]:
        """The ladders by key of the rule set; those of deadlines without one under an empty key."""
        rows = {"": self.in_force, **{str(pk): row for pk, row in self.by_key.items()}}
        return {key: {kind: rungs_of(row.ladders, kind) for kind in KINDS} for key, row in rows.items()}


def _look_again(old: dict[str, Any], new: dict[str, Any], now: datetime) -> None:
    for key, ladders in new.items():
        kinds = [kind for kind, rungs in ladders.items() if key in old and old[key].get(kind) != rungs]
        if not kinds:
            continue
        concerned = Deadline.objects.open().filter(kind__in=kinds, rule_set=int(key) if key else None)
        # What waits to be dealt with since before keeps its moment: nothing that passed meanwhile is lost.
        concerned.filter(Q(remind_at__isnull=True) | Q(remind_at__gt=now)).update(remind_at=now)
