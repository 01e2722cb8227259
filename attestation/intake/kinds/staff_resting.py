"""What an employee whom a staff file put on record, or changed, carries by now (undo)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from attestation.intake.messages import in_languages
from attestation.intake.spec import KINDS
from attestation.intake.traces import (
    Left,
    edited,
    given_back,
    imported,
    imported_again,
    latest,
    numbers_by_record,
)
from attestation.models import (
    CategoryTerm,
    Employee,
    ImportJob,
    ImportRow,
    JournalEntry,
    StagedRows,
    User,
)

# The fields that stand as text both in a staged row and on record.
TEXTS = ("last_name", "first_name", "patronymic", "unit", "email", "language", "position")


def what_rests(job: ImportJob, rows: StagedRows) -> dict[int, Left]:
    """The rows whose employees were touched since the import, or that anything rests on, by number."""
    since = job.confirmed_at
    assert since is not None
    staged = rows.queryset().filter(record__isnull=False)
    as_left = as_staged(Employee.objects.filter(pk=OuterRef("record")), "after").filter(
        version=Coalesce(OuterRef("seen"), 0) + 1
    )
    other = {pk for pk in staged.filter(~Exists(as_left)).values_list("record", flat=True) if pk}
    touched = other - _as_left_again(job, staged.filter(record__in=other))
    found = latest(edited(Employee, touched, since), imported_again(job, touched))
    if rows.kind == ImportRow.Kind.NEW:
        found |= _with_other_categories(job, staged) | _with_accounts(staged) | _with_records(staged)
    else:
        found |= _with_other_categories(job, staged.filter(derived__has_key="until"))
        found |= _with_categories_of_position(staged, since)
    found |= _on_lists(staged, since)
    numbers = numbers_by_record(rows) if found else {}
    return {numbers[pk]: why for pk, why in found.items()}


def as_staged(people: QuerySet[Employee], state: str) -> QuerySet[Employee]:
    """Those whose fields stand as in the staged row's `before` or `after`, and who are in service.

    By the fields too: not everything that changes a record is an act that counts its version.
    """
    named = {name: KeyTextTransform(name, OuterRef(state)) for name in TEXTS}
    return people.annotate(hired=Cast("hired_on", CharField())).filter(
        left_on=None,
        hired=KeyTextTransform("d", KeyTransform("hired_on", OuterRef(state))),
        center__bin=KeyTextTransform("center_bin", OuterRef(state)),
        **named,
    )


def _as_left_again(job: ImportJob, staged: QuerySet[ImportRow]) -> set[int]:
    """Whom later files changed that were undone, and nothing else: each counted the version twice."""
    times = given_back(job, [pk for pk in staged.values_list("record", flat=True) if pk])
    person = as_staged(Employee.objects.filter(pk=OuterRef("record")), "after")
    stand = staged.filter(record__in=times).annotate(version=Subquery(person.values("version")))
    found = stand.values_list("record", "seen", "version")
    return {pk for pk, seen, version in found if pk and version == (seen or 0) + 1 + 2 * times[pk]}


# What rests on an employee, by key; each with since when and by whom. The employees are those of staged rows,
# named by them: a list of 2,000 keys costs more in each statement than all that it finds.


def _with_other_categories(job: ImportJob, staged: QuerySet[ImportRow]) -> dict[int, Left]:
    """Whose categories are no longer those that the file put on record."""
    conferred = staged.annotate(until=KeyTextTransform("until", "derived")).filter(until__isnull=False)
    expected = {pk for pk in conferred.values_list("record", flat=True) if pk}
    as_written = Q(decision=None, former_name="", suspended_at=None, ended_by=None)
    periods = CategoryTerm.objects.filter(employee__in=staged.values("record")).order_by()
    counted = periods.values("employee").annotate(all=Count("pk"), untouched=Count("pk", filter=as_written))
    counts = {pk: both for pk, *both in counted.values_list("employee", "all", "untouched")}
    other = {pk for pk in expected if counts.get(pk) != [1, 1]} | (counts.keys() - expected)
    assert job.confirmed_at is not None
    by_hand = edited(Employee, other, job.confirmed_at, act="record_former_category")
    return _of_categories(latest(by_hand, imported_again(job, other, derived__has_key="until")))


def _with_categories_of_position(staged: QuerySet[ImportRow], since: datetime) -> dict[int, Left]:
    """¶7: whose category was put on record since in the position that the file brought."""
    was, now = (KeyTextTransform("position", state) for state in ("before", "after"))
    moved = staged.annotate(was=was, now=now).exclude(was=F("now")).values_list("record", flat=True)
    found = edited(Employee, [pk for pk in moved if pk], since, act="record_former_category")
    return _of_categories({pk: left for pk, left in found.items() if left.since})


def _of_categories(traces: dict[int, Left]) -> dict[int, Left]:
    title = in_languages(partial(str, CategoryTerm._meta.verbose_name_plural))
    return {pk: replace(left, why="has_records", what=title) for pk, left in traces.items()}


def _with_accounts(staged: QuerySet[ImportRow]) -> dict[int, Left]:
    accounts = User.objects.filter(employee__in=staged.values("record"))
    facts = accounts.values_list("employee_id", "date_joined", "username")
    return {pk: Left("has_account", since, what=name) for pk, since, name in facts}


def _with_records(staged: QuerySet[ImportRow]) -> dict[int, Left]:
    """With rows of other kinds of files: courses, ratings, violations."""
    found: dict[int, Left] = {}
    for kind in KINDS.values():
        model = kind.resource.model
        if model is None or not any(field.related_model is Employee for field in model._meta.fields):
            continue
        rows = model._base_manager.filter(employee__in=staged.values("record"))
        owners = dict(rows.values_list("pk", "employee_id"))
        traces = imported(kind.name, owners) if owners else {}
        title = in_languages(partial(str, model._meta.verbose_name_plural))
        for pk, owner in owners.items():
            since, by = traces.get(pk, (None, ""))
            found[owner] = Left("has_records", since, by, title)
    return found


def _on_lists(staged: QuerySet[ImportRow], since: datetime) -> dict[int, Left]:
    """On a list that was formed with what the file says."""
    whose = staged.values("record")
    entries = JournalEntry.objects.filter(act="list", attestation__employee__in=whose, at__gte=since)
    listed = entries.values_list("attestation__employee_id", "at", "actor__username", "attestation__case_no")
    return {pk: Left("on_list", at, by or "", case) for pk, at, by, case in listed}
