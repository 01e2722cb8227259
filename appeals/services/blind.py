"""On whose cases the commission rules without the name. Ours, not the order's."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from appeals.models import AgendaItem, AppealItem, CommissionRules, Sitting
from attestation import clock
from attestation.cases.waiting import FOR_A_RULING, held_for
from attestation.law.calendar import local_day
from attestation.models import Attestation


def under_blind_review() -> list[QuerySet[Any, Any]]:
    """The employees of open items, as subqueries of `person`: a question neither ruled on nor withdrawn, a
    held row 2 (I-04, I-05). What is sealed in a sitting is open no more, and what is reopened is again.

    Registered with `access`. It is asked for whoever reads now, so it asks for the time itself.
    """
    in_force = CommissionRules.objects.filter(effective_from__lte=local_day(clock.now()))
    rules = in_force.order_by("-effective_from").first()
    if rules is not None and not rules.blind_review:
        return []
    sealed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.RULED, sitting__state=Sitting.State.OPEN)
    items = AppealItem.objects.unclosed().exclude(agenda_items__in=sealed).order_by()
    rows = Attestation.objects.filter(held_for(FOR_A_RULING)).exclude(agenda_items__in=sealed).order_by()
    return [
        items.annotate(person=F("appeal__attestation__employee")).values("person"),
        rows.annotate(person=F("employee")).values("person"),
    ]
