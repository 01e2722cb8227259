"""Every address × every role, about rows of the officer's own region, as the table of who may what has it.

test_matrix.py asks the rest of that table: other people, rows of others, and what is sent.
"""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib import admin

from attestation.admin.actions import actions_on
from attestation.models import ImportJob, ViewEntry
from tests.attestation.admin_cast import at, client_of, url
from tests.factories import UserFactory
from tests.faults.crash_checks import our_models
from tests.shares import share
from tests.tables.matrix_cast import read_table
from tests.tables.office_cast import NOW
from tests.tables.page_cast import (
    TEXT_FORMS,
    Address,
    Record,
    addresses,
    asked,
    at_the_screen,
    job_of,
    make_everything,
    name_of,
)

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frame_once")]

TABLE = read_table()
ROLES = ("administrator", "auditor", "hr", "secretary", "chair", "member")


def statuses_of(role: str, asked_for: dict[str, Address]) -> dict[str, int]:
    """What the table of who may what says of each address, asked as it is asked for, about one's own row."""
    found = {}
    for name, whose in TABLE:
        if name in asked_for and whose in ("own", "one", "-"):
            get, post = TABLE[name, whose][role]
            word = get if asked_for[name][0] == "GET" else post
            found[name] = {"log": 302, "non": 302, "did": 302, "out": 200}.get(word) or int(word)
    return found


def made_once() -> Record:
    record = make_everything()
    job_of(record.office.region.officer, "staff")
    return record


@pytest.fixture
def record(at: Any, shared: Record) -> Record:
    """Something of everything; the officer has uploaded a file."""
    at(NOW)
    return shared


def rows_of_everything() -> dict[str, int]:
    """How many rows each of our tables has; the log of views, which reading fills, has tests of its own."""
    ours = (model for model in our_models() if model is not ViewEntry)
    return {model._meta.label: model._default_manager.count() for model in ours}


@pytest.mark.parametrize("role", ROLES)
def test_each_page_answers_the_role_as_the_table_says(role: str, record: Record) -> None:
    """And reading changes nothing: the files that go out are put down in the journal, once each."""
    client = at_the_screen(record, role)
    before = rows_of_everything()
    asked_for = {
        name: address for name, address in share(addresses(record).items(), 5) if not name.endswith(" delete")
    }
    found = {name: asked(client, address) for name, address in asked_for.items()}
    wanted = statuses_of(role, asked_for)
    assert set(wanted) == set(asked_for)
    statuses = {name: status for name, (status, _text) in found.items()}
    assert {name: (statuses[name], wanted[name]) for name in wanted if statuses[name] != wanted[name]} == {}
    # tests/browser/test_drafts.py shows of each that its text outlives the session.
    assert {name for name, (_status, text) in found.items() if text} <= set(TEXT_FORMS)
    exported = [name for name in wanted if name.startswith("export ") and wanted[name] == 200]
    before["attestation.JournalEntry"] += len(exported)
    assert rows_of_everything() == before


def test_every_act_that_asks_for_a_text_is_among_the_forms_that_keep_one() -> None:
    """Also where its page shows the text to nobody in the rows that these tables are asked with."""
    asking = {
        f"{name_of(model)} do {act.slug}"
        for model in admin.site._registry
        for act in actions_on(model)
        if any(isinstance(field.widget, forms.Textarea) for field in act.form.base_fields.values())
    }
    assert asking <= set(TEXT_FORMS)


@pytest.mark.parametrize("who", ["nobody", "without a role", "switched off"])
def test_whoever_has_no_role_is_sent_to_the_login(who: str, record: Record, client: Any) -> None:
    if who != "nobody":
        user = record.office.people[who]
        assert user is not None
        client = client_of(user)
    open_to_all = {"login": 200}
    for name, (method, path) in addresses(record).items():
        answer = client.get(path) if method == "GET" else client.post(path, {})
        assert answer.status_code == open_to_all.get(name, 302), name
        if answer.status_code == 302:
            assert answer.url.startswith(url("index" if name == "logout" else "login")), name


def test_no_page_deletes_a_record(record: Record) -> None:
    """Not for the administrator and not for a superuser, who have every other right there is."""
    for user in (record.office.people["administrator"], UserFactory(is_superuser=True)):
        assert user is not None
        client, before = client_of(user), rows_of_everything()
        for name, (_method, path) in addresses(record).items():
            if name.endswith(" delete"):
                assert client.get(path).status_code == 403, name
                assert client.post(path, {"post": "yes"}).status_code == 403, name
        assert rows_of_everything() == before


def test_an_auditor_changes_nothing_f_a9(record: Record) -> None:
    """Every page to add, every act and every upload, by POST; a file of decisions is only compared."""
    client = at_the_screen(record, "auditor")
    before = rows_of_everything()
    answers = {
        name: client.post(path, {"reason": "х", "points": "10", "choice": "reject"}).status_code
        for name, (_method, path) in addresses(record).items()
        if " do " in name or name.endswith(" add") or name.startswith("upload ")
        # The one act of an auditor: to stop what an administrator asks for an account.
        if name != "attestation_accountrequest do stop"
    }
    assert {name: status for name, status in answers.items() if status != 403} == {
        "upload nothing": 404,
        "upload decisions": 422,
        # The chair alone sees held rows there.
        "scoring_heldrow do rule-rating": 302,
    }
    assert rows_of_everything() == before


@pytest.mark.parametrize(
    ("role", "kind"), [("secretary", "appeals"), ("secretary", "rulings"), ("chair", "rulings")]
)
def test_the_commission_sees_its_own_upload_through(role: str, kind: str, record: Record) -> None:
    """The list of uploads is the office's; a secretary or a chair reaches their own one by its page."""
    user = record.office.people[role]
    assert user is not None
    job, client = job_of(user, kind), at_the_screen(record, role)
    for name, args in (("change", ()), ("history", ()), ("failed", ()), ("act", ("confirm",))):
        assert client.get(url(f"attestation_importjob_{name}", job.pk, *args)).status_code == 200, name
    others = ImportJob.objects.exclude(actor=user).get()
    assert client.get(url("attestation_importjob_change", others.pk)).status_code == 403
