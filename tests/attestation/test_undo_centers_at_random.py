"""A file of centres is undone after fifty acts at random: what none of them touched is as before.

What rests is said here once more, by each act for itself; the product finds it out from the record.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from attestation import journal
from attestation.by import By
from attestation.cases.cycles import open_cycle
from attestation.intake import undo
from attestation.models import Center, Employee, ImportJob, Region, User
from attestation.refusals import Refused
from tests.attestation.intake_cast import NOW, confirm, make_officer, preview, table
from tests.factories import EmployeeFactory, numbered
from tests.jobs.story import confirm_years

pytestmark = pytest.mark.django_db

ACTS = 50
MINUTE = timedelta(minutes=1)
EVERYDAY, MANY = range(1), range(1, 33)
MOBILITY = [numbered("240240", serial) for serial in range(0, 70, 10)]
CAREER = [numbered("241140", serial) for serial in range(0, 240, 10)]
KNOWN = {*MOBILITY[:4], *CAREER[:12]}
# Two that the register does not have.
REGIONS = ["KZ-10", "KZ-11", "KZ-15", "Байқоңыр", "Сарыарқа"]
# Why, when, by whom: what the list of the left may say of a centre.
Touch = tuple[str, datetime | None, str]


def read(rows: list[dict[str, str]], now: datetime, actor: User | None = None) -> ImportJob:
    """A file of centres, imported."""
    return confirm(preview("centers", table(*rows), actor, now=now), actor, now=now)


def row_of(number: str, **values: str) -> dict[str, str]:
    """A centre as its row of a file that changes nothing, but for what is given."""
    center = Center.objects.select_related("parent", "region").get(bin=number)
    parent = center.parent.bin if center.parent else ""
    names = {"name_kk": center.name_kk, "name_ru": center.name_ru}
    return {
        "bin": number, **names, "kind": center.kind, "parent_bin": parent, "region": center.region.code
    } | values  # fmt: skip


def on_record() -> dict[str, dict[str, Any]]:
    """Every value of every centre."""
    return {row["bin"]: row for row in Center.objects.values()}


@dataclass
class Office:
    """Centres on record, the file under test, and which of them were touched since by what."""

    draw: Random
    now: datetime = NOW
    touches: dict[str, list[Touch]] = field(default_factory=dict)
    file: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        confirm_years(2026)
        self.officer = make_officer(None, "administrator", "officer")
        self.other = make_officer(None, "administrator", "other")
        rows = [self._row(number, MOBILITY[:4]) for number in sorted(KNOWN)]
        read([{**row, "region": "KZ-10"} for row in rows], self.now)

    def _row(self, number: str, above: list[str]) -> dict[str, str]:
        career = number in CAREER
        return {
            "bin": number,
            "name_kk": f"№ {self.draw.randrange(9)} орталық",
            "name_ru": "Центр",
            "kind": "career" if career else "labour_mobility",
            "parent_bin": self.draw.choice(above) if career else "",
            "region": self.draw.choice(REGIONS),
        }

    def read_file(self) -> None:
        """New and changed centres; some stand as on record."""
        for number in (*MOBILITY, *CAREER):
            same = number in KNOWN and self.draw.random() < 0.2
            self.file[number] = row_of(number) if same else self._row(number, MOBILITY)
        self.before, self.regions = on_record(), set(Region.objects.values_list("code", flat=True))
        self.job = read(list(self.file.values()), self.now, self.officer)
        self.acting = dict(self.job.rows.filter(kind__in=("new", "changed")).values_list("key", "kind"))

    def touch(self, number: str, why: str, since: datetime | None = None, by: str = "") -> None:
        """Say that a centre of the file rests from now on."""
        if number in self.acting:
            self.touches.setdefault(number, []).append((why, since, by))

    def holds(self, number: str) -> None:
        """Say that a centre has what belongs to it; it matters where the file put the centre on record."""
        if self.acting.get(number) == "new":
            self.touch(number, "has_records")

    def changed(self, number: str, **values: Any) -> None:
        """A change by hand, as the page makes it."""
        center = Center.objects.get(bin=number)
        Center.objects.filter(pk=center.pk).update(**values)
        journal.record("record_changed", by=By(self.other, self.now), subject=f"center:{center.pk}")
        self.touch(number, "edited_since", self.now, "other")

    # --- the acts -------------------------------------------------------------------------------------

    def edit(self, number: str) -> None:
        self.changed(number, name_ru=f"Центр {self.draw.randrange(100)}")

    def edit_and_back(self, number: str) -> None:
        name = Center.objects.get(bin=number).name_kk
        self.changed(number, name_kk="Басқа")
        self.changed(number, name_kk=name)

    def move(self, number: str) -> None:
        if number in CAREER:
            self.changed(number, parent=Center.objects.get(bin=self.draw.choice(MOBILITY)))

    def same_file(self, number: str) -> None:
        assert read([row_of(number)], self.now, self.other).rows_same == 1

    def other_file(self, number: str) -> None:
        read([row_of(number, name_kk=f"Файл {self.now:%H%M}")], self.now, self.other)
        self.touch(number, "edited_since", self.now, "other")

    def other_file_and_back(self, number: str) -> None:
        row = row_of(number)
        self.other_file(number)
        self.now += MINUTE
        read([row], self.now, self.other)
        self.touch(number, "edited_since", self.now, "other")

    def other_file_undone(self, number: str) -> None:
        job = read([row_of(number, name_kk="Қате", region="Жетісу алқабы")], self.now, self.other)
        undo.undo(job, by=By(self.other, self.now + MINUTE / 2))

    def employee(self, number: str) -> None:
        EmployeeFactory(center=Center.objects.get(bin=number))
        self.holds(number)

    def leaver(self, number: str) -> None:
        """Somebody who is gone again leaves nothing behind."""
        EmployeeFactory(center=Center.objects.get(bin=number))
        Employee.objects.latest("pk").delete()

    def account(self, number: str) -> None:
        make_officer(Center.objects.get(bin=number), name=f"account-{User.objects.count()}")
        self.holds(number)

    def cycle(self, number: str) -> None:
        if number in CAREER:
            return
        center = Center.objects.get(bin=number)
        days = date(2026, 3, 2), date(2026, 3, 6)
        open_cycle(center, f"C{self.now:%H%M}", *days, by=By(None, self.now))
        self.holds(number)

    def ratings_read(self, number: str) -> None:
        """A file of ratings of the centre is looked at, and imported or not; of those below it too then."""
        center = Center.objects.get(bin=number)
        data = table({"iin": "", "rated_on": "", "score": "", "external_id": ""})
        options = {"center": center, "read_through": date(2026, 2, 1), "now": self.now}
        job = preview("ratings", data, self.other, **options)
        self.holds(number)
        if self.draw.random() < 0.5:
            confirm(job, self.other, now=self.now)
            for below in center.career_centers.values_list("bin", flat=True):
                self.holds(below)

    def career_center(self, number: str) -> None:
        """Another one by hand below it."""
        if number in MOBILITY:
            above = Center.objects.get(bin=number)
            below = numbered("251140", Center.objects.count() * 10)
            Center.objects.create(bin=below, kind="career", parent=above, region=above.region)

    def act(self) -> str:
        """One of them on one centre; what it was, or the code of its refusal."""
        acts = [
            *(self.edit, self.edit_and_back, self.move, self.same_file, self.other_file),
            *(self.other_file_and_back, self.other_file_undone, self.employee, self.leaver),
            *(self.account, self.cycle, self.ratings_read, self.career_center),
        ]
        self.now += MINUTE
        act = self.draw.choice(acts)
        try:
            act(self.draw.choice([*MOBILITY, *CAREER]))
        except Refused as refusal:
            return refusal.code
        return act.__name__

    def resting(self) -> set[str]:
        """Touched, or new and above a centre that stays there."""
        resting = set(self.touches)
        for number in MOBILITY:
            below = Center.objects.filter(parent__bin=number).values_list("bin", flat=True)
            if self.acting.get(number) == "new" and any(
                each in resting or each not in self.acting for each in below
            ):
                self.holds(number)
                resting.add(number)
        return resting


def undone_after_acts(seed: int) -> None:
    """The proof of one seed."""
    office = Office(Random(seed))
    office.now += MINUTE
    office.read_file()
    for _turn in range(ACTS):
        office.act()
    office.now += MINUTE
    resting = office.resting()
    undone = office.acting.keys() - resting
    assert resting
    assert undone
    after = on_record()
    answer = undo.as_data(undo.undo(office.job, by=By(office.officer, office.now)))
    assert {left["key"] for left in answer["left"]} == resting
    assert answer["undone"] == len(undone)
    for left in answer["left"]:
        said = left["why"], left["since"] and datetime.fromisoformat(left["since"]), left["by"]
        assert said in office.touches[left["key"]], (left, office.touches[left["key"]])
        assert left["message"]
    expected = {number: row for number, row in after.items() if number not in undone}
    expected |= {number: office.before[number] for number in undone if number in office.before}
    assert on_record() == expected
    used = set(Center.objects.values_list("region__code", flat=True))
    assert set(Region.objects.values_list("code", flat=True)) == office.regions | used
    again = preview("centers", table(*(office.file[number] for number in sorted(undone))), now=office.now)
    new = sum(1 for number in undone if office.acting[number] == "new")
    assert (again.rows_new, again.rows_changed, again.rows_error) == (new, len(undone) - new, 0)


@pytest.mark.parametrize("seed", EVERYDAY)
@pytest.mark.daily(3)
def test_after_fifty_acts_exactly_what_nothing_rests_on_is_as_before(seed):
    undone_after_acts(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_and_so_many_times(seed):
    undone_after_acts(seed)
