"""The staff file: who works where, since when, and the first category on record (¶7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.identifiers import birth_date
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource, lock_rows, sight_of
from attestation.intake.kinds.staff_resting import as_staged, what_rests
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.intake.staged import acting
from attestation.intake.traces import Left
from attestation.law.calendar import add_months
from attestation.law.listing import check_position_at
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, CenterKind, Position
from attestation.models import (
    CategoryTerm,
    Center,
    Employee,
    ImportJob,
    ImportRow,
    StagedRows,
)
from attestation.names import search_key, sort_key
from attestation.people import period_end, save_staff, undo_staff

WORKING_AGE = 14
TEXTS = ("last_name", "first_name", "patronymic", "unit", "email")
DEFAULT_LANGUAGE = "kk"
# What a row may leave as it is on record.
KEPT = (*TEXTS, "language", "position", "hired_on")


class CenterFacts(NamedTuple):
    """What the rows need to know of a centre."""

    pk: int
    kind: CenterKind


class OnStaff(NamedTuple):
    """An employee as on record."""

    pk: int
    iin: str
    version: int
    last_name: str
    first_name: str
    patronymic: str
    unit: str
    email: str
    language: str
    position: str
    hired_on: date
    left_on: date | None
    center_id: int
    center__bin: str


def _last_period(person: Employee) -> CategoryTerm | None:
    periods = [period for period in person.category_terms.all() if period.suspended_at is None]
    return max(periods, key=lambda period: period.starts_on, default=None)


def _category(person: Employee) -> str:
    period = _last_period(person)
    return period.category if period else ""


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
        "needs_transfer": _(
            "This person can't be taken on by a file. Use the transfer: with the consent of both centres, "
            "the administrator makes it on the person's page."
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
        "unknown_category": _(
            "“%(value)s” is no category of the order; these are: %(known)s. One that was conferred earlier "
            "under another name is put on record by an act of its own on the employee's page: "
            "“Record a category conferred before this order”."
        ),
        "conferred_in_future": _("The day of conferral is in the future. Correct it."),
        "category_ended": _("The category's term ended on %(day)s; it is put on record as ended."),
    }
)


@import_kind("staff", title=_("Staff"), right="import_staff", command="import_staff", place=20)
class StaffResource(BatchResource):
    """Employees by IIN. An import never removes anybody and never moves anybody between centres."""

    undoable = True

    iin = Column(values.iin, "ЖСН", "ИИН", "IIN", required=True)
    last_name = Column(values.name(120), "Тегі", "Фамилия", "Last name", required=True)
    first_name = Column(values.name(120), "Аты", "Имя", "First name", required=True)
    patronymic = Column(values.name(120), "Әкесінің аты", "Отчество", "Patronymic")
    center_bin = Column(
        values.bin_number,
        "Орталықтың БСН",
        "БИН центра",
        "Center BIN",
        required=True,
        attribute="center__bin",
    )
    unit = Column(values.text(255, words=True), "Бөлім", "Подразделение", "Unit")
    language = Column(values.choice(vocabulary.LANGUAGES), "Тіл", "Язык", "Language")
    position = Column(
        values.choice(vocabulary.POSITIONS),
        "Лауазымы",
        "Должность",
        "Position",
        required=True,
    )
    hired_on = Column(values.day, "Қабылданған күні", "Дата приёма", "Hired on", required=True)
    email = Column(values.email, "Электрондық пошта", "Электронная почта", "E-mail")
    category = Column(
        values.choice(vocabulary.CATEGORIES, unknown="unknown_category", choosable=False),
        "Санаты",
        "Категория",
        "Category",
        export=_category,
    )
    category_from = Column(
        values.day,
        "Санат берілген күні",
        "Дата присвоения категории",
        "Category from",
        export=_category_from,
    )

    def on_record(self, context: Context) -> QuerySet[Employee]:
        staff = Employee.objects.select_related("center").prefetch_related("category_terms")
        return access.scoped(context.by.user, staff.order_by("sort_key", "pk"))

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        unknown = self.given_in(rows, "center_bin") - self.centers.keys()
        if unknown:
            seen = access.centers_of(context.by.user).filter(bin__in=unknown)
            self.centers |= dict.fromkeys(unknown) | {
                number: CenterFacts(pk, CenterKind(kind))
                for number, pk, kind in seen.values_list("bin", "pk", "kind")
            }
        wanted = self.given_in(rows, "iin")
        found = Employee.objects.filter(iin__in=wanted).values_list(*OnStaff._fields)
        self.people = {person.iin: person for person in map(OnStaff._make, found)}
        self.periods: dict[int, list[tuple[str, date]]] = {}
        if self.people:
            periods = CategoryTerm.objects.filter(employee__iin__in=wanted).order_by("starts_on", "pk")
            for employee_id, category, starts_on in periods.values_list(
                "employee_id", "category", "starts_on"
            ):
                self.periods.setdefault(employee_id, []).append((category, starts_on))

    @cached_property
    def centers(self) -> dict[str, CenterFacts | None]:
        """The centres of the file by BIN, as met; None for one that is not in the officer's sight."""
        return {}

    @cached_property
    def until(self) -> Callable[[date], date]:
        """The last day of a period, counted once for each first day."""
        return cache(period_end)

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        person = self.people.get(row.get("iin"))
        if person is not None and not self._is_seen(person):
            # Nothing else is said of somebody else's people.
            row.fail("center_bin", "needs_transfer")
            self.foreign.add(row.number)
            return None, {}
        before = None if person is None else self._before(person)
        after = self._after(row, person)
        self._plan_category(row, person, before, after, context.today)
        self._check_center(row, person, same=before == after)
        if person is not None and person.left_on is not None:
            tell = row.note if before == after else row.fail
            tell("iin", "left_service", day=f"{person.left_on:%d.%m.%Y}")
        if before != after:
            self._check_days(row, context.today)
            if person is not None and access.is_own(context.by.user, person.pk):
                row.fail("iin", "own_record")
        return before, after

    def _check_center(self, row: SheetRow, person: OnStaff | None, *, same: bool) -> None:
        """The centre is in the officer's sight, and the position is one of its kind."""
        number = row.get("center_bin")
        center = self.centers[number]
        if center is None:
            row.fail("center_bin", "unknown_center", bin=number)
            return
        if person is not None and person.center__bin != number:
            row.fail("center_bin", "needs_transfer")
        if same:
            return
        try:
            check_position_at(center.kind, Position(row.get("position")))
        except RuleRefusal as refusal:
            row.refuse("position", refusal)

    def _check_days(self, row: SheetRow, today: date) -> None:
        born, hired = birth_date(row.get("iin")), row.get("hired_on")
        if born is not None and born > today:
            row.fail("iin", "not_born")
        elif hired > today:
            row.fail("hired_on", "hired_in_future")
        elif born is None:
            # I-38: the note `odd_birth_date` stands beside the row.
            return
        elif hired <= born:
            row.fail("hired_on", "hired_before_birth")
        elif hired.year - born.year <= WORKING_AGE and hired < add_months(born, 12 * WORKING_AGE):
            row.note(None, "hired_young", age=WORKING_AGE)

    @staticmethod
    def _before(person: OnStaff) -> dict[str, Any]:
        before = {name: getattr(person, name) for name in KEPT}
        before["center_bin"] = person.center__bin
        return before

    def _after(self, row: SheetRow, person: OnStaff | None) -> dict[str, Any]:
        given = row.values
        # A column that is not in the file says nothing; a blank cell says "none".
        after = {
            name: given.get(name) or (getattr(person, name) if person and not row.given(name) else "")
            for name in TEXTS
        }
        after["language"] = given.get("language") or (person.language if person else DEFAULT_LANGUAGE)
        after["position"], after["hired_on"] = given.get("position"), given.get("hired_on")
        after["center_bin"] = given.get("center_bin")
        return after

    # --- the first category on record -----------------------------------------------------------------

    def _plan_category(
        self,
        row: SheetRow,
        person: OnStaff | None,
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
        periods = self.periods.get(person.pk, []) if person else []
        if (category, since) in periods:
            after |= given
            if before is not None:
                before |= given
            return
        self._check_conferral(row, periods, since, today)
        after |= given

    def _check_conferral(
        self, row: SheetRow, periods: list[tuple[str, date]], since: date, today: date
    ) -> None:
        if periods:
            category, starts_on = periods[0]
            row.fail(
                "category_from" if row.get("category") == category else "category",
                "category_on_record",
                category=category,
                day=f"{starts_on:%d.%m.%Y}",
            )
        elif not self.may_set_category:
            row.fail("category", "may_not_set_category")
        elif row.get("position") != Position.CAREER_SPECIALIST:
            row.fail("category", "category_of_position")
        elif since > today:
            row.fail("category_from", "conferred_in_future")
        elif self.until(since) < today:
            row.note(None, "category_ended", day=f"{self.until(since):%d.%m.%Y}")

    # --- staged rows ----------------------------------------------------------------------------------

    def sight(self, context: Context) -> dict[str, Any]:
        """An officer's centres, whether they may set a category, and their own record."""
        user = context.by.user
        self.may_set_category = access.may(user, "set_category")
        seen = sight_of(user)
        self.seen_centers = seen["centers"]
        return {"set_category": self.may_set_category, **seen}

    def _is_seen(self, person: OnStaff) -> bool:
        return self.seen_centers is None or person.center_id in self.seen_centers

    def seen(self, row: SheetRow) -> int | None:
        person = self.people.get(row.get("iin"))
        return None if person is None else person.version

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        names = after["last_name"], after["first_name"], after["patronymic"]
        center = self.centers[after["center_bin"]]
        assert center is not None
        derived = {"center": center.pk, "sort_key": sort_key(*names), "search_key": search_key(*names)}
        person, since = self.people.get(row.get("iin")), after.get("category_from")
        if since and not (person and self.periods.get(person.pk)):
            derived["until"] = self.until(since).isoformat()
        return derived

    def summary(self) -> dict[str, Any]:
        return {"centers": sorted(center.pk for center in self.centers.values() if center is not None)}

    def lock(self, job: ImportJob, context: Context) -> None:
        """The centres before the people: two files of one centre are confirmed one after the other (F-C5)."""
        known = job.options["summary"]["centers"]
        self.center_gone = lock_rows(Center.objects.filter(pk__in=known).order_by("pk")) < len(known)
        changed = job.rows.filter(kind=ImportRow.Kind.CHANGED).values("key")
        lock_rows(Employee.objects.filter(iin__in=changed).order_by("iin"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        if self.center_gone:
            return acting(job)
        person = Employee.objects.filter(iin=OuterRef("key"))
        as_seen = as_staged(person, "before").filter(version=OuterRef("seen"))
        category = CategoryTerm.objects.filter(employee__iin=OuterRef("key"))
        return job.rows.filter(
            Q(Exists(person), kind=ImportRow.Kind.NEW)
            | Q(~Exists(as_seen), kind=ImportRow.Kind.CHANGED)
            | Q(Exists(category), derived__has_key="until")
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        save_staff(rows, now=context.by.at)

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        return what_rests(job, rows)

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        undo_staff(rows, by=context.by, reason=reason)

    def filter_export(self, queryset: QuerySet[Employee], **kwargs: Any) -> QuerySet[Employee]:
        """Everything a row shows, by three queries."""
        return queryset.select_related("center").prefetch_related("category_terms")
