"""Scope: an officer of one region meets nothing of another, by no door (F-A1 to F-A6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.test import RequestFactory

from attestation import access
from attestation.admin.actions import actions_on
from attestation.models import Attestation, Center, Cycle, Employee, ImportJob, JournalEntry, Role, User
from tests.attestation.admin_cast import (
    Region,
    at,
    client_of,
    make_region,
    member_of,
    messages_of,
    text_of,
    url,
)
from tests.factories import UserFactory
from tests.siblings_cast import footprint, seated

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
CANARY = "Ъ5Ү"
ASKED_BY_POST = ("autocomplete", "search")


def made_once() -> tuple[Region, Region]:
    return make_region("Ю9"), make_region(CANARY)


@pytest.fixture
def here(shared: tuple[Region, Region]) -> Region:
    """The region of the officer at the screen."""
    return shared[0]


@pytest.fixture
def there(shared: tuple[Region, Region]) -> Region:
    """Another region, whose texts all carry the canary."""
    return shared[1]


def rows_with_mark(model: type[Model], region: Region) -> list[Any]:
    """The rows of a model that belong to the region."""
    mine = [
        region.center,
        region.career,
        region.case,
        region.appealed,
        region.case.employee,
        region.case.cycle,
        region.appeal,
        region.officer,
        *region.appeal.items.all(),
        *region.case.results.all(),
        *region.case.decisions.all(),
        *region.case.assessments.all(),
        *region.appealed.deadlines.all(),
        *region.case.notices.all(),
        *JournalEntry.objects.filter(attestation=region.case)[:2],
    ]
    return [row for row in mine if type(row) is model]


def doors(there: Region) -> Iterator[str]:
    """Each page about a row of the other region."""
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        for row in rows_with_mark(model, there):
            yield url(f"{name}_change", row.pk)
            yield url(f"{name}_history", row.pk)
            if hasattr(page, "action_view"):
                yield from (url(f"{name}_act", row.pk, act.slug) for act in actions_on(model))


def test_a_foreign_record_is_answered_like_a_missing_one_f_a1(here: Region, there: Region) -> None:
    client = client_of(here.officer)
    for address in doors(there):
        answer = client.get(address)
        if address == url("attestation_user_change", there.officer.pk):
            # Accounts are not for this role at all, wherever.
            assert answer.status_code == 403
            continue
        assert answer.status_code == 302, address
        assert answer.url == url("index"), address
    for key in (there.case.pk, 10**9):
        answer = client_of(here.officer).get(url("attestation_attestation_change", key), follow=True)
        assert messages_of(answer) == ["There is no such record among those in your sight."]


@pytest.mark.usefixtures("frame_once")
def test_no_text_of_another_region_is_on_any_list_filter_form_or_home_f_a2(
    here: Region, there: Region
) -> None:
    client = client_of(here.officer)
    addresses = [url("index"), url("attestation_cycle_add")]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        addresses += [
            url(f"{name}_changelist"),
            url(f"{name}_add"),
            url(f"{name}_changelist") + f"?q={CANARY}",
        ]
        for row in rows_with_mark(model, here):
            addresses += [url(f"{name}_change", row.pk), url(f"{name}_history", row.pk)]
    addresses += [url("attestation_importjob_upload", kind) for kind in ("staff", "results", "ratings")]
    addresses.append(url("attestation_cycle_act", here.case.cycle.pk, "list"))
    choices = {"app_label": "attestation", "model_name": "user", "field_name": "employee", "term": CANARY}
    pages = {address: text_of(client.get(address)) for address in addresses}
    pages |= {url(name): text_of(client.post(url(name), {**choices, "q": CANARY})) for name in ASKED_BY_POST}
    for address, page in pages.items():
        # What was typed into the search box stands in it; everything else would be a leak.
        assert page.count(CANARY) == page.count(f'value="{CANARY}"') + page.count(f"q={CANARY}"), address


@pytest.mark.parametrize("name", ["attestation_attestation", "attestation_cycle", "appeals_appeal"])
def test_a_post_to_a_foreign_record_changes_nothing_f_a3(name: str, here: Region, there: Region) -> None:
    client = client_of(here.officer)
    rows: dict[str, Any] = {
        "attestation_attestation": there.case,
        "attestation_cycle": there.case.cycle,
        "appeals_appeal": there.appeal,
    }
    row = rows[name]
    before = footprint()
    for act in actions_on(type(row)):
        answer = client.post(url(f"{name}_act", row.pk, act.slug), {"reason": "x", "points": "10"})
        assert answer.status_code == 302
    assert footprint() == before


def test_a_foreign_key_posted_into_a_form_is_refused_f_a3(here: Region, there: Region) -> None:
    client = client_of(here.officer)
    cycle = {"code": "X-1", "testing_starts": "2026-03-02", "testing_ends": "2026-03-06"}
    answer = client.post(url("attestation_cycle_add"), {**cycle, "center": there.center.pk})
    assert answer.status_code == 422
    assert not Cycle.objects.filter(code="X-1").exists()
    stranger = there.case.employee
    answer = client.post(
        url("attestation_cycle_act", here.case.cycle.pk, "list"),
        {"people": f"{stranger.pk}:category:consultant"},
    )
    assert answer.status_code == 422
    assert not Attestation.objects.filter(cycle=here.case.cycle, employee=stranger).exists()


def test_a_foreign_key_in_a_bulk_act_is_not_reached_f_a3(here: Region, there: Region) -> None:
    client = client_of(seated(Role.CHAIR, here.center))
    before = footprint()
    client.post(
        url("attestation_attestation_changelist"),
        {"action": "finalise_selected", "_selected_action": [there.case.pk]},
    )
    assert footprint() == before


def test_an_officer_of_a_career_centre_sees_its_own_people_alone(here: Region) -> None:
    sister = make_region("Ц3")
    officer = UserFactory(role=Role.HR, center=here.career)
    client = client_of(officer)
    assert here.case.case_no in text_of(client.get(url("attestation_attestation_changelist")))
    assert sister.mark not in text_of(client.get(url("attestation_attestation_changelist")))
    assert here.case.cycle.code in text_of(client.get(url("attestation_cycle_changelist")))


def test_nobody_acts_on_their_own_record_f_a6(here: Region) -> None:
    officer = here.officer
    User.objects.filter(pk=officer.pk).update(employee=here.case.employee)
    client = client_of(User.objects.get(pk=officer.pk))
    page = text_of(client.get(url("attestation_attestation_change", here.case.pk)))
    assert "This is your own record" in page
    assert "/do/" not in page
    before = footprint()
    for act in actions_on(Attestation):
        answer = client.post(url("attestation_attestation_act", here.case.pk, act.slug), {"reason": "x"})
        assert answer.status_code == 403, act.slug
    own = client.post(
        url("attestation_employee_change", here.case.employee.pk),
        {"last_name": "Ханова", "first_name": "Іңкәр"},
    )
    assert own.status_code == 403
    assert footprint() == before


def test_a_form_takes_only_the_fields_that_it_shows_f_a5(here: Region) -> None:
    """F-A5: extra fields of a POST (status, centre, role) are not written."""
    client = client_of(here.officer)
    person = here.case.employee
    answer = client.post(
        url("attestation_employee_change", person.pk),
        {
            "last_name": "Қыдырова",
            "first_name": "Іңкәр",
            "language": "kk",
            "center": Center.objects.exclude(pk=person.center_id).first().pk,
            "iin": "111111111111",
            "position": "director",
            "seen_version": person.version,
            **{
                f"{prefix}-{name}": 0
                for prefix in ("category_terms", "attestations")
                for name in ("TOTAL_FORMS", "INITIAL_FORMS")
            },
        },
    )
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    after = Employee.objects.get(pk=person.pk)
    assert (after.last_name, after.version) == ("Қыдырова", person.version + 1)
    assert (after.center_id, after.iin, after.position) == (person.center_id, person.iin, person.position)
    entry = JournalEntry.objects.get(act="record_changed")
    assert entry.data["changes"]["last_name"][1] == "Қыдырова"


def test_a_form_opened_before_somebody_elses_change_is_refused(here: Region) -> None:
    client = client_of(here.officer)
    person = here.case.employee
    Employee.objects.filter(pk=person.pk).update(version=person.version + 1)
    answer = client.post(
        url("attestation_employee_change", person.pk),
        {
            "last_name": "Қыдырова",
            "first_name": "Іңкәр",
            "language": "kk",
            "seen_version": person.version,
            **{
                f"{prefix}-{name}": 0
                for prefix in ("category_terms", "attestations")
                for name in ("TOTAL_FORMS", "INITIAL_FORMS")
            },
        },
    )
    assert "Somebody changed this record meanwhile" in text_of(answer)
    assert Employee.objects.get(pk=person.pk).last_name == person.last_name


def test_an_upload_is_its_officers_alone_f_i17(here: Region) -> None:
    job = ImportJob.objects.create(
        kind="staff",
        filename="staff.xlsx",
        sha256="0" * 64,
        actor=here.officer,
        columns={"header": [], "places": {}},
        created_at=here.case.listed_at,
    )
    colleague = client_of(UserFactory(role=Role.HR, center=here.center))
    assert colleague.get(url("attestation_importjob_change", job.pk)).status_code == 302
    administrator = client_of(member_of(Role.ADMINISTRATOR, here))
    assert administrator.get(url("attestation_importjob_change", job.pk)).status_code == 200
    assert administrator.post(url("attestation_importjob_act", job.pk, "confirm")).status_code == 403


def test_whoever_is_not_logged_in_sees_nothing_owns_nothing_and_does_nothing(here: Region) -> None:
    nobody = AnonymousUser()
    for model in admin.site._registry:
        assert not access.scoped(nobody, model._default_manager.all()).exists(), model
    assert not access.is_own(nobody, here.case.employee)
    request = RequestFactory().get("/")
    request.user = nobody
    with pytest.raises(PermissionDenied):
        access.actor_of(request)
    request.user = here.officer
    assert access.actor_of(request) == here.officer
