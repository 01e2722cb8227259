"""¶9: people put on the list of a cycle from a table with ticks; who can't be stands there with a reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.db.models import Max, QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import clock
from attestation.admin.action_pages import refusal_text
from attestation.admin.actions import ActionForm
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import visible
from attestation.by import By
from attestation.cases.cycles import Listing, list_attestees
from attestation.cases.listing import ListingFacts, check_listing, listing_facts
from attestation.labels import CATEGORIES, PURPOSES
from attestation.law.calendar import local_day
from attestation.law.listing import same_duty
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, Purpose
from attestation.models import Attestation, CategoryTerm, Cycle, Deadline, Employee, Status
from attestation.refusals import Refused

# More people than that are put on a list by a file.
MOST_PEOPLE = 500
WAYS = (
    *((purpose, "") for purpose in (Purpose.INITIAL, Purpose.POSITION)),
    *((Purpose.CATEGORY, category) for category in list(CATEGORIES)[1:]),
)


class Way(NamedTuple):
    """One way to be put on the list: a purpose, and for an application the category."""

    value: str
    label: str


@dataclass(frozen=True)
class Candidate:
    """One person of the centre as the table shows them; without `ways` they can't be listed, and `why`."""

    person: Employee
    ways: list[Way]
    chosen: str
    why: str
    category: str
    until: date | None
    attested_on: date | None
    owes: list[tuple[str, date | None]]
    ticked: bool


