"""The deadline board: groups by nearness, derivations, badges, scope, the plot, the number of queries."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from attestation.admin.board import left_in_words
from attestation.deadlines.overdue import When, open_when, outstanding
from attestation.deadlines.words import Derivations
from attestation.law.calendar import ALMATY, day_close, local_day
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import (
    Attestation,
    CalendarDay,
    CalendarYear,
    Center,
    Consequence,
    Deadline,
    Employee,
    ReadyEffect,
    Role,
    TermChange,
)
from tests.attestation.admin_cast import (
    MONDAY,
    Region,
    at,
    client_of,
    make_region,
    member_of,
    messages_of,
    text_of,
    url,
)
from tests.factories import AttestationFactory, CareerCenterFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import footprint

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
Kind, State = Deadline.Kind, Deadline.State
TODAY = date(2026, 2, 9)
OFFICE = (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR)
COMMISSION = (Role.SECRETARY, Role.CHAIR, Role.MEMBER)
CANARY = "Ъ5Ү"


def new_deadline(due_on: date, kind: str = Kind.CATEGORY, **values: Any) -> Deadline:
    """A deadline that ends with the day; not on record yet."""
    rows = {
        "kind": kind,
        "counted_from": moment("2026-02-05 17:40"),
        "closes_at": day_close(due_on),
        "cite": "¶7",
        "opened_at": moment("2026-02-05 17:40"),
    }
    return Deadline(due_on=due_on, **{**rows, **values})


def deadline(
    due_on: date, kind: str = Kind.CATEGORY, employee: Employee | None = None, **values: Any
) -> Deadline:
    """The same on record."""
    key = f"test:{Deadline.objects.count()}"
    made = new_deadline(due_on, kind, **{"key": key, "employee": employee or EmployeeFactory(), **values})
    made.save()
    return made


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """A decided case, and one under appeal, whose appeal term ends today."""
    return shared


def board(user: Any, **query: str) -> Any:
    """The board as somebody sees it."""
    return client_of(user).get(url("attestation_deadline_board"), query)


def keys(answer: Any) -> list[str]:
    """The deadlines on the page, in their order."""
    return [line.deadline.key for line in answer.context["lines"]]


# --- groups -------------------------------------------------------------------------------------------------


def test_a_term_falls_where_its_last_day_is_in_almaty() -> None:
    person = EmployeeFactory()
    made = {day: deadline(TODAY + timedelta(days=day), employee=person).pk for day in (-1, 0, 1, 7, 8)}
    rows = Deadline.objects.filter(employee=person)
    found = {when: [row.pk for row in outstanding(rows, when, MONDAY)] for when in When}
    assert found == {
        When.OVERDUE: [made[-1]],
        When.TODAY: [made[0]],
        When.WEEK: [made[1], made[7]],
        When.LATER: [made[8]],
    }
    # 23:59:59 is in time, the next midnight is not (I-08); in UTC that is 19:00 of the same day.
    last_second = datetime(2026, 2, 9, 23, 59, 59, tzinfo=ALMATY)
    for now, when in ((last_second, When.TODAY), (last_second + timedelta(seconds=1), When.OVERDUE)):
        row = Deadline.objects.filter(pk=made[0])
        assert [w for w in When if outstanding(row, w, now).exists()] == [when]


def test_the_groups_leave_nothing_out_and_count_nothing_twice() -> None:
    person = EmployeeFactory()
    for day in range(-12, 13):
        deadline(TODAY + timedelta(days=day), employee=person)
    rows = Deadline.objects.open().filter(employee=person)
    parts = [set(rows.filter(part)) for part in open_when(MONDAY).values()]
    assert sum(map(len, parts)) == 25 == len(set.union(*parts))


def test_a_missed_duty_stays_overdue_until_it_is_done(region: Region) -> None:
    case = region.case
    closed = {"state": State.MISSED, "closed_at": moment("2026-02-08 00:00"), "attestation": case}
    reattestation = deadline(date(2026, 2, 7), Kind.REATTESTATION, case.employee, **closed)
    duty = Consequence.objects.create(
        attestation=case,
        decision=case.decisions.get(),
        kind=ConsequenceKind.REATTEST,
        cite="¶27.2",
        effective_on=date(2025, 2, 7),
        due_on=date(2026, 2, 7),
    )
    everything = Deadline.objects.all()
    assert reattestation in outstanding(everything, When.OVERDUE, MONDAY)
    answer = board(region.officer)
    assert answer.context["when"] == "overdue"
    assert keys(answer) == [reattestation.key]
    assert "missed" in text_of(answer).lower()
    duty.state, duty.done_at = Consequence.State.DONE, MONDAY
    duty.save()
    assert reattestation not in outstanding(everything, When.OVERDUE, MONDAY)


def test_the_number_on_a_tab_is_the_number_of_its_lines(region: Region) -> None:
    for day in range(-3, 15):
        deadline(TODAY + timedelta(days=day), employee=region.case.employee)
    total = 0
    for when in When:
        answer = board(region.officer, when=when.value)
        tab = next(tab for tab in answer.context["tabs"] if tab.chosen)
        assert tab.count == answer.context["page"].paginator.count == len(keys(answer))
        total += tab.count
    assert total == 18 + Deadline.objects.open().exclude(key__startswith="test:").count()


def test_days_left_are_said_in_words() -> None:
    said = [left_in_words(TODAY + timedelta(days=days), TODAY) for days in (-2, -1, 0, 1, 2, 3)]
    assert said == [
        ("2 days overdue", "bad"),
        ("1 day overdue", "bad"),
        ("today, until 23:59:59", "wait"),
        ("tomorrow", "wait"),
        ("2 days left", "wait"),
        ("3 days left", ""),
    ]
    with translation.override("ru"):
        assert left_in_words(TODAY + timedelta(days=5), TODAY)[0] == "осталось 5 дней"


def test_each_kind_says_who_must_act() -> None:
    bearers = {kind: Deadline(kind=kind).bearer.value for kind in Kind}
    assert bearers == {
        "appeal": "employee",
        "grace": "center",
        "scoring": "center",
        "reattestation": "center",
        "category": "employee",
        "ruling": "commission",
    }


# --- a line -------------------------------------------------------------------------------------------------


def test_a_line_says_the_case_who_must_act_the_day_and_how_it_was_counted(region: Region) -> None:
    page = re.sub(r"\s+", " ", text_of(board(region.officer, when="today")))
    assert region.case.case_no in page
    assert url("attestation_attestation_change", region.case.pk) in page
    assert "Employee" in page
    assert "today, until 23:59:59" in page
    assert "Published 05.02.2026 17:40; counted: 06.02.2026, 09.02.2026; due 09.02.2026 23:59:59" in page
    assert "07.02.2026</span> – Saturday" in page
    assert "08.02.2026</span> – Sunday" in page
    # The order's sentence (¶21), and the calendar by which it was counted.
    assert "2026, version 1" in page
    assert "¶21" in page


def derivation(row: Deadline) -> list[tuple[str, str]]:
    """The days passed over and why."""
    return [(f"{day:%d.%m}", why) for day, why in Derivations([row]).of(row).passed_over]


def test_the_days_passed_over_are_named_with_the_reason() -> None:
    """Published on Friday 6 March 2026: the weekend, Women's Day moved to Monday, then Tuesday counts."""
    CalendarDay.objects.filter(day__range=(date(2026, 3, 6), date(2026, 3, 12))).delete()
    year = CalendarYear.objects.get(pk=2026)
    CalendarDay.objects.create(
        day=date(2026, 3, 9),
        year=year,
        kind="off",
        nature="moved",
        name_kk="Әйелдер күні",
        name_ru="Женский день",
        source="x",
    )
    row = deadline(
        date(2026, 3, 11),
        Kind.APPEAL,
        counted_from=moment("2026-03-06 18:00"),
        days=["2026-03-10", "2026-03-11"],
        calendar_version="2026:4",
    )
    with translation.override("kk"):
        assert derivation(row)[2][1].endswith("Әйелдер күні")
    found = derivation(row)
    assert [day for day, _why in found] == ["07.03", "08.03", "09.03"]
    assert found[0][1] == "Saturday"
    assert "Женский день" in found[2][1]
    assert Derivations([row]).of(row).calendar == "2026, version 4"


