"""I-42: categories conferred before this order under other names, put on record as those of ¶7."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.deadlines.ledger import open_category_deadline
from attestation.labels import CATEGORIES
from attestation.law.calendar import former_category_due, local_day
from attestation.law.parameters import parameters_shown_on
from attestation.law.vocabulary import Category, Position, rank
from attestation.models import CategoryTerm, Employee, RuleSet
from attestation.refusals import Refused
from attestation.texts import required_text

NAME_MAX = 200


@transaction.atomic
def record_former_category(
    employee: Employee,
    category: str,
    former_name: str,
    starts_on: date,
    *,
    document: str,
    by: By,
) -> CategoryTerm:
    """I-42: with its old name and its document, the period counted from its own day (I-17).

    A period that is over by now is put on record as ended. Raises Refused, RuleRefusal.
    """
    person = Employee.objects.select_for_update(of=("self",)).select_related("center").get(pk=employee.pk)
    access.require(by.user, "set_category", person.center, person)
    name = required_text(former_name, _("Give the name under which it was conferred."), limit=NAME_MAX)
    paper = required_text(document, _("Name the document that conferred it."), limit=NAME_MAX)
    ends_on = _checked(person, category, starts_on, by.at)
    period = CategoryTerm.objects.create(
        employee=person,
        category=category,
        starts_on=starts_on,
        ends_on=ends_on,
        planned_ends_on=ends_on,
        former_name=name,
        document=paper,
    )
    if ends_on >= local_day(by.at):
        open_category_deadline(period, now=by.at)
    journal.record(
        "record_former_category",
        by=by,
        subject=f"employee:{person.pk}",
        data={
            "term": period.pk,
            "begun": [category, starts_on, ends_on],
            "former_name": name,
            "document": paper,
        },
    )
    return period


def _checked(person: Employee, category: str, starts_on: date, now: datetime) -> date:
    """The last day of the period. Raises Refused, RuleRefusal."""
    if person.position != Position.CAREER_SPECIALIST:
        raise Refused(
            "no_specialist",
            _("%(name)s is no specialist of a career centre: no category (¶7). Check the position."),
            cite="¶7",
            name=person.full_name,
        )
    if category not in set(Category) - {Category.NONE}:
        raise Refused("unknown_category", _("Choose the category of this order that it answers to."))
    if starts_on > local_day(now):
        raise Refused(
            "day_of_the_future",
            _("The day %(day)s is still to come. Give the day on which the category was conferred."),
            day=f"{starts_on:%d.%m.%Y}",
        )
    ends_on = former_category_due(
        starts_on, RuleSet.objects.first_day(), parameters_shown_on(starts_on)
    ).due_on
    beside = CategoryTerm.objects.filter(
        employee=person, suspended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on
    )
    for other in beside:
        held = Category(other.category)
        if other.ends_on >= other.starts_on and rank(held) >= rank(Category(category)):
            raise Refused(
                "category_beside",
                _("“%(category)s” is on record from %(from)s through %(through)s. Check the day."),
                cite="I-16",
                **{
                    "category": str(CATEGORIES[held]),
                    "from": f"{other.starts_on:%d.%m.%Y}",
                    "through": f"{other.ends_on:%d.%m.%Y}",
                },
            )
    return ends_on
