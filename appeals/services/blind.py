"""On whose cases the commission rules without the name. Ours, not the order's."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

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
    latest = in_force.order_by("-effective_from").values("blind_review")[:1]
    # Asked within the queries themselves, which every page of a voter makes anyway.
    is_blind = Exact(Coalesce(Subquery(latest), Value(True)), True)
    sealed = AgendaItem.objects.filter(outcome=AgendaItem.Outcome.RULED, sitting__state=Sitting.State.OPEN)
    items = AppealItem.objects.unclosed().filter(is_blind).exclude(agenda_items__in=sealed).order_by()
    held = Attestation.objects.filter(is_blind, held_for(FOR_A_RULING))
    rows = held.exclude(agenda_items__in=sealed).order_by()
    return [
        items.annotate(person=F("appeal__attestation__employee")).values("person"),
        rows.annotate(person=F("employee")).values("person"),
    ]