def test_a_day_off_of_an_earlier_calendar_is_said_to_be_one() -> None:
    """The Wednesday between the days that counted works today; it was off when the deadline was counted."""
    row = deadline(
        date(2026, 2, 12),
        Kind.APPEAL,
        counted_from=moment("2026-02-09 09:00"),
        days=["2026-02-10", "2026-02-12"],
    )
    assert derivation(row) == [("11.02", "Wednesday, a day off in the calendar of that time")]


def test_the_grace_names_the_days_off_between_the_appeal_term_and_its_own_day() -> None:
    row = deadline(
        date(2026, 2, 16), Kind.GRACE, counted_from=moment("2026-02-11 09:00"), days=["2026-02-16"]
    )
    assert derivation(row) == [("14.02", "Saturday"), ("15.02", "Sunday")]


def test_calendar_days_pass_over_nothing_and_a_rolled_term_says_so() -> None:
    sunday = {"counted_from": moment("2026-02-07 00:00"), "days": ["2026-02-07", "2026-02-08"]}
    plain = deadline(date(2026, 2, 8), Kind.SCORING, **sunday)
    rolled = deadline(date(2026, 2, 9), Kind.SCORING, **sunday)
    assert derivation(plain) == []
    assert not Derivations([plain]).of(plain).rolled
    assert Derivations([plain]).of(plain).calendar == ""
    assert Derivations([rolled]).of(rolled).rolled
    assert derivation(rolled) == [("08.02", "Sunday")]


