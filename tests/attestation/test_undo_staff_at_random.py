"""A staff file is undone after fifty acts at random: what none of them touched is as before, the rest stays.

What rests is said here once more, by each act for itself; the product finds it out from the record.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import F, Model

from attestation import journal
from attestation.by import By
from attestation.cases.cycles import close_attestation, list_attestee, open_cycle
from attestation.cases.former_categories import record_former_category
from attestation.intake import undo
from attestation.law.refusals import RuleRefusal
from attestation.models import (
    Attestation,
    CategoryTerm,
    CourseRecord,
    Deadline,
    Employee,
    ImportJob,
    Notice,
    User,
)
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    NOW,
    PERSON,
    confirm,
    iin,
    make_centers,
    make_officer,
    preview,
    table,
)
from tests.jobs.story import confirm_years

pytestmark = pytest.mark.django_db

KNOWN, NEW, ACTS = 20, 20, 50
MINUTE = timedelta(minutes=1)
EVERYDAY, MANY = range(1), range(1, 33)
# When, by whom and what of it: what the list of the left may say of somebody.
Touch = tuple[str, datetime, str]


def read(rows: Iterable[dict[str, Any]], now: datetime, actor: User | None = None) -> ImportJob:
    """A staff file, imported."""
    return confirm(preview("staff", table(*rows), actor, now=now), actor, now=now)


def rows_of(model: type[Model], **which: Any) -> dict[int, dict[str, Any]]:
    """Every value of each that counts, by key."""
    return {row["id"]: row for row in model._default_manager.filter(**which).values()}


def on_record(number: str) -> dict[str, Any]:
    """Everything of a person that an import of staff may change; a version only ever grows."""
    (person,) = Employee.objects.filter(iin=number).values() or [{}]
    person.pop("version", None)
    return {
        "person": person,
        "periods": rows_of(CategoryTerm, employee__iin=number),
        "deadlines": rows_of(Deadline, employee__iin=number, kind="category", state="open"),
        "letters": rows_of(Notice, deadline__employee__iin=number, state="queued"),
    }


@dataclass
class Office:
    """The people of a career centre, the file under test, and who was touched since by what."""

    draw: Random
    now: datetime = NOW
    touches: dict[str, list[Touch]] = field(default_factory=dict)
    file: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        confirm_years(2025, 2026, 2027)
        center, self.career = make_centers()
        self.officer = make_officer(center)
        self.other = make_officer(center, name="other")
        days = date(2026, 3, 2), date(2026, 3, 6)
        self.cycle = open_cycle(center, "C1", *days, by=By(None, self.now))
        self.numbers = [iin(serial) for serial in range(KNOWN + NEW)]
        self.known = {number: self._row(number) for number in self.numbers[:KNOWN]}
        read(self.known.values(), self.now)

    def _row(self, number: str) -> dict[str, Any]:
        return {**PERSON, "iin": number, "unit": f"{self.draw.randrange(9)}", "email": "a@mail.example"}

    def read_file(self) -> None:
        """New and changed people, three of ten with a first category; a tenth stands as on record."""
        for number in self.numbers:
            row = dict(self.known.get(number) or self._row(number))
            if number in self.known and self.draw.random() < 0.9:
                row |= {"unit": "жаңа бөлім", "last_name": self.draw.choice(["Әбенова", "Іңкәрова"])}
            if self.draw.random() < 0.3:
                since = date(2023, 2, 20) + timedelta(days=self.draw.randrange(1000))
                row |= {"category": "consultant", "category_from": since}
            self.file[number] = row
        self.before = {number: on_record(number) for number in self.numbers}
        self.job = read(self.file.values(), self.now, self.officer)
        acting = self.job.rows.filter(kind__in=("new", "changed"))
        self.acting = dict(acting.values_list("key", "kind"))

    def touch(self, number: str, why: str, by: User | None) -> None:
        """Say that somebody of the file rests from now on."""
        if number in self.acting:
            self.touches.setdefault(number, []).append((why, self.now, by.username if by else ""))

    def is_new(self, number: str) -> bool:
        """Whether the file put them on record."""
        return self.acting.get(number) == "new"

    def changed(self, number: str, **values: Any) -> None:
        """A change of the record by hand, as the page makes it."""
        person = Employee.objects.get(iin=number)
        Employee.objects.filter(pk=person.pk).update(**values, version=F("version") + 1)
        journal.record("record_changed", by=By(self.other, self.now), subject=f"employee:{person.pk}")
        self.touch(number, "edited_since", self.other)

    # --- the acts -------------------------------------------------------------------------------------

    def edit(self, number: str) -> None:
        self.changed(number, unit=f"бөлім {self.draw.randrange(100)}")

    def edit_and_back(self, number: str) -> None:
        unit = Employee.objects.get(iin=number).unit
        self.changed(number, unit="басқа")
        self.changed(number, unit=unit)

    def leave(self, number: str) -> None:
        self.changed(number, left_on=self.now.date())

    def same_file(self, number: str) -> None:
        """The same values change nothing, so nothing rests on them."""
        person = Employee.objects.get(iin=number)
        if person.left_on is None:
            row = {name: getattr(person, name) for name in PERSON if name != "center_bin"}
            job = read([{**row, "center_bin": PERSON["center_bin"]}], self.now, self.other)
            assert job.rows_same == 1

    def other_file(self, number: str) -> None:
        if Employee.objects.get(iin=number).left_on is None:
            read([{**PERSON, "iin": number, "unit": f"файл {self.now:%H%M%S}"}], self.now, self.other)
            self.touch(number, "edited_since", self.other)

    def other_file_undone(self, number: str) -> None:
        """What a later file changed and its undoing gave back is as it was."""
        if Employee.objects.get(iin=number).left_on is None:
            job = read([{**PERSON, "iin": number, "unit": "қате"}], self.now, self.other)
            undo.undo(job, by=By(self.other, self.now + MINUTE / 2))

    def category_by_file(self, number: str) -> None:
        person = Employee.objects.get(iin=number)
        if person.left_on is None and not person.category_terms.exists():
            given = {"category": "mentor", "category_from": date(2025, 6, 2)}
            read([{**PERSON, "iin": number, **given}], self.now, self.other)
            self.touch(number, "edited_since", self.other)
            self.touch(number, "has_records", self.other)

    def former_category(self, number: str) -> None:
        """Of somebody who was there before, it rests on a category of the file alone."""
        person = Employee.objects.get(iin=number)
        by = By(None, self.now)
        period = record_former_category(person, "mentor", "Бұрынғы", date(2021, 3, 1), document="№ 1", by=by)
        if self.is_new(number) or self.file[number].get("category"):
            self.touch(number, "has_records", None)
        elif number in self.before:
            self.before[number]["periods"] |= rows_of(CategoryTerm, pk=period.pk)

    def account(self, number: str) -> None:
        """Somebody who was on record before keeps it whatever becomes of the file."""
        person = Employee.objects.get(iin=number)
        name = f"account-{User.objects.count()}"
        User.objects.create(username=name, employee=person, date_joined=self.now, language="kk")
        if self.is_new(number):
            self.touch(number, "has_account", None)

    def listed(self, number: str) -> None:
        list_attestee(
            self.cycle, Employee.objects.get(iin=number), "position", "", by=By(self.officer, self.now)
        )
        self.touch(number, "on_list", self.officer)

    def off_the_list(self, number: str) -> None:
        case = Attestation.objects.exclude(status="closed").get(employee__iin=number)
        close_attestation(case, reason="…", by=By(self.officer, self.now))

    def courses(self, number: str) -> None:
        row = {"iin": number, "hours_required": 72, "hours_completed": self.draw.randrange(72)}
        job = preview("courses", table(row), self.other, cycle=self.cycle, now=self.now)
        if job.rows_error or job.rows_same:
            return
        confirm(job, self.other, now=self.now)
        if self.draw.random() < 0.3 and job.rows_new:
            undo.undo(job, by=By(self.other, self.now + MINUTE / 2))
            assert not CourseRecord.objects.filter(employee__iin=number).exists()
        elif self.is_new(number):
            self.touch(number, "has_records", self.other)

    def act(self) -> str:
        """One of them on one person; what it was, or the code of its refusal."""
        acts: list[Callable[[str], None]] = [
            *(self.edit, self.edit_and_back, self.leave, self.same_file, self.other_file),
            *(self.other_file_undone, self.category_by_file, self.former_category, self.account),
            *(self.listed, self.off_the_list, self.courses),
        ]
        self.now += MINUTE
        act = self.draw.choice(acts)
        try:
            act(self.draw.choice(self.numbers))
        except (Refused, RuleRefusal) as refusal:
            return refusal.code
        except Attestation.DoesNotExist:
            return "not listed"
        return act.__name__


def undone_after_acts(seed: int) -> set[str]:
    """The proof of one seed; which acts took place."""
    office = Office(Random(seed))
    office.now += MINUTE
    office.read_file()
    done = {office.act() for _turn in range(ACTS)}
    office.now += MINUTE
    touched, untouched = office.touches.keys(), office.acting.keys() - office.touches.keys()
    assert touched
    assert untouched
    resting = {number: on_record(number) for number in touched}
    answer = undo.as_data(undo.undo(office.job, by=By(office.officer, office.now)))
    assert {left["key"] for left in answer["left"]} == set(touched)
    assert answer["undone"] == len(untouched)
    for left in answer["left"]:
        said = left["why"], left["since"] and datetime.fromisoformat(left["since"]), left["by"]
        assert said in office.touches[left["key"]], (left, office.touches[left["key"]])
        assert left["message"]
    for number in touched:
        assert on_record(number) == resting[number], number
    for number in untouched:
        assert on_record(number) == office.before[number], number
    again = preview("staff", table(*(office.file[number] for number in untouched)), now=office.now)
    new = sum(1 for number in untouched if office.is_new(number))
    assert (again.rows_new, again.rows_changed, again.rows_error) == (new, len(untouched) - new, 0)
    assert journal.verify() is None
    return done


@pytest.mark.parametrize("seed", EVERYDAY)
@pytest.mark.daily(3)
def test_after_fifty_acts_exactly_what_nothing_rests_on_is_as_before(seed):
    undone_after_acts(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_and_so_many_times(seed):
    undone_after_acts(seed)
