"""What the files of a cycle share: its list of attestees (¶9), courses (¶14), test results (¶17)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.intake import values
from attestation.intake.batch import sight_of
from attestation.intake.messages import declare, in_languages
from attestation.intake.spec import Column, Context, IntakeResource, SheetRow
from attestation.models import (
    Attestation,
    Cycle,
    Employee,
    Status,
)

declare(
    {
        "not_on_list": _(
            "There is nobody with this IIN on the list of the cycle %(code)s. Check the IIN and the cycle."
        ),
        "went_on": _("The case was acted on since; its status: “%(what)s”."),
    }
)


def iin_of(person: str) -> Column:
    """The column of the IIN; `person` is the way from a record to the employee."""
    return Column(values.iin, "ЖСН", "ИИН", "IIN", required=True, attribute=f"{person}__iin")


class OfTheCycle(IntakeResource):
    """Rows about the people of one cycle's centres."""

    needs_cycle = True

    iin = iin_of("employee")

    def check_access(self, context: Context) -> None:
        """The centre that formed the cycle, or one above it, works on its files (¶9)."""
        access.require(context.by.user, self.kind.right, context.the_cycle.center)

    def template_people(self, context: Context) -> QuerySet[Employee]:
        """Those on the list."""
        return Employee.objects.filter(pk__in=open_cases(context).values("employee"))

    def fail_unknown(self, row: SheetRow) -> None:
        """F-A1: one sentence for those who are not there and those who are not ours."""
        row.fail("iin", "unknown_iin")


class PersonFacts(NamedTuple):
    """An employee, as a row of a cycle's file speaks of them."""

    pk: int
    iin: str
    center__bin: str
    center__parent__bin: str | None


def people_by_iin(user: access.Anyone, iins: Collection[str]) -> dict[str, PersonFacts]:
    """The employees of these IINs in the officer's sight."""
    people = access.scoped(user, Employee.objects.filter(iin__in=iins))
    return {found[1]: PersonFacts(*found) for found in people.values_list(*PersonFacts._fields)}


def open_cases(context: Context) -> QuerySet[Attestation]:
    """The open cases of the cycle in the officer's sight."""
    cases = Attestation.objects.filter(cycle=context.the_cycle).exclude(status=Status.CLOSED)
    return access.scoped(context.by.user, cases)


def stage_and_sight(context: Context) -> dict[str, Any]:
    """The days of the testing stage, and what the officer sees."""
    cycle = context.the_cycle
    stage = [cycle.testing_starts.isoformat(), cycle.testing_ends.isoformat()]
    return {"stage": stage, **sight_of(context.by.user)}


def status_words(status: str) -> dict[str, str]:
    """A status in each language."""
    return in_languages(lambda: str(Status(status).label))


def lock_cycle(context: Context) -> None:
    """F-C5: two files of one cycle are confirmed one after the other; its days are those of now."""
    locked = context.locked(Cycle.objects.select_related("center"))
    context.cycle = locked.get(pk=context.the_cycle.pk)
