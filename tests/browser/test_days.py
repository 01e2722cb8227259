"""A day of each role in a real Chromium, from what waits on the home page on, with every click counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from appeals.models import AgendaItem, Sitting, Vote
from attestation.models import Attestation, Cycle, Employee, Notice, Result, Role, Status
from tests.appeals.sitting_cast import AT, WHY, board, opened
from tests.attestation.admin_cast import MONDAY, Region, at, make_region, url
from tests.browser.day import Day
from tests.browser.widths import LANGUAGES
from tests.factories import AttestationFactory, CycleFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import workbook

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
MOST_TO_PUBLISH, MOST_TO_LIST = 5, 12
SPELLINGS = ("тұрсынова ұлж", "Турсынова Улжан", "Tursynova Ulzhan", "nehcsyjdf", "тұрсы")
RESULTS = ("ЖСН", "Сұрақтар саны", "Дұрыс жауаптар", "Аяқталған уақыты")


@pytest.fixture
def region() -> Region:
    """A region with something of everything on record."""
    return make_region("Ақмола")


@pytest.fixture
def day(page: Any, tmp_path: Path, record_property: Callable[[str, str], None]) -> Iterator[Any]:
    """Begin somebody's day; at its end the line that sums it up is printed."""
    days: list[Day] = []

    def begin(user: Any, language: str) -> Day:
        page.context.clear_cookies()
        if days:
            days[-1].end()
        days.append(Day(page, user, language, tmp_path))
        return days[-1]

    yield begin
    for each in days:
        record_property(f"day-{each.who}-{each.language}", each.tell())


@contextmanager
def within(day: Day, most: int, what: str) -> Iterator[None]:
    """So many clicks and entries at most."""
    acts, loads = day.acts, day.loads
    yield
    assert day.acts - acts <= most, day.tell(what, acts, loads)
    day.tell(what, acts, loads)


def cycle_of(region: Region, code: str, starts: date, ends: date) -> Cycle:
    cycle: Cycle = CycleFactory(center=region.center, code=code, testing_starts=starts, testing_ends=ends)
    return cycle


def cases_of(region: Region, cycle: Cycle, number: int, status: Status) -> list[Attestation]:
    """So many cases of people of the career centre."""
    people = EmployeeFactory.create_batch(number, center=region.career, last_name="Қожахметова")
    return [AttestationFactory(cycle=cycle, employee=person, status=status) for person in people]


def to_cycle(day: Day, cycle: Cycle) -> None:
    """From the home page, by the lines of the cycles."""
    day.home()
    day.click(f".cyclelines a[href='{url('attestation_cycle_change', cycle.pk)}']")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_officer_brings_results_in_forms_a_list_and_decides_on_admission(
    language: str, day: Callable[..., Day], region: Region, tmp_path: Path
) -> None:
    tested = cycle_of(region, "АҚМ-2026-5", date(2026, 2, 2), date(2026, 2, 11))
    cases = cases_of(region, tested, 6, Status.ADMITTED)
    to_list = cycle_of(region, "АҚМ-2026-7", date(2026, 3, 2), date(2026, 3, 6))
    people = EmployeeFactory.create_batch(30, center=region.career, last_name="Жұмабаева")
    sought = EmployeeFactory(
        center=region.career, last_name="Тұрсынова", first_name="Ұлжан", patronymic="Ерланқызы"
    )
    officer = day(region.officer, language)
    officer.shoot("home")

    results_are_published(officer, tested, cases, tmp_path)
    thirty_are_listed(officer, to_list, people)
    one_is_refused(officer, cycle_of(region, "АҚМ-2026-8", date(2026, 2, 16), date(2026, 2, 20)), region)
    somebody_is_found(officer, sought)
    a_notice_is_read(officer, region)


def results_are_published(officer: Day, cycle: Cycle, cases: list[Attestation], tmp_path: Path) -> None:
    """From the cycle's page on; the file is chosen, looked at and confirmed, and so is what follows."""
    to_cycle(officer, cycle)
    officer.shoot("cycle-tested")
    file = tmp_path / "нәтижелер.xlsx"
    lines = [(case.employee.iin, 100, 80 + number, "2026-02-05 11:00") for number, case in enumerate(cases)]
    file.write_bytes(workbook(RESULTS, *lines))
    with within(officer, MOST_TO_PUBLISH, "results in and published"):
        officer.click("#next-step a")
        officer.choose(file)
        officer.press("Read and preview")
        officer.page.wait_for_url("**/importjob/*/change/")
        officer.shoot("results-preview")
        officer.click("form.confirm button")
        officer.page.wait_for_selector("#consequences")
        officer.shoot("publish")
        officer.send()
    officer.shoot("published")
    assert Result.objects.filter(attestation__cycle=cycle, published_at=MONDAY).count() == len(cases)


def thirty_are_listed(officer: Day, cycle: Cycle, people: list[Employee]) -> None:
    """The table is narrowed to them, ticked at once."""
    to_cycle(officer, cycle)
    with within(officer, MOST_TO_LIST, "thirty people on a list"):
        officer.click("#next-step a")
        officer.type("[data-narrows='#people']", people[0].last_name)
        officer.click("[data-ticks='#people']")
        officer.shoot("list")
        officer.send()
        officer.shoot("list-follows")
        officer.send()
    officer.shoot("listed")
    assert set(cycle.attestations.values_list("employee", flat=True)) == {person.pk for person in people}


