"""The one search box: who finds what, in which order, and that an IIN stays nowhere."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote_plus

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.test import Client

from attestation.models import JournalEntry, Role
from tests.attestation.admin_cast import Region, at, client_of, make_region, member_of, text_of, url
from tests.attestation.spelling_pairs import NAMESAKES, PAIRS
from tests.factories import EmployeeFactory, UserFactory

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
TWELVE_DIGITS = re.compile(r"(?<!\d)(?:\d[\s-]?){11}\d(?!\d)")
TYPED = {"typed": "1"}


@pytest.fixture
def region() -> Region:
    return make_region("Ж1")


def titles(client: Client, typed: str) -> list[str]:
    """What the script is told, in its order."""
    answer = client.post(url("search"), {"q": typed, "typed": "1"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return [line.title for group in answer.context["groups"] for line in group.answers]


@pytest.mark.daily(3)
def test_each_spelling_finds_its_person_among_the_answers() -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    for name in {name for _why, name, _typed in PAIRS}:
        EmployeeFactory(last_name=name[0], first_name=name[1], patronymic=name[2])
    lost = [
        (name, typed)
        for _why, name, typed in PAIRS
        if " ".join(filter(None, name)) not in titles(client, typed)
    ]
    assert lost == []


@pytest.mark.parametrize(("typed", "people"), NAMESAKES)
def test_of_namesakes_whoever_is_spelled_as_typed_comes_first(
    typed: str, people: tuple[tuple[str, str, str], ...]
) -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    for last, first, patronymic in people:
        EmployeeFactory(last_name=last, first_name=first, patronymic=patronymic)
    exact = [name for name in (" ".join(one).strip() for one in people) if typed in name]
    found = titles(client, typed)
    assert len(found) == len(people)
    assert found[0] in (exact or [" ".join(people[0]).strip()])


def test_the_spelling_typed_comes_first_among_more_than_are_shown() -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    for number in range(12):
        EmployeeFactory(last_name=f"Алиева{'абвгдежзиклм'[number]}", first_name="Ұлжан", patronymic="")
    EmployeeFactory(last_name="Яковлева", first_name="Улжан", patronymic="")
    found = titles(client, "улжан")
    assert len(found) == 10
    assert found[0] == "Яковлева Улжан"


def test_a_person_is_known_by_post_centre_and_the_tail_of_the_iin(region: Region) -> None:
    person = region.case.employee
    page = text_of(client_of(region.officer).post(url("search"), {"q": "әбенова", "typed": "1"}))
    for told in (person.full_name, person.get_position_display(), str(person.center), person.iin[-4:]):
        assert told in page
    assert person.iin not in page


def test_cases_and_centres_are_found_too(region: Region) -> None:
    client = client_of(region.officer)
    assert titles(client, "Ж1-000") == ["Ж1-0001", "Ж1-0002"]
    assert titles(client, ";1-0001") == ["Ж1-0001"]
    assert titles(client, "ж1-0002") == ["Ж1-0002"]
    assert titles(client, "ж1 цтм") == [str(region.center)]
    assert titles(client, region.career.bin) == [str(region.career)]
    assert titles(client, "Ж") == titles(client, " ") == titles(client, "") == []


def test_an_iin_leads_to_its_person_within_the_scope_f_w10(region: Region) -> None:
    person, stranger = region.case.employee, make_region("Ц3").case.employee
    client = client_of(region.officer)
    for written in (person.iin, f" {person.iin[:6]} {person.iin[6:]} ", f"ИИН: {person.iin}"):
        answer = client.post(url("search"), {"q": written})
        assert answer["Location"] == url("attestation_employee_change", person.pk)
    pages = [client.post(url("search"), {"q": iin}) for iin in (stranger.iin, "850101400017")]
    assert [page.status_code for page in pages] == [200, 200]
    assert [page.context["groups"] for page in pages] == [[], []]
    assert titles(client, person.iin[:11]) == []


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.daily(2)
def test_each_role_finds_what_its_lists_show(role: str, region: Region) -> None:
    person, other = region.appealed.employee, make_region("Ц3")
    client = client_of(member_of(role, region))
    seen = [text_of(client.get(url("attestation_employee_changelist"), {"q": "оспанова"}))]
    seen.append(text_of(client.get(url("attestation_attestation_changelist"), {"q": "Ж1-0002"})))
    assert (person.full_name in titles(client, "оспановаж1")) == (person.full_name in seen[0])
    assert (person.full_name in titles(client, person.iin)) == (person.full_name in seen[0])
    assert ("Ж1-0002" in titles(client, "Ж1-0002")) == ("Ж1-0002" in seen[1].partition("<tbody")[2])
    everywhere = role in (Role.ADMINISTRATOR, Role.AUDITOR)
    assert (other.case.case_no in titles(client, "Ц3-0001")) == everywhere
    if role == Role.MEMBER:
        assert titles(client, "әбенова") == titles(client, person.iin) == []


def test_what_is_in_the_address_is_not_searched_for(region: Region) -> None:
    person = region.case.employee
    page = client_of(region.officer).get(url("search"), {"q": "әбенова", "s": "әбенова", "typed": "1"})
    assert person.full_name not in text_of(page)


def test_a_choice_by_typing_is_asked_by_post_alone(region: Region) -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    person = region.case.employee
    field = {"app_label": "attestation", "model_name": "user", "field_name": "employee"}
    for typed in (person.iin, "абенова", "f,tyjdf"):
        answer = client.post(url("autocomplete"), {**field, "term": typed})
        assert [one["id"] for one in answer.json()["results"]] == [str(person.pk)], typed
    assert client.get(url("autocomplete"), {**field, "term": "абенова"}).status_code == 405


def test_no_twelve_digits_are_in_any_address_or_log(region: Region, caplog: pytest.LogCaptureFixture) -> None:
    """By the script, by the page and, refused, by a list: what is logged, before any mask."""
    iin, entries = region.case.employee.iin, JournalEntry.objects.count()
    client = client_of(region.officer)
    caplog.set_level(logging.DEBUG)
    for written in (iin, f"{iin[:6]} {iin[6:]}", f"{iin[:6]}-{iin[6:]} x", "850101400017"):
        asked = [client.post(url("search"), {"q": written, **extra}, follow=True) for extra in ({}, TYPED)]
        asked.append(client.get(url("attestation_employee_changelist"), {"q": written}, follow=True))
        asked.append(client.post(url("search"), {"q": written, **TYPED, "csrfmiddlewaretoken": "x"}))
        for answer in asked:
            went = [address for address, _status in getattr(answer, "redirect_chain", ())]
            assert not any(TWELVE_DIGITS.search(unquote_plus(address)) for address in went)
            assert not TWELVE_DIGITS.search(str(answer.request["PATH_INFO"]))
    client.post("/admin/nowhere/", {"q": iin})
    said = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert "Not Found: /admin/nowhere/" in said
    assert not [line for line in said if TWELVE_DIGITS.search(line)]
    assert JournalEntry.objects.count() == entries
    # The hash of the password has twelve digits in a row now and then.
    kept = {name: value for name, value in client.session.items() if name != HASH_SESSION_KEY}
    assert not any(TWELVE_DIGITS.search(str(one)) for one in (kept, dict(client.cookies)))