def test_a_moved_term_tells_its_moves(region: Region) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=Kind.APPEAL)
    TermChange.objects.create(
        deadline=row,
        cause=TermChange.Cause.OUTAGE,
        was_due_on=date(2026, 2, 9),
        due_on=date(2026, 2, 11),
        state=TermChange.State.APPLIED,
        made_at=MONDAY,
        decided_by=UserFactory(username="head-office"),
        reason="№ 17",
    )
    assert Derivations([row]).of(row).moves == [
        "09.02.2026 10:00: 09.02.2026 → 11.02.2026, the system was down; applied (head-office): № 17"
    ]


def test_a_provisional_term_names_the_year_and_a_held_one_what_holds_it(region: Region) -> None:
    CalendarYear.objects.update_or_create(year=2027, defaults={"confirmed_at": None})
    CalendarYear.objects.filter(year=2026).update(confirmed_at=MONDAY)
    held = deadline(
        date(2026, 2, 8),
        Kind.APPEAL,
        region.case.employee,
        provisional=True,
        calendar_version="2026:1 2027:1",
        attestation=region.case,
    )
    ReadyEffect.objects.create(
        key=held.key, act="close_term", deadline=held, brakes=["calendar", "gap"], ready_at=MONDAY
    )
    answer = board(region.officer, when="overdue")
    line = next(line for line in answer.context["lines"] if line.deadline == held)
    assert line.provisional == "the days off of 2027 are not confirmed yet"
    assert len(line.ready.split("; ")) == 2
    page = text_of(answer)
    assert "provisional" in page
    assert "ready: confirm" in page
    ReadyEffect.objects.update(state=ReadyEffect.State.CONFIRMED, closed_at=MONDAY)
    assert "ready: confirm" not in text_of(board(region.officer, when="overdue"))


# --- who sees what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", OFFICE)
def test_the_office_reads_the_name_beside_the_number(role: Role, region: Region) -> None:
    page = text_of(board(member_of(role, region), when="today"))
    assert region.case.case_no in page
    assert region.case.employee.last_name in page


@pytest.mark.parametrize("role", COMMISSION)
def test_the_commission_reads_numbers_alone(role: Role, region: Region) -> None:
    """The review is blind: neither name nor centre's person stands beside a case."""
    row = deadline(TODAY, employee=region.case.employee)
    TermChange.objects.create(
        deadline=row,
        cause="stage",
        was_due_on=TODAY,
        due_on=TODAY,
        state="applied",
        made_at=MONDAY,
        reason=f"asked for by {region.case.employee.last_name}",
    )
    assert "asked for by" in text_of(board(region.officer, when="today"))
    client, pages = client_of(member_of(role, region)), {}
    for when in When:
        pages[when] = text_of(client.get(url("attestation_deadline_board"), {"when": when.value}))
        for person in (region.case.employee, region.appealed.employee):
            assert person.last_name not in pages[when]
            assert person.first_name not in pages[when]
            assert person.iin not in pages[when]
    assert region.case.case_no in pages[When.TODAY]


