"""A second region as full as the first: each row that a table has of the one alone stands in it once more."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.db.models import CharField, Model

from appeals.models import AgendaItem, Appeal, AppealItem, Attachment, Commission, Membership, Sitting
from attestation import access
from attestation.admin.base import REFERENCE
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    Cycle,
    Deadline,
    Decision,
    Employee,
    JournalEntry,
    Result,
    User,
)
from tests.attestation.admin_cast import Region

# Their rows are made by what makes a region, are nobody's own, or a commission's.
MADE = (Center, User, JournalEntry, *REFERENCE, Commission, Membership, Sitting, AgendaItem)


def make_twins(here: Region, there: Region) -> list[Model]:
    """Copies, about the other region's people, of what it has nothing of."""
    case = there.case
    ours: dict[type[Model], Model | None] = {
        Center: there.center,
        Employee: case.employee,
        User: there.officer,
        Cycle: case.cycle,
        Attestation: case,
        Appeal: there.appeal,
        AppealItem: there.appeal.items.order_by("pk").first(),
        Result: case.results.order_by("pk").last(),
        Decision: case.decisions.order_by("pk").last(),
        Deadline: Deadline.objects.filter(attestation=there.appealed).order_by("pk").first(),
    }
    made: list[Model] = []
    for model in (*admin.site._registry, CategoryTerm, Attachment):
        if model in MADE or model._meta.proxy or model not in access.CENTER_PATHS:
            continue
        rows = model._default_manager.order_by("pk")
        if access.in_sight(there.officer, rows).exists():
            continue
        row = access.in_sight(here.officer, rows).first() or rows.first()
        if row is not None:
            made.append(copied(row, ours))
    return made


def copied(row: Any, ours: dict[type[Model], Model | None]) -> Model:
    """The row once more, about what is ours; a name that may stand once alone is another one."""
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.name)
        if field.primary_key:
            continue
        if field.related_model in ours and value is not None:
            value = ours[field.related_model]
        elif value and isinstance(field, CharField) and (field.unique or field.name == "external_id"):
            value = uuid4().hex[: field.max_length]
        values[field.name] = value
    made: list[Model] = type(row)._default_manager.bulk_create([type(row)(**values)])
    return made[0]
