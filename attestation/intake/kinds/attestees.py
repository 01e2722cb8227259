"""The list of attestees of a cycle (¶9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.cases import cycles
from attestation.cases.listing import check_listing, in_the_way, listing_facts, standing_of
from attestation.cases.undone_imports import unlist
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource, lock_rows
from attestation.intake.kinds.cycle_files import (
    OfTheCycle,
    lock_cycle,
    open_cases,
    stage_and_sight,
    status_words,
)
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.intake.staged import acting, read_batch
from attestation.intake.traces import Left, numbers_by_record
from attestation.law.refusals import RuleRefusal
from attestation.models import (
    Attestation,
    Center,
    Employee,
    ImportJob,
    ImportRow,
    JournalEntry,
    StagedRows,
    Status,
)
from attestation.refusals import Refused

declare(
    {
        "own_listing": _("Nobody puts themselves on the list. Ask a colleague to import this row."),
        "closed_absent": _("The listing closed case %(what)s, in which the person was absent."),
    }
)

# What the journal says of a listing and of the letters about it; every other entry is an act on the case.
OF_THE_LISTING = ("list", "letter_came_back", "told_by_hand", "needs_attention")

# At which column of the file a refusal belongs; else at the IIN.
LISTING_FIELDS = {
    "purpose_not_of_position": "purpose",
    "repeat_of_another_purpose": "purpose",
    "initial_not_first": "purpose",
    "initial_with_category": "purpose",
    "category_facts_missing": "declared",
    "declared_none": "declared",
    "declared_below_existing": "declared",
    "declared_without_category_purpose": "declared",
}


@import_kind(
    "attestees",
    title=_("List of attestees"),
    right="list_attestees",
    command="list_attestees",
    place=30,
    step="list",
    link=_("Import a list"),
)
class AttesteeResource(OfTheCycle, BatchResource):
    """¶9: who is put on the list of a cycle, and for what."""

    undoable = True

    purpose = Column(values.choice(vocabulary.PURPOSES), "Мақсаты", "Цель", "Purpose", required=True)
    declared = Column(
        values.choice(vocabulary.CATEGORIES, choosable=False),
        "Мәлімделген санат",
        "Заявленная категория",
        "Declared category",
    )

    def template_people(self, context: Context) -> QuerySet[Employee]:
        """The staff of the cycle's centres who are not on its list."""
        centers = Center.objects.under(context.the_cycle.center)
        staff = access.scoped(context.by.user, Employee.objects.filter(center__in=centers, left_on=None))
        return staff.exclude(pk__in=super().template_people(context))

    def on_record(self, context: Context) -> QuerySet[Attestation]:
        return open_cases(context).select_related("employee").order_by("employee__sort_key", "pk")

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        cycle, wanted = context.the_cycle, self.given_in(rows, "iin")
        people = access.scoped(context.by.user, Employee.objects.filter(iin__in=wanted))
        standing = people.select_related("center__parent").annotate(standing=standing_of(cycle.testing_ends))
        self.people = {person.iin: person for person in standing}
        self.facts = listing_facts(cycle, [person.pk for person in self.people.values()], by=context.by)
        on_list = open_cases(context).filter(employee__iin__in=wanted)
        listed = on_list.values_list("employee__iin", "purpose", "declared")
        self.listed = {iin: (purpose, declared) for iin, purpose, declared in listed}

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {"purpose": row.get("purpose"), "declared": row.get("declared") or ""}
        person = self.people.get(row.get("iin"))
        if person is None:
            self.fail_unknown(row)
            return None, after
        if self.listed.get(person.iin) == (after["purpose"], after["declared"]):
            return after, after
        try:
            check_listing(context.the_cycle, person, **after, facts=self.facts, by=context.by)
        except (Refused, RuleRefusal) as refusal:
            row.refuse(LISTING_FIELDS.get(refusal.code, "iin"), refusal)
        if access.is_own(context.by.user, person):
            row.fail("iin", "own_listing")
        return None, after

    def seen(self, row: SheetRow) -> None:
        """None: an attestee is new; what the listing rests on stands in `derived`."""

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        person = self.people[row.get("iin")]
        return {"employee": person.pk, "standing": person.standing}

    def sight(self, context: Context) -> dict[str, Any]:
        cycle = context.the_cycle
        return {**stage_and_sight(context), "begun": cycle.testing_has_begun(context.today)}

    def lock(self, job: ImportJob, context: Context) -> None:
        """The cycle, the people, their cases that a listing closes or made: all before the first entry."""
        lock_cycle(context)
        self.context = context
        listed = acting(job).values("key")
        lock_rows(Employee.objects.filter(iin__in=listed).order_by("iin"))
        acted_on = Q(status=Status.ABSENT) | Q(cycle=context.the_cycle) & ~Q(status=Status.CLOSED)
        lock_rows(Attestation.objects.filter(acted_on, employee__iin__in=listed).order_by("pk"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        cycle = self.context.the_cycle
        in_service = Q(left_on=None) | Q(left_on__gt=self.context.today)
        as_seen = Employee.objects.filter(in_service, iin=OuterRef("key")).annotate(
            standing=standing_of(cycle.testing_ends)
        )
        others = Attestation.objects.filter(
            in_the_way(cycle, self.context.by.at), employee__iin=OuterRef("key")
        )
        return acting(job).filter(
            ~Exists(as_seen.filter(standing=KeyTextTransform("standing", OuterRef("derived"))))
            | Exists(others)
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        listings = [cycles.Listing(kept["employee"], **after) for kept, after in read_batch(rows)]
        cycles.list_attestees(context.the_cycle, listings, by=context.by)
        cases = open_cases(context).filter(employee__iin=OuterRef("key"))
        rows.queryset().update(record=Subquery(cases.values("pk")[:1]))

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """Whose case closed an absent one, and whose case went on."""
        numbers = numbers_by_record(rows)
        return {numbers[pk]: left for pk, left in (_closing(job, numbers) | went_on(numbers)).items()}

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        undone = rows.queryset().filter(left__isnull=True).values_list("record", flat=True)
        if cases := [pk for pk in undone if pk]:
            unlist(cases, job=rows.job_id, reason=reason, by=context.by)


def went_on(cases: Collection[int]) -> dict[int, Left]:
    """The cases of these keys that anybody acted on since they were listed, with the last act."""
    found = {}
    for pk, status in Attestation.objects.filter(pk__in=cases).values_list("pk", "status"):
        if status != Status.LISTED:
            found[pk] = Left("went_on", what=status_words(status))
    acts = JournalEntry.objects.filter(attestation__in=cases).exclude(act__in=OF_THE_LISTING)
    said = acts.order_by("seq").values_list("attestation", "attestation__status", "at", "actor__username")
    for pk, status, at, by in said:
        found[pk] = Left("went_on", at, by or "", status_words(status))
    return found


def _closing(job: ImportJob, cases: Collection[int]) -> dict[int, Left]:
    """I-23: the cases of these keys whose listing closed one of an absent person."""
    listed = Attestation.objects.filter(pk__in=cases)
    keys: dict[str, int] = dict(listed.values_list("case_no", "pk"))
    carried = Attestation.objects.filter(
        employee__in=listed.values("employee"), status=Status.CLOSED, status_reason__0__code="carried"
    )
    by = job.actor.username if job.actor else ""
    return {
        keys[reason[0]["case"]]: Left("closed_absent", job.confirmed_at, by, case_no)
        for case_no, reason in carried.values_list("case_no", "status_reason")
        if reason[0]["case"] in keys
    }
