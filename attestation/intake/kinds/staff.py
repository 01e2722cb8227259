"""The staff file: who works where, since when, and the first category on record (¶7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.identifiers import birth_date
from attestation.intake import values, vocabulary
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, import_kind
from attestation.law.calendar import add_months
from attestation.law.listing import check_position_at
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, CenterKind, Position
from attestation.models import CategoryTerm, Center, Employee
from attestation.people import StaffRow, period_end, save_staff

WORKING_AGE = 14
TEXTS = ("last_name", "first_name", "patronymic", "unit", "email")
DEFAULT_LANGUAGE = "kk"


def _last_period(person: Employee) -> CategoryTerm | None:
    periods = [period for period in person.category_terms.all() if period.suspended_at is None]
    return max(periods, key=lambda period: period.starts_on, default=None)


def _category(person: Employee) -> str:
    period = _last_period(person)
    return vocabulary.label(vocabulary.CATEGORIES, period.category) if period else ""


def _category_from(person: Employee) -> date | None:
    period = _last_period(person)
    return period.starts_on if period else None


declare(
    {
        "own_record": _("Nobody changes their own record. Ask a colleague to import this row."),
        "unknown_center": _(
            "There is no centre with the BIN %(bin)s among yours. "
            "Correct the BIN, or have the centre imported first."
        ),
        "another_center": _(
            "This employee is on the staff of another centre. A transfer is an act of its own, "
            "with the consent of both centres; an import does not make it."
        ),
        "not_born": _("By this IIN the employee is not born yet. Compare it with the document."),
        "hired_in_future": _("The date of hiring is in the future. Correct it."),
        "hired_before_birth": _(
            "The date of hiring is before the date of birth in the IIN. Correct one of them."
        ),
        "hired_young": _("Hired before the age of %(age)s by the IIN; check both."),
        "left_service": _("This employee left service on %(day)s; taking them back is an act of its own."),
        "category_missing": _("A date of conferral is given without a category. Fill in the category."),
        "category_from_missing": _("Give the day from which the category holds."),
        "category_on_record": _(
            "A category is on record already (%(category)s from %(day)s); an import does not change "
            "it. Leave the cell blank or give the same values."
        ),
        "may_not_set_category": _(
            "You may not set a category. Leave the cell blank or ask the administrator."
        ),
        "category_of_position": _(
            "Only a specialist of a career centre has a category. Leave the cell blank."
        ),
        "conferred_in_future": _("The day of conferral is in the future. Correct it."),
        "category_ended": _("The category's term ended on %(day)s; it is put on record as ended."),
    }
)


@import_kind("staff", title=_("Staff"), right="import_staff", command="import_staff", place=20)
class StaffResource(IntakeResource):
    """Employees by IIN. An import never removes anybody and never moves anybody between centres."""

    iin = Column(values.iin, "ЖСН", "ИИН", "IIN", required=True, attribute="iin")
    last_name = Column(values.text(120), "Тегі", "Фамилия", "Last name", required=True, attribute="last_name")
    first_name = Column(values.text(120), "Аты", "Имя", "First name", required=True, attribute="first_name")
    patronymic = Column(values.text(120), "Әкесінің аты", "Отчество", "Patronymic", attribute="patronymic")
    center_bin = Column(
        values.bin_number,
        "Орталықтың БСН",
        "БИН центра",
        "Center BIN",
        required=True,
        attribute="center__bin",
    )
    unit = Column(values.text(255), "Бөлім", "Подразделение", "Unit", attribute="unit")
    language = Column(values.choice(vocabulary.LANGUAGES), "Тіл", "Язык", "Language", attribute="language")
    position = Column(
        values.choice(vocabulary.POSITIONS),
        "Лауазымы",
        "Должность",
        "Position",
        required=True,
        export=lambda person: vocabulary.label(vocabulary.POSITIONS, person.position),
    )
    hired_on = Column(
        values.day, "Қабылданған күні", "Дата приёма", "Hired on", required=True, attribute="hired_on"
    )
    email = Column(values.email, "Электрондық пошта", "Электронная почта", "E-mail", attribute="email")
    category = Column(
        values.choice(vocabulary.CATEGORIES), "Санаты", "Категория", "Category", export=_category
    )
    category_from = Column(
        values.day,
        "Санат берілген күні",
        "Дата присвоения категории",
        "Category from",
        export=_category_from,
    )

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        self.fail_doubled(rows, "iin")
        # Locked before the people: two files of one centre are confirmed one after the other (F-C5).
        centers = context.by_key(Center.objects.all(), "bin", self.given_in(rows, "center_bin"))
        seen = set(access.centers_of(context.by.user).values_list("pk", flat=True))
        self.centers = {number: center for number, center in centers.items() if center.pk in seen}
        people = Employee.objects.select_related("center").prefetch_related("category_terms")
        self.people = context.by_key(people, "iin", self.given_in(rows, "iin"))
        self.may_set_category = access.may(context.by.user, "set_category")

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        person = self.people.get(row.get("iin"))
        self._check_center(row, person)
        self._check_position(row)
        self._check_days(row, context.today)
        if person is not None:
            self._check_on_staff(row, person)
        before = None if person is None else self._before(row, person)
        after = self._after(row, person)
        self._plan_category(row, person, before, after, context.today)
        if before is not None and before != after and access.is_own(context.by.user, person):
            row.fail("iin", "own_record")
        return before, after

    def _check_center(self, row: SheetRow, person: Employee | None) -> None:
        number = row.get("center_bin")
        if number not in self.centers:
            row.fail("center_bin", "unknown_center", bin=number)
        elif person is not None and person.center.bin != number:
            row.fail("center_bin", "another_center")

    def _check_position(self, row: SheetRow) -> None:
        center, position = self.centers.get(row.get("center_bin")), row.get("position")
        if center is None or position is None:
            return
        try:
            check_position_at(CenterKind(center.kind), Position(position))
        except RuleRefusal as refusal:
            row.refuse("position", refusal)

    def _check_days(self, row: SheetRow, today: date) -> None:
        born, hired = birth_date(row.get("iin")), row.get("hired_on")
        if born > today:
            row.fail("iin", "not_born")
        elif hired > today:
            row.fail("hired_on", "hired_in_future")
        elif hired <= born:
            row.fail("hired_on", "hired_before_birth")
        elif hired < add_months(born, 12 * WORKING_AGE):
            row.note(None, "hired_young", age=WORKING_AGE)

    def _check_on_staff(self, row: SheetRow, person: Employee) -> None:
        if person.left_on is not None:
            row.fail("iin", "left_service", day=f"{person.left_on:%d.%m.%Y}")

    def _before(self, row: SheetRow, person: Employee) -> dict[str, Any]:
        before = {name: getattr(person, name) for name in TEXTS}
        before |= {
            "center_bin": person.center.bin,
            "language": person.language,
            "position": person.position,
            "hired_on": person.hired_on,
        }
        return before

    def _after(self, row: SheetRow, person: Employee | None) -> dict[str, Any]:
        after: dict[str, Any] = {}
        for name in TEXTS:
            # A column that is not in the file says nothing; a blank cell says "none".
            kept = getattr(person, name) if person is not None and not row.given(name) else ""
            after[name] = row.get(name) or kept
        after |= {name: row.get(name) for name in ("center_bin", "position", "hired_on")}
        after["language"] = row.get("language") or (person.language if person else DEFAULT_LANGUAGE)
        return after

    # --- the first category on record -----------------------------------------------------------------

    def _plan_category(
        self,
        row: SheetRow,
        person: Employee | None,
        before: dict[str, Any] | None,
        after: dict[str, Any],
        today: date,
    ) -> None:
        """¶7: `category` and `category_from` are a first conferral, which never changes one on record."""
        category, since = row.get("category"), row.get("category_from")
        if category in (None, Category.NONE):
            if since is not None:
                row.fail("category", "category_missing")
            return
        if since is None:
            row.fail("category_from", "category_from_missing")
            return
        given = {"category": category, "category_from": since}
        periods = list(person.category_terms.all()) if person else []
        if any((period.category, period.starts_on) == (category, since) for period in periods):
            after |= given
            if before is not None:
                before |= given
            return
        self._check_conferral(row, periods, since, today)
        after |= given

    def _check_conferral(self, row: SheetRow, periods: list[CategoryTerm], since: date, today: date) -> None:
        if periods:
            first = min(periods, key=lambda period: period.starts_on)
            row.fail(
                "category_from" if row.get("category") == first.category else "category",
                "category_on_record",
                category=first.category,
                day=f"{first.starts_on:%d.%m.%Y}",
            )
        elif not self.may_set_category:
            row.fail("category", "may_not_set_category")
        elif row.get("position") != Position.CAREER_SPECIALIST:
            row.fail("category", "category_of_position")
        elif since > today:
            row.fail("category_from", "conferred_in_future")
        elif period_end(since) < today:
            row.note(None, "category_ended", day=f"{period_end(since):%d.%m.%Y}")

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        save_staff([self._staff_row(plan) for plan in plans], now=context.by.at)

    def _staff_row(self, plan: RowPlan) -> StaffRow:
        person = self.people.get(plan.key)
        return StaffRow(iin=plan.key, version=person.version if person else 0, **(plan.after or {}))

    def filter_export(self, queryset: QuerySet[Employee], **kwargs: Any) -> QuerySet[Employee]:
        """Everything a row shows, by three queries."""
        return queryset.select_related("center").prefetch_related("category_terms")
