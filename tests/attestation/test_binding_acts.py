"""Nothing that binds is pressed blind: first what it does to whom, then just that, or it is asked again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from attestation import access
from attestation.admin.actions import Action, actions_on
from attestation.admin.consequences import MOST_SHOWN
from attestation.models import Attestation, Cycle, Notice, Result, Status
from tests.attestation.admin_cast import MONDAY, at, client_of, make_region, text_of, url
from tests.factories import AttestationFactory, CycleFactory, EmployeeFactory, ResultFactory, moment
from tests.siblings_cast import footprint
from tests.tables.doors import pages

__all__ = ["at"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]

# Rights to acts that bind somebody: letters go, a term begins or ends, a status changes for good.
BINDING = frozenset(
    {
        *(
            "admit",
            "publish_results",
            "close_attestation",
            "move_stage",
            "finalise",
            "score",
            "annul_decision",
        ),
        *("confirm_calendar", "edit_calendar", "confirm_correction", "correct_result", "settle_ground"),
        *("void_record", "close_sitting"),
    }
)
# Acts whose own page says all of it, and that ask again by a digest or a version of their own.
OWN_PAGE = {"outage settle", "outage end", "cycle list", "calendaryear next", "termchange decline"}
# The page of what waits lists each with what confirming does.
LISTS = {"confirm_ready"}


def all_acts() -> list[tuple[str, Action]]:
    return [(f"{model._meta.model_name} {act.slug}", act) for model in pages() for act in actions_on(model)]


def test_every_act_that_binds_is_shown_before():
    blind = {
        name
        for name, act in all_acts()
        if act.right in BINDING and not (act.binds or act.preview or name in OWN_PAGE)
    }
    assert blind == set()
    found = {act.right for _name, act in all_acts()}
    assert found >= BINDING
    assert set(access.RIGHTS) >= BINDING | LISTS


@pytest.fixture
def cycle(at: Any) -> Cycle:
    """Three cases with a result that nobody has published, one admitted and without."""
    region = make_region("Ақмола")
    cycle = CycleFactory(center=region.center)
    for _number in range(3):
        case = AttestationFactory(
            cycle=cycle, employee=EmployeeFactory(center=region.career), status=Status.TESTED
        )
        ResultFactory(attestation=case, published_at=None)
    AttestationFactory(cycle=cycle, employee=EmployeeFactory(center=region.career), status=Status.ADMITTED)
    return cycle


@pytest.fixture
def officer(cycle: Cycle) -> Client:
    from attestation.models import User

    return client_of(User.objects.get(role="hr"))


def publish_of(cycle: Cycle) -> str:
    return url("attestation_cycle_act", cycle.pk, "publish")


def test_looking_changes_nothing_and_names_everyone_with_what_follows(cycle: Cycle, officer: Client) -> None:
    before = footprint()
    page = officer.get(publish_of(cycle))
    text = text_of(page)
    assert footprint() == before
    for case in cycle.attestations.filter(status=Status.TESTED).select_related("employee"):
        assert case.employee.full_name in text
        assert case.case_no in text
    assert "1 admitted person has no result on record yet." in text
    assert page.context["says"] == "Publish 3 results; appeals until 11.02.2026"
    assert "Test result published" in text


def test_what_was_shown_is_done_and_said(cycle: Cycle, officer: Client) -> None:
    page = officer.get(publish_of(cycle))
    promised = page.context["found"]
    answer = officer.post(publish_of(cycle), {"step": "save", "shown": page.context["digest"]})
    assert answer.status_code == 302
    published = Result.objects.filter(published_at=MONDAY, attestation__cycle=cycle)
    assert published.count() == len(promised.rows) == 3
    letters = Notice.objects.filter(attestation__cycle=cycle, created_at=MONDAY).count()
    assert letters == sum(row.letters for row in promised.rows)


def test_what_changed_in_between_is_asked_again(cycle: Cycle, officer: Client) -> None:
    page = officer.get(publish_of(cycle))
    late = cycle.attestations.get(status=Status.ADMITTED)
    ResultFactory(attestation=late, published_at=None)
    Attestation.objects.filter(pk=late.pk).update(status=Status.TESTED)
    before = footprint()
    again = officer.post(publish_of(cycle), {"step": "save", "shown": page.context["digest"]})
    assert again.status_code == 200
    assert "Something has changed since you looked; nothing was done." in text_of(again)
    assert late.employee.full_name in text_of(again)
    assert footprint() == before
    done = officer.post(publish_of(cycle), {"step": "save", "shown": again.context["digest"]})
    assert done.status_code == 302
    assert Result.objects.filter(published_at=MONDAY, attestation__cycle=cycle).count() == 4


def test_pressed_without_a_look_it_is_shown_and_not_done(cycle: Cycle, officer: Client) -> None:
    before = footprint()
    page = officer.post(publish_of(cycle), {"step": "save"})
    assert page.context["changed"]
    assert footprint() == before


@pytest.mark.daily(4)
def test_fifty_are_shown_the_rest_by_narrowing_down_and_as_a_file(cycle: Cycle, officer: Client) -> None:
    for number in range(MOST_SHOWN):
        person = EmployeeFactory(center=cycle.center, last_name=f"Қосымша{number}")
        ResultFactory(
            attestation=AttestationFactory(cycle=cycle, employee=person, status=Status.TESTED),
            published_at=None,
        )
    page = officer.get(publish_of(cycle))
    assert (len(page.context["rows"]), page.context["more"]) == (MOST_SHOWN, 3)
    narrowed = officer.post(publish_of(cycle), {"step": "look", "who": "қосымша49"})
    assert [row.person for row in narrowed.context["rows"]] == [person.full_name]
    assert narrowed.context["digest"] == page.context["digest"]
    sheet = load_workbook(io.BytesIO(officer.post(publish_of(cycle), {"step": "file"}).content)).active
    assert sheet.max_row == 1 + MOST_SHOWN + 3


def test_a_refusal_is_amber_and_names_the_person_and_the_reason(
    cycle: Cycle, officer: Client, at: Any
) -> None:
    at(moment("2026-01-12 10:00"))
    listed = AttestationFactory(
        cycle=cycle, employee=EmployeeFactory(center=cycle.center), status=Status.LISTED
    )
    path = url("attestation_cycle_act", cycle.pk, "admit")
    page = officer.get(path)
    assert "Course hours are not loaded for 2 of 2 people on the list." in text_of(page)
    assert "Admit 0, refuse 2" in text_of(page)
    answer = officer.post(path, {"step": "save", "shown": page.context["digest"]}, follow=True)
    said = [(message.level_tag, str(message)) for message in answer.context["messages"]]
    assert {tag for tag, _text in said} == {"warning"}
    assert any(listed.employee.full_name in text and "Not admitted" in text for _tag, text in said)


def test_thirty_people_are_listed_by_ticks_each_for_what_the_position_can_have(at: Any) -> None:
    at(moment("2026-01-12 10:00"))
    region = make_region("Ақмола")
    cycle = CycleFactory(center=region.center)
    people = [EmployeeFactory(center=region.career) for _number in range(30)]
    manager = EmployeeFactory(center=region.center, position="assistant")
    client, path = client_of(region.officer), url("attestation_cycle_act", cycle.pk, "list")
    rows = {row.person: row for row in client.get(path).context["form"].candidates()}
    assert {way.value.partition(":")[0] for way in rows[people[0]].ways} == {"initial", "category"}
    assert {way.value.partition(":")[0] for way in rows[manager].ways} == {"initial", "position"}
    under_way = rows[region.appealed.employee]
    assert under_way.ways == []
    assert region.appealed.case_no in under_way.why
    ticks = {"tick": [person.pk for person in people], **{f"as-{person.pk}": "initial:" for person in people}}
    page = client.post(path, ticks)
    assert "Put 30 people on the list" in text_of(page)
    kept = page.context["form"]["people"].value()
    answer = client.post(path, {"people": kept, "step": "save", "shown": page.context["digest"]}, follow=True)
    assert "30 people are on the list." in text_of(answer)
    assert cycle.attestations.filter(purpose="initial").count() == 30


def test_who_cannot_be_listed_is_named_with_the_reason_all_at_once(at: Any) -> None:
    at(moment("2026-01-12 10:00"))
    region = make_region("Ақмола")
    cycle = CycleFactory(center=region.center)
    people = [EmployeeFactory(center=region.career) for _number in range(2)]
    values = [f"{person.pk}:position:" for person in people]
    answer = client_of(region.officer).post(
        url("attestation_cycle_act", cycle.pk, "list"), {"people": values}
    )
    assert answer.status_code == 422
    assert [error.partition(":")[0] for error in answer.context["form"].errors["people"]] == [
        person.full_name for person in people
    ]
    assert not cycle.attestations.exists()