class ListForm(ActionForm):
    """Who is put on the list, and for what: `people` holds "employee:purpose:category" of each.

    The table sends the ticked employees as `tick` and the way of each as `as-<employee>`.
    """

    people = forms.MultipleChoiceField(
        label=gettext_lazy("People"),
        widget=forms.MultipleHiddenInput,
        error_messages={"required": gettext_lazy("Tick at least one person.")},
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None and "tick" in data:
            data = data.copy()
            data.setlist("people", [f"{pk}:{data.get(f'as-{pk}', '')}" for pk in data.getlist("tick")])
        super().__init__(data, *args, **kwargs)

    def prepare(self) -> None:
        """Whoever is in sight at the centre and its career centres, and not on this list."""
        data = self.data
        self.sent = set(data.getlist("people")) if isinstance(data, MultiValueDict) else set()
        self.choose_from("people", [(value, value) for value in self.sent])

    def staff(self) -> QuerySet[Employee]:
        """In the order of names."""
        center = self.obj.center
        on_list = self.obj.attestations.exclude(status=Status.CLOSED).values("employee")
        staff = visible(self.user, Employee.objects.filter(left_on__isnull=True))
        staff = staff.filter(center__in=type(center).objects.under(center)).exclude(pk__in=on_list)
        return staff.select_related("center__parent").order_by("sort_key", "pk")

    def clean_people(self) -> list[Listing]:
        """Everybody who can't be listed that way is named with the reason, all at once."""
        wanted = [value.split(":") for value in self.cleaned_data["people"]]
        if any(len(parts) != 3 or not is_plain_key(parts[0]) for parts in wanted):
            raise forms.ValidationError(_("Choose for each ticked person what the attestation is for."))
        people = self.staff().in_bulk([int(pk) for pk, _purpose, _category in wanted])
        if len(people) < len(wanted):
            raise forms.ValidationError(_("Somebody ticked can't be put on this list. Look at it again."))
        by = By(self.user, clock.now())
        facts = listing_facts(self.obj, people.keys(), by=by)
        listings = [Listing(int(pk), purpose, category) for pk, purpose, category in wanted]
        errors = [
            f"{people[one.employee_id].full_name}: {why}"
            for one in listings
            if (why := refusal(self.obj, people[one.employee_id], one, facts, by))
        ]
        if errors:
            raise forms.ValidationError(errors)
        return sorted(listings, key=lambda one: (people[one.employee_id].sort_key, one.employee_id))

    def candidates(self) -> list[Candidate]:
        """The rows of the table: whoever owes an attestation first."""
        people = list(self.staff()[:MOST_PEOPLE])
        by = By(self.user, clock.now())
        table = _Table(self.obj, people, self.sent, by)
        rows = [table.row(person) for person in people]
        return sorted(rows, key=lambda row: (not row.owes, not row.ways))

    def more(self) -> int:
        """How many people the table has no room for."""
        return max(0, self.staff().count() - MOST_PEOPLE)


def refusal(cycle: Cycle, person: Employee, listing: Listing, facts: ListingFacts, by: By) -> str:
    """What speaks against it, in words; "" where nothing does."""
    try:
        check_listing(cycle, person, listing.purpose, listing.declared, facts, by=by)
    except (Refused, RuleRefusal) as refused:
        return refusal_text(refused)
    except ValueError:
        return _("Choose what the attestation is for.")
    return ""


class _Table:
    """What the rows say of these people, by queries whose number does not depend on how many they are."""

    def __init__(self, cycle: Cycle, people: Sequence[Employee], sent: Collection[str], by: By) -> None:
        self.cycle, self.by = cycle, by
        keys = [person.pk for person in people]
        self.facts = listing_facts(cycle, keys, by=by)
        self.sent = {
            int(value.split(":")[0]): value.partition(":")[2]
            for value in sent
            if is_plain_key(value.split(":")[0])
        }
        periods = CategoryTerm.objects.in_force_on(local_day(by.at)).filter(employee__in=keys)
        self.periods = {period.employee_id: period for period in periods.order_by("ends_on")}
        final = Attestation.objects.filter(employee__in=keys, status=Status.FINAL)
        self.attested = dict(final.order_by().values_list("employee").annotate(Max("cycle__testing_ends")))
        duties = [duty.decision_id for owed in self.facts.duties.values() for duty in owed]
        due = Deadline.objects.open().filter(kind=Deadline.Kind.REATTESTATION, decision__in=duties)
        self.due = dict(due.values_list("decision", "due_on"))

    def row(self, person: Employee) -> Candidate:
        ways, why = self._ways(person)
        period = self.periods.get(person.pk)
        owed = self.facts.duties.get(person.pk, ())
        return Candidate(
            person=person,
            ways=ways,
            chosen=self.sent.get(person.pk) or self._first(person, ways),
            why=why,
            category=period.get_category_display() if period else "",
            until=period.ends_on if period else None,
            attested_on=self.attested.get(person.pk),
            owes=[
                (str(PURPOSES[Purpose(duty.attestation.purpose)]), self.due.get(duty.decision_id))
                for duty in owed
            ],
            ticked=person.pk in self.sent,
        )

    def _ways(self, person: Employee) -> tuple[list[Way], str]:
        """What can be chosen; where that is nothing, why: not that the position lacks the purpose."""
        ways, refused = [], []
        for purpose, category in WAYS:
            listing = Listing(person.pk, purpose, category)
            try:
                check_listing(self.cycle, person, purpose, category, self.facts, by=self.by)
            except (Refused, RuleRefusal) as refusal:
                if refusal.code != "purpose_not_of_position":
                    refused.append(refusal)
                continue
            label = str(PURPOSES[purpose])
            if category:
                # Short, so that a phone shows which category it is.
                label = _("category: %(category)s") % {"category": CATEGORIES[Category(category)]}
            ways.append(Way(f"{listing.purpose}:{category}", label))
        return ways, "" if ways or not refused else refusal_text(refused[0])

    def _first(self, person: Employee, ways: Sequence[Way]) -> str:
        """What is owed, else what is offered first."""
        owed = [Purpose(duty.attestation.purpose) for duty in self.facts.duties.get(person.pk, ())]
        for way in ways:
            if any(same_duty(purpose, Purpose(way.value.partition(":")[0])) for purpose in owed):
                return way.value
        return ways[0].value if ways else ""


def add_attestees(cycle: Cycle, answers: dict[str, Any], by: By) -> str:
    """One call of the service for all of them."""
    cases = list_attestees(cycle, answers["people"], by=by)
    if len(cases) == 1:
        said = {"name": cases[0].employee.full_name, "case": cases[0].case_no}
        return _("%(name)s is on the list: case %(case)s.") % said
    return ngettext("%(count)s person is on the list.", "%(count)s people are on the list.", len(cases)) % {
        "count": len(cases)
    }
