"""No page asks the database more because there is more: home and lists, of three cases and of thirty."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation import clock
from attestation.admin import counted
from attestation.models import Notice, Role
from scoring.models import RatingRuling
from tests.attestation.admin_cast import ROLES, at, client_of, make_region, member_of, url
from tests.factories import AttestationFactory, EmployeeFactory, moment
from tests.shares import share
from tests.tables.page_cast import addresses, at_the_screen, job_of, make_everything

__all__ = ["at"]

pytestmark = pytest.mark.django_db

PAGES = ("index", "attestation_attestation_changelist", "attestation_cycle_changelist", "registers")
STAFF = "attestation_employee_changelist"
JOBS, RULINGS = "attestation_importjob_changelist", "scoring_ratingruling_changelist"
RECORDS = ("attestation_attestation record", "attestation_cycle record", "appeals_agendaitem record")
MOST_QUERIES = 25
# Each row of these has a state that depends on the day.
DATED = ("attestation_cycle_changelist", STAFF, "attestation_attestation_changelist", "index")


def queries(user: Any, page: str) -> int:
    """How many the page asks of somebody who has looked at it before."""
    client = client_of(user)
    client.get(url(page))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url(page)).status_code == 200
    return len(asked)


def add_cases(region: Any, number: int) -> None:
    """Held cases of the region, each with a letter to be served by hand."""
    pinned = region.case.rule_set
    for _ in range(number):
        person = EmployeeFactory(center=region.career)
        case = AttestationFactory(
            employee=person, status="held", rule_set=pinned, status_reason=[{"code": "no_rating"}]
        )
        Notice.objects.create(
            kind="listed",
            key=f"growth-{case.pk}",
            not_before=moment("2026-02-09 09:00"),
            created_at=moment("2026-02-09 09:00"),
            attestation=case,
            employee=person,
            state=Notice.State.FAILED,
        )
        ruled_at = moment("2026-02-09 09:00")
        RatingRuling.objects.create(
            attestation=case, points=10, reason="…", ruled_by=region.officer, ruled_at=ruled_at
        )
        job_of(region.officer, "staff")


@pytest.mark.usefixtures("at")
def test_thirty_cases_ask_no_more_than_three() -> None:
    region = make_region("Ө1")
    people = {role: member_of(role, region) for role in ROLES}
    pages = [(role, page) for role in ROLES for page in PAGES]
    pages += [(role, page) for role in ROLES if role != Role.MEMBER for page in (STAFF, RULINGS)]
    pages += [(role, JOBS) for role in (Role.ADMINISTRATOR, Role.HR)]
    pages = share(pages, 5)
    add_cases(region, 1)
    few = {(role, page): queries(people[role], page) for role, page in pages}
    add_cases(region, 27)
    many = {(role, page): queries(people[role], page) for role, page in pages}
    assert {key: (few[key], many[key]) for key in pages if many[key] > few[key]} == {}
    assert {key: number for key, number in many.items() if number > MOST_QUERIES} == {}


@pytest.mark.daily(4)
def test_a_case_a_cycle_and_a_line_of_an_agenda_ask_no_more_than_a_list() -> None:
    """The line as whoever oversees reads it; the commission has its ballot and its acts beside it."""
    record = make_everything()
    job_of(record.office.region.officer, "staff")
    asked: dict[tuple[str, str], int] = {}
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR):
        client = at_the_screen(record, role)
        for page in RECORDS:
            _method, path = addresses(record)[page]
            client.get(path)
            with CaptureQueriesContext(connection) as queries_of_page:
                if client.get(path).status_code == 200:
                    asked[role, page] = len(queries_of_page)
    assert {page for _role, page in asked} == set(RECORDS)
    assert {key: number for key, number in asked.items() if number > MOST_QUERIES} == {}


@pytest.mark.postgres
@pytest.mark.parametrize("page", DATED)
def test_a_page_asks_for_the_moment_once(page: str) -> None:
    region = make_region("Ө1")
    add_cases(region, 2)
    client = client_of(region.officer)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url(page)).status_code == 200
    assert sum("clock_timestamp" in query["sql"] for query in asked.captured_queries) == 1


def test_a_request_has_one_moment_and_the_next_one_another() -> None:
    with clock.read_once():
        first = clock.now()
        assert clock.now() == first < clock.read()
    with clock.read_once():
        assert clock.now() > first
    assert clock.now() < clock.now()


@pytest.mark.usefixtures("at")
def test_the_list_of_files_names_each_file() -> None:
    officer = make_region("Ө1").officer
    job_of(officer, "staff")
    assert ">f.csv<" in client_of(officer).get(url(JOBS)).content.decode()


@pytest.mark.parametrize(("most", "said"), [(2, "more than 2 records"), (3, "3 records"), (4, "3 records")])
def test_a_list_is_counted_up_to_a_bound_and_says_so(
    most: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = make_region("Ө1")
    EmployeeFactory(center=region.career)
    monkeypatch.setattr(counted, "MOST_COUNTED", most)
    answer = client_of(region.officer).get(url("attestation_employee_changelist"))
    assert said in " ".join(answer.content.decode().split())
    assert answer.context["cl"].result_count == min(most, 3)
