"""I-42: a category conferred before this order, with its old name and the document beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext

from attestation.by import By
from attestation.cases.former_categories import record_former_category
from attestation.law.parameters import FIRST_DAY
from attestation.law.refusals import MESSAGES, RuleRefusal
from attestation.models import CategoryTerm, Deadline, Employee, JournalEntry, Role, RuleSet, User
from attestation.refusals import Refused
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import EmployeeFactory, UserFactory, moment

NOW = moment("2026-02-09 10:00")
OLD, PAPER = "I санатты консультант", "№ 12 бұйрық, 10.03.2024"
DAY = date(2024, 3, 10)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Employee:
    return EmployeeFactory(position="career_specialist")


@pytest.fixture
def officer(person: Employee) -> User:
    return UserFactory(role=Role.HR, center=person.center, language="en")


def put(person: Employee, actor: User, **changed: Any) -> CategoryTerm:
    said = {"category": "consultant", "former_name": OLD, "starts_on": DAY, "document": PAPER, **changed}
    return record_former_category(person, **said, by=By(actor, NOW))


def test_its_term_counts_from_its_own_day(person: Employee, officer: User) -> None:
    period = put(person, officer)
    assert (period.starts_on, period.ends_on, period.planned_ends_on) == (
        DAY,
        date(2027, 3, 10),
        date(2027, 3, 10),
    )
    assert (period.former_name, period.document, period.decision) == (OLD, PAPER, None)
    assert person.category_on(date(2026, 2, 9)) == "consultant"
    assert Deadline.objects.open().get(term=period).due_on == date(2027, 3, 10)
    entry = JournalEntry.objects.get(act="record_former_category")
    assert (entry.actor, entry.subject) == (officer, f"employee:{person.pk}")
    assert (entry.data["former_name"], entry.data["document"]) == (OLD, PAPER)


@pytest.mark.parametrize(("day", "open_deadlines"), [(date(2023, 2, 9), 1), (date(2023, 2, 8), 0)])
def test_one_that_is_over_is_on_record_as_ended(
    person: Employee, officer: User, day: date, open_deadlines: int
) -> None:
    put(person, officer, starts_on=day)
    assert Deadline.objects.open().count() == open_deadlines


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"starts_on": date(2026, 2, 10)}, "day_of_the_future"),
        ({"starts_on": date(2026, 2, 9)}, "former_under_order"),
        ({"starts_on": date(2025, 9, 29)}, "former_under_order"),
        ({"category": "none"}, "unknown_category"),
        ({"category": "expert"}, "unknown_category"),
        ({"former_name": " "}, "text_missing"),
        ({"document": ""}, "text_missing"),
    ],
)
def test_what_is_refused(person: Employee, officer: User, changed: dict[str, Any], code: str) -> None:
    with pytest.raises((Refused, RuleRefusal)) as refused:
        put(person, officer, **changed)
    assert refused.value.code == code
    assert not CategoryTerm.objects.exists()


@pytest.mark.parametrize("first_day", [date(2026, 1, 1), None])
def test_under_the_order_is_from_the_first_rule_sets_day_on(
    person: Employee, officer: User, first_day: date | None
) -> None:
    if first_day is None:
        RuleSet.objects.all().delete()
    else:
        RuleSet.objects.update(effective_from=first_day)
    last = (first_day or FIRST_DAY) - timedelta(days=1)
    with pytest.raises(RuleRefusal):
        put(person, officer, starts_on=last + timedelta(days=1))
    assert put(person, officer, starts_on=last).starts_on == last


def test_only_a_career_specialist_has_a_category(officer: User) -> None:
    other = EmployeeFactory(position="assistant", center=officer.center)
    with pytest.raises(Refused) as refused:
        put(other, officer)
    assert refused.value.code == "no_specialist"


@pytest.mark.parametrize(
    ("beside", "day", "refused"),
    [
        ("consultant", date(2024, 3, 10), True),
        ("mentor", date(2024, 3, 10), True),
        ("mentor", date(2027, 3, 10), True),
        ("mentor", date(2027, 3, 11), False),
    ],
)
def test_i_16_none_of_the_same_or_a_higher_category_runs_beside_it(
    person: Employee, officer: User, beside: str, day: date, refused: bool
) -> None:
    ends = day.replace(year=day.year + 3)
    other = CategoryTerm.objects.create(
        employee=person, category=beside, starts_on=day, ends_on=ends, planned_ends_on=ends
    )
    if refused:
        with pytest.raises(Refused) as found:
            put(person, officer)
        assert found.value.code == "category_beside"
        # One that was suspended runs no more.
        CategoryTerm.objects.filter(pk=other.pk).update(suspended_at=NOW)
    assert put(person, officer).pk


def test_a_lower_one_beside_it_is_none_of_its_business(person: Employee, officer: User) -> None:
    put(person, officer)
    assert put(person, officer, category="mentor").category == "mentor"
    with pytest.raises(Refused) as refused:
        put(person, officer)
    assert refused.value.code == "category_beside"


def test_the_database_wants_the_document_with_the_name(person: Employee) -> None:
    for said in ({"former_name": OLD}, {"document": PAPER}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CategoryTerm.objects.create(
                employee=person, category="mentor", starts_on=DAY, ends_on=DAY, planned_ends_on=DAY, **said
            )


def test_who_may(person: Employee, officer: User) -> None:
    for user in (UserFactory(role=Role.AUDITOR), UserFactory(role=Role.HR, center=EmployeeFactory().center)):
        with pytest.raises(Refused):
            put(person, user)
    officer.employee = person
    officer.save()
    with pytest.raises(Refused) as refused:
        put(person, officer)
    assert refused.value.code == "own_record"


@pytest.mark.parametrize(("language", "label"), [("en", "Former name"), ("kk", "Бұрынғы"), ("ru", "Прежнее")])
def test_the_officer_does_it_on_the_persons_page(
    person: Employee, officer: User, language: str, label: str
) -> None:
    officer.language = language
    officer.save()
    client, page = client_of(officer), url("attestation_employee_change", person.pk)
    address = url("attestation_employee_act", person.pk, "former-category")
    assert address in text_of(client.get(page))
    with translation.override(language):
        said = {"category": "mentor", "former_name": OLD, "starts_on": "2024-03-10", "document": PAPER}
        assert label in text_of(client.get(address))
        shown = text_of(client.post(address, said, follow=True))
    assert OLD in shown
    assert PAPER in shown
    assert client.post(address, said).status_code == 422
    refused = client.post(address, {**said, "category": "consultant", "starts_on": "2025-09-29"})
    assert refused.status_code == 422
    with translation.override(language):
        advice = gettext(MESSAGES["former_under_order"]).partition("%(cite)s). ")[2]
    assert advice in text_of(refused)
