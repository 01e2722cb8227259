"""F-C2: pages that add a record, ready lists, uploads and account pages, sent again; two requests at once."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from appeals.models import Sitting
from attestation import clock, journal, sent
from attestation.by import By
from attestation.models import Attestation, ImportJob, JournalEntry, Role, SentForm, Status, User
from config import sent_twice
from tests.appeals.sitting_cast import board
from tests.attestation.admin_cast import client_of, make_region, url
from tests.attestation.test_admin_imports import HEADER, row
from tests.config.test_unavailable import administrator, case
from tests.factories import UserFactory, numbered
from tests.siblings_cast import workbook
from tests.tables.office_cast import NOW

__all__ = ["administrator", "case"]
KEY = re.compile(r'name="page_key" value="([^"]+)"')


def key_of(client: Client, path: str) -> str:
    return KEY.findall(client.get(path).content.decode())[-1]


def told(client: Client, path: str) -> list[str]:
    return [str(one) for one in client.get(path, follow=True).context["messages"]]


@pytest.mark.django_db
def test_f_c2_a_sitting_planned_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    people = board()
    client, path = client_of(people.secretary), url("appeals_sitting_add")
    form: dict[str, Any] = {
        "online": "on",
        "commission": people.commission.pk,
        "starts_at": f"{NOW + timedelta(days=7):%Y-%m-%dT10:00}",
    }
    form["page_key"] = key_of(client, path)
    first, second = client.post(path, form), client.post(path, form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert Sitting.objects.count() == 1
    # The first answer's own message was not read yet: it comes once.
    said = told(client, second["Location"])
    assert sorted(said) == sorted({*said})
    assert said[-1] == "This was already done at 10:30; it was not done again."
    # The key counts, not what is in the form: Back, another hour, and once more.
    later = {**form, "starts_at": f"{NOW + timedelta(days=7):%Y-%m-%dT11:00}"}
    assert client.post(path, later)["Location"] == first["Location"]
    assert Sitting.objects.count() == 1
    # Another page's key is another form.
    assert client.post(path, {**later, "page_key": key_of(client, path)}).status_code == 302
    assert Sitting.objects.count() == 2
    # Of an old page, or of a program, none is asked for.
    without = {"commission": people.commission.pk, "starts_at": "2026-03-02T10:00", "place": "№ 1"}
    assert client.post(path, without).status_code == 302
    assert Sitting.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", "Бұл 10:30 кезінде орындалған; қайта орындалған жоқ."),
        ("ru", "Это уже было выполнено: 10:30; повторно ничего не выполнялось."),
    ],
)
def test_f_c2_somebody_else_s_key_is_a_new_form_s(
    monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    path, mine, other = (
        url("account"),
        UserFactory(role=Role.AUDITOR),
        UserFactory(role=Role.AUDITOR, language=language),
    )
    form = {"page_key": key_of(client_of(mine), path)}
    for user in (mine, other):
        client = client_of(user)
        client.post(path, form)
        assert JournalEntry.objects.filter(act="end_sessions", actor=user).count() == 1
    answer = client.post(path, form)
    assert words in told(client, answer["Location"])
    assert JournalEntry.objects.filter(act="end_sessions").count() == 2


@pytest.mark.django_db
def test_f_c2_an_upload_and_an_account_page_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    region = make_region("Ю1")
    client, path = client_of(region.officer), url("attestation_importjob_upload", "staff")
    content = workbook(HEADER, row(region, numbered("9003153", 100), "Қасенова"))
    form = {"page_key": key_of(client, path)}
    answers = [client.post(path, {**form, "file": SimpleUploadedFile("a.xlsx", content)}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert ImportJob.objects.count() == 1
    path = url("account")
    form = {"page_key": key_of(client, path)}
    assert [client.post(path, form).status_code for _ in range(2)] == [302, 302]
    assert JournalEntry.objects.filter(act="end_sessions").count() == 1


@pytest.mark.django_db
def test_f_c2_a_change_form_sent_twice_is_journalled_once() -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    path = url("attestation_center_change", make_region("Ю1").center.pk)
    page = client.get(path)
    form = {
        name: value for name, value in page.context["adminform"].form.initial.items() if value is not None
    }
    form |= {"name_ru": "Новое название", "page_key": KEY.findall(page.content.decode())[-1]}
    answers = [client.post(path, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302], answers[0].content.decode()
    assert JournalEntry.objects.filter(act="record_changed").count() == 1


@pytest.mark.django_db
def test_f_c2_a_refusal_and_a_failure_leave_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    people, path = board(), url("appeals_sitting_add")
    client = client_of(people.secretary)
    client.raise_request_exception = False
    form = {"commission": people.commission.pk, "starts_at": f"{NOW + timedelta(days=7):%Y-%m-%dT10:00}"}
    form["page_key"] = key_of(client, path)
    # Neither a place nor online.
    assert client.post(path, form).status_code == 422
    form["online"] = "on"
    with monkeypatch.context() as broken:
        broken.setattr(JournalEntry, "save", lambda *_, **__: 1 / 0)
        assert client.post(path, form).status_code == 500
    assert not SentForm.objects.exists()
    assert client.post(path, form).status_code == 302
    assert Sitting.objects.count() == 1


@pytest.mark.django_db
def test_f_c2_where_the_end_is_not_known_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_twice, "WAITS_S", 0.0)
    user = UserFactory(role=Role.ADMINISTRATOR)
    client, path = client_of(user), url("attestation_readyeffect_changelist")
    SentForm.objects.create(user=user, path=path, key="k" * 24, at=NOW)
    answer = client.post(path, {"page_key": "k" * 24})
    assert answer["Location"] == path
    assert "Look here whether all of it was done." in told(client, path)[0]


@pytest.mark.django_db
def test_keys_older_than_a_week_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "FORGOTTEN_AT_ONCE", 2)
    user = UserFactory()
    for number in range(4):
        at = NOW - sent.KEPT_FOR - timedelta(seconds=number)
        SentForm.objects.create(user=user, path="/", key=str(number), at=at)
    assert [sent.forget_sent_forms(NOW) for _ in range(3)] == [2, 1, 0]
    assert SentForm.objects.get().key == "0"


def test_f_c2_two_at_once_the_second_waits_and_shows_the_first_result(
    case: Attestation, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are past every check when the first one puts its key down; then it takes its time."""
    client, path = client_of(administrator), url("attestation_attestation_act", case.pk, "close")
    page = client.post(path, {"reason": "х"})
    form = {"reason": "х", "step": "save", "shown": page.context["digest"]}
    form["page_key"] = KEY.findall(page.content.decode())[-1]
    really, under_way = sent.put_down, threading.Event()

    def slowly(by: By) -> None:
        really(by)
        under_way.set()
        time.sleep(0.5)

    monkeypatch.setattr(sent, "put_down", slowly)
    answers: list[Any] = []

    def send() -> None:
        answers.append(client_of(administrator).post(path, form))
        connection.close()

    first, second = threading.Thread(target=send), threading.Thread(target=send)
    first.start()
    assert under_way.wait(20)
    second.start()
    first.join()
    second.join()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    assert JournalEntry.objects.filter(act="close", attestation=case).count() == 1
    assert SentForm.objects.count() == 1
    assert journal.verify() is None