def one_is_refused(officer: Day, cycle: Cycle, region: Region) -> None:
    """Who is not admitted, and why, stands on the page before and on the answer."""
    with_course, without = cases_of(region, cycle, 2, Status.LISTED)
    cycle.courses.create(
        employee=with_course.employee, course_category=with_course.declared, recorded_at=MONDAY
    )
    to_cycle(officer, cycle)
    officer.press("Decide on admission to testing")
    reason = officer.page.inner_text(f"#consequences tr:has-text('{without.case_no}') .pre")
    officer.shoot("admission")
    officer.send()
    officer.shoot("admission-decided")
    answer = officer.page.inner_text("body")
    assert reason
    assert f"{without.case_no}, {without.employee.full_name}: {reason}" in answer


def somebody_is_found(officer: Day, sought: Employee) -> None:
    """In Kazakh and Russian letters, as a passport has it, by the other keys, by a beginning, by the IIN."""
    for typed in (*SPELLINGS, sought.iin):
        officer.find(typed)
        assert officer.page.url.endswith(url("attestation_employee_change", sought.pk)), typed


def a_notice_is_read(officer: Day, region: Region) -> None:
    """Behind the bell; the line loses its mark."""
    unread = Notice.objects.filter(user=region.officer, read_at=None)
    before = unread.count()
    assert before
    officer.click("a.bell:not(.tofind)")
    officer.shoot("bell")
    officer.click(".inbox li.unread button")
    officer.page.wait_for_load_state()
    assert unread.count() < before


# --- the commission ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commission_reads_the_names_votes_counts_and_seals(
    language: str, day: Callable[..., Day], region: Region, at: Callable[[Any], None]
) -> None:
    people = board(members=1)
    sitting = opened(people)
    at(AT)
    for user, choice in ((people.members[0], "reject"), (people.chair, "uphold")):
        votes_are_cast(day(user, language), sitting, choice)
    assert Vote.objects.filter(agenda_item__sitting=sitting).count() == 2 * sitting.agenda.count() == 4
    secretary = day(people.secretary, language)
    secretary.shoot("home")
    for line in sitting.agenda.order_by("position"):
        is_sealed(secretary, sitting, line)
    secretary.go("Appeals")
    secretary.shoot("appeals")
    secretary.click("#result_list tbody a")
    secretary.shoot("appeal")
    assert region.appealed.case_no in secretary.said()


def votes_are_cast(voter: Day, sitting: Sitting, choice: str) -> None:
    """From what waits on the home page: the names, then one press for each question."""
    voter.shoot("home")
    with within(voter, 2 + sitting.agenda.count(), "votes on every matter"):
        voter.click(".people a.btn.primary")
        voter.shoot("names")
        voter.press("I have read the names: show the questions")
        voter.shoot("ballot")
        for _line in sitting.agenda.all():
            with voter.page.expect_navigation():
                voter.click(f".ballot button[value={choice}]")
    voter.shoot("voted")
    assert voter.page.locator(".ballot").count() == 0


def is_sealed(secretary: Day, sitting: Sitting, line: AgendaItem) -> None:
    """From the home page to the ruling with its reason."""
    secretary.home()
    secretary.click(f".people a[href='{url('appeals_sitting_change', sitting.pk)}']")
    secretary.click(f"#agenda a[href='{url('appeals_agendaitem_change', line.pk)}']")
    secretary.shoot("matter")
    secretary.press("Count the votes")
    secretary.send()
    secretary.type("textarea[name=reason]", WHY)
    secretary.shoot("reason")
    secretary.send()
    secretary.shoot("sealed")
    line.refresh_from_db()
    assert (line.outcome, line.ruling) == ("ruled", "uphold")


# --- who looks on ------------------------------------------------------------------------------------------

# What would act on a record: never on a page of the auditor's. The Platform's decisions are compared alone.
UPLOAD = "a[href*='/upload/']:not([href*='/upload/decisions/'])"
ACTS = f"#main :is(a[href*='/do/'], a[href$='/add/'], {UPLOAD}, form[data-once], .submit button)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_auditor_finds_reads_and_takes_a_list_along_and_can_change_nothing(
    language: str, day: Callable[..., Day], region: Region
) -> None:
    auditor = day(UserFactory(role=Role.AUDITOR), language)

    def looked_at(name: str) -> None:
        auditor.shoot(name)
        assert not (acts := auditor.page.locator(ACTS).all_inner_texts()), (name, acts)

    looked_at("home")
    auditor.find("Әбенова")
    looked_at("employee")
    auditor.click(f"#main a[href='{url('attestation_attestation_change', region.case.pk)}']")
    assert region.case.case_no in auditor.said()
    looked_at("case")
    auditor.go("Decisions")
    looked_at("decisions")
    with auditor.page.expect_download() as download:
        auditor.click("#main form[action*='export'] button", "CSV")
    assert region.case.case_no in Path(download.value.path()).read_bytes().decode("utf-8-sig")
    for line in ("Appeals", "Deadlines", "Journal", "Health of the system"):
        auditor.go(line)
        looked_at(line.split()[0].lower())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_administrator_looks_after_health_accounts_and_the_calendar(
    language: str, day: Callable[..., Day], region: Region
) -> None:
    administrator = day(UserFactory(role=Role.ADMINISTRATOR), language)
    administrator.shoot("home")
    for line, name in (("Health of the system", "health"), ("Calendar", "calendars")):
        administrator.go("Registers")
        administrator.shoot("registers")
        administrator.click("ul.registers a", line)
        administrator.shoot(name)
    administrator.click("#result_list tbody a")
    administrator.shoot("calendar")
    administrator.go("Accounts")
    administrator.shoot("accounts")
    administrator.click("#result_list tbody a")
    administrator.shoot("account")
    # No way leads there but an address that somebody sent: the commission's chair alone rules.
    refused = administrator.page.goto(url("attestation_attestation_act", region.case.pk, "rule-rating"))
    assert refused.status == 403
    assert administrator.words("Your role does not allow this") in administrator.page.inner_text("body")
    administrator.shoot("refused")