@pytest.mark.parametrize("role", [Role.HR, *COMMISSION])
def test_nothing_of_another_region_is_on_the_board_the_plot_or_its_file_f_a2(
    role: Role, region: Region
) -> None:
    """F-A2: the other region's centre can't be chosen or asked for either."""
    other = make_region(CANARY)
    user = UserFactory(role=role, center=region.center)
    mine = Deadline.objects.filter(employee__center=region.career).open()
    if role in (Role.CHAIR, Role.MEMBER):
        # Who may have to vote on the appeal reads nothing of its person.
        mine = mine.exclude(employee=region.appealed.employee)
    soon = mine.filter(due_on__range=(TODAY, TODAY + timedelta(days=89))).count()
    assert 0 < soon <= mine.count() < Deadline.objects.open().count()
    client = client_of(user)
    addresses = [{"when": when.value} for when in When]
    addresses += [{"center": str(other.career.pk)}, {"region": str(other.center.region_id)}]
    for query in addresses:
        answer = client.get(url("attestation_deadline_board"), query)
        assert CANARY not in text_of(answer), query
        assert sum(tab.count for tab in answer.context["tabs"]) == mine.count()
        listed = list(csv.reader(io.StringIO(text_of(client.get(url("attestation_deadline_plot"), query)))))
        assert CANARY not in str(listed)
        assert sum(int(line[-1]) for line in listed[1:]) == soon


def test_the_board_is_for_accounts_with_a_role_and_only_read(region: Region) -> None:
    before = footprint()
    client = client_of(region.officer)
    for page in ("board", "plot"):
        address = url(f"attestation_deadline_{page}")
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405
        assert client_of(UserFactory(role="")).get(address).status_code == 302
    assert footprint() == before


def test_an_address_with_other_parameters_is_cleaned_f_w10(region: Region) -> None:
    """F-W10: an IIN does not stay in the address."""
    client = client_of(region.officer)
    answer = client.get(url("attestation_deadline_board"), {"when": "850101400019", "kind": "appeal"})
    assert answer.status_code == 302
    assert answer.url == url("attestation_deadline_board") + "?kind=appeal"
    client = client_of(region.officer)
    answer = client.get(url("attestation_deadline_board"), {"next": "//evil"}, follow=True)
    assert messages_of(answer) == ["The page has no such filter; it was left out: next."]
    for odd in ({"when": "never"}, {"kind": "none"}, {"center": "x"}, {"p": "9999"}):
        assert client.get(url("attestation_deadline_board"), odd).status_code == 200


def test_names_are_escaped_f_w2() -> None:
    bad = "<script>alert(1)</script>"
    region = make_region(bad)
    page = text_of(board(region.officer, when="today"))
    assert bad not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_filters_narrow_the_groups_the_centres_and_the_plot(region: Region) -> None:
    second = CareerCenterFactory(parent=region.center, name_ru="Второй")
    deadline(TODAY, Kind.CATEGORY, EmployeeFactory(center=second))
    answer = board(region.officer)
    assert {line.name for line in answer.context["centers"]} == {region.career.name_ru, "Второй"}
    for query in ({"center": str(second.pk)}, {"kind": "category"}):
        narrowed = board(region.officer, when="today", **query)
        assert [line.deadline.kind for line in narrowed.context["lines"]] == ["category"]
        assert narrowed.context["plot"].total == 1
    regions = board(UserFactory(role=Role.ADMINISTRATOR), region=str(region.center.region_id))
    assert sum(tab.count for tab in regions.context["tabs"]) == Deadline.objects.open().count()


def queries_of(user: Any) -> dict[When, int]:
    """How many queries each group of the board makes, after a first answer."""
    client, asked = client_of(user), {}
    client.get(url("attestation_deadline_board"), {"when": "overdue"})
    for when in When:
        with CaptureQueriesContext(connection) as found:
            assert client.get(url("attestation_deadline_board"), {"when": when}).status_code == 200
        asked[when] = len(found)
    return asked


def many(count: int, center: Center) -> None:
    """Deadlines, each of a person and a case of its own, over all groups; some moved, some held."""
    people = EmployeeFactory.build_batch(count, center=center)
    for person in people:
        person.set_keys()
    Employee.objects.bulk_create(people)
    cases = {person.pk: AttestationFactory.build(employee=person) for person in people[::10]}
    Attestation.objects.bulk_create(cases.values())
    made = []
    for number, person in enumerate(people):
        ahead = (-1 - number % 7, 0, 1 + number % 7, 8 + number % 50)[number % 4]
        day = TODAY + timedelta(days=ahead)
        made.append(
            new_deadline(
                day,
                key=f"test:{person.pk}",
                employee=person,
                attestation=cases.get(person.pk),
                days=[day.isoformat()],
                provisional=True,
            )
        )
    Deadline.objects.bulk_create(made)
    TermChange.objects.bulk_create(
        TermChange(
            deadline=row, cause="stage", was_due_on=TODAY, due_on=row.due_on, state="applied", made_at=MONDAY
        )
        for row in made[::3]
    )
    ReadyEffect.objects.bulk_create(
        ReadyEffect(key=row.key, act="close_term", deadline=row, brakes=["gap"], ready_at=MONDAY)
        for row in made[::4]
    )


@pytest.mark.daily(4)
def test_a_thousand_terms_cost_as_many_queries_as_ten(region: Region) -> None:
    users = [member_of(role, region) for role in (Role.HR, Role.ADMINISTRATOR, Role.SECRETARY)]
    many(10, region.career)
    few = [queries_of(user) for user in users]
    many(990, region.career)
    assert [queries_of(user) for user in users] == few
    for user in users:
        answer = board(user, when="overdue")
        assert len(answer.context["lines"]) == 25
        assert answer.context["page"].paginator.num_pages > 1


# --- the plot -----------------------------------------------------------------------------------------------


def test_the_plot_its_table_and_its_file_have_the_same_numbers(region: Region) -> None:
    person = region.case.employee
    wanted: Counter[tuple[date, str]] = Counter()
    for days, kind in ((0, "category"), (5, "category"), (5, "ruling"), (89, "category"), (5, "category")):
        day = TODAY + timedelta(days=days)
        deadline(day, kind, person)
        wanted[day, kind] += 1
    for days in (-1, 90):
        deadline(TODAY + timedelta(days=days), "category", person)
    for row in Deadline.objects.open().exclude(key__startswith="test:"):
        wanted[row.due_on, row.kind] += 1
    answer = board(region.officer)
    plot = answer.context["plot"]
    data = json.loads(plot.data)
    labels = {str(kind.label): kind.value for kind in Kind}
    drawn = {
        (TODAY + timedelta(days=place), labels[series["label"]]): number
        for series in data["series"]
        for place, number in enumerate(series["data"])
        if number
    }
    assert drawn == wanted
    assert plot.total == sum(wanted.values()) == sum(day.total for day in plot.days)
    assert len(data["labels"]) == 90
    assert data["mondays"][:8] == [True, *[False] * 6, True]
    # A pattern of its own for each kind, the same with any filter.
    assert len({series["pattern"] for series in data["series"]}) == len(data["series"])

    file = client_of(region.officer).get(url("attestation_deadline_plot"))
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert file.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert lines[0] == ["due", *(str(kind.label) for kind in Kind), "total"]
    assert len(lines) == 91
    read = {
        (date.fromisoformat(line[0]), kind.value): int(line[1 + place])
        for line in lines[1:]
        for place, kind in enumerate(Kind)
        if line[1 + place] != "0"
    }
    assert read == wanted


def test_the_plot_asks_for_no_script_on_the_page(region: Region) -> None:
    answer = board(region.officer)
    page = text_of(answer)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "attestation/board.js" in page
    assert (
        "unsafe-inline" not in answer.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    )


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_board_is_in_the_readers_language(language: str, region: Region) -> None:
    user = UserFactory(role=Role.ADMINISTRATOR, language=language)
    words = {"kk": "мерзімі өтті", "ru": "просрочено", "en": "overdue"}
    assert words[language] in text_of(board(user)).lower()


def test_the_sidebar_opens_the_board_and_the_list_stays(region: Region) -> None:
    page = text_of(client_of(region.officer).get(url("index")))
    assert f'href="{url("attestation_deadline_board")}"' in page
    assert url("attestation_deadline_changelist") in text_of(board(region.officer))
    assert client_of(region.officer).get(url("attestation_deadline_changelist")).status_code == 200
    assert local_day(MONDAY) == TODAY
