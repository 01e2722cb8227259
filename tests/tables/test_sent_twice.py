"""F-C2: every form that acts is sent twice: one effect, and the second answer is the first result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import Client, RequestFactory

from attestation.accounts import sessions
from attestation.admin.actions import Action
from attestation.models import SentForm, User, ViewEntry
from tests.attestation.admin_cast import at, url
from tests.config.test_sent_forms import KEY
from tests.faults.crash_checks import our_models
from tests.shares import share
from tests.tables.doors import all_doors, answered, keys_of, pages
from tests.tables.office_cast import NOW
from tests.tables.page_cast import at_the_screen
from tests.tables.test_doors import SCENES
from tests.tables.test_doors import made_once as made_for_doors
from tests.tables.test_triggers import Record

__all__ = ["at"]
# What a second database could do otherwise, two at once, is asked of it by tests/config/test_sent_forms.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("frame_once")]

ROLES = ("administrator", "hr", "secretary", "chair", "member", "auditor")


def made_once() -> Record:
    return made_for_doors()


@pytest.fixture
def record(at: Any, shared: Record) -> Record:
    at(NOW)
    return shared


def everything() -> dict[str, list[Any]]:
    """Every row of ours, the journal's too; not the log of views, and not the keys themselves."""
    ours = (model for model in our_models() if model not in (ViewEntry, SentForm))
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in ours}


def at_work(record: Record, role: str) -> tuple[Client, User]:
    """Somebody who has just shown who they are."""
    client = at_the_screen(record, role)
    session = client.session
    session[sessions.PROVED] = int(time.time())
    session.save()
    user = record.office.people[role]
    assert user is not None
    return client, User.objects.get(pk=user.pk)


def key_in(page: Any) -> str:
    """Of the form of the page, the last one on it."""
    found = KEY.findall(page.content.decode())
    assert found, page.content.decode()[:2000]
    return str(found[-1])


def press(client: Client, path: str, action: Action, obj: Any, user: User, now: datetime) -> dict[str, Any]:
    """The last POST of the act, as the pages before it lead to it."""
    form = answered(action, obj, user, now)
    sent = {**{name: form.data.getlist(name) for name in form.data}}
    sent |= {name: form.files.getlist(name) for name in form.files}
    page = client.get(path)
    if page.status_code != 200:
        return {}
    if action.binds or action.preview or action.summary:
        page = client.post(path, {**sent, "page_key": key_in(page)})
        if page.status_code != 200 or not page.context:
            return {}
        return sent | shown_on(page)
    return sent | {"page_key": key_in(page)}


def shown_on(page: Any) -> dict[str, Any]:
    """What the page before the act sends with it."""
    kept = {name: page.context[name] for name in ("papers", "staged") if name in page.context}
    return {"step": "save", "shown": page.context.get("digest", ""), "page_key": key_in(page), **kept}


def again(sent: dict[str, Any]) -> dict[str, Any]:
    """The same, its files from the beginning."""
    for values in sent.values():
        for value in values if isinstance(values, list) else ():
            if hasattr(value, "seek"):
                value.seek(0)
    return sent


def offered(
    record: Record, role: str, tables: tuple[type[Model], ...]
) -> Iterator[tuple[str, Action, Any, Client, User]]:
    """Every button that the person is offered, some rows of each state."""
    client, user = at_work(record, role)
    request = RequestFactory().get("/")
    request.user = user
    for model in tables:
        page = pages()[model]
        if not page.has_view_permission(request):
            continue
        for key in keys_of(model, 6):
            obj = page.get_object(request, str(key))
            if obj is None or not page.has_view_permission(request, obj):
                continue
            for button in page.buttons(request, obj):
                door = f"{model._meta.model_name} {button.action.slug}"
                yield door, button.action, page.get_object(request, str(key)), client, user


def told_at(client: Client, path: str) -> list[str]:
    """The messages of the page to which the answer leads."""
    context = client.get(path, follow=True).context
    return [str(one) for one in context["messages"]] if context else []


def sent_twice(client: Client, path: str, sent: dict[str, Any]) -> str:
    """What is wrong with the second time; `shut` where the first one was refused."""
    first = client.post(path, again(sent))
    if first.status_code != 302 or not SentForm.objects.filter(key=sent["page_key"]).exists():
        return f"shut: {first.status_code}"
    told = told_at(client, first["Location"])
    before = everything()
    second = client.post(path, again(sent))
    if everything() != before:
        return f"acted again: {[name for name, rows in everything().items() if rows != before[name]]}"
    if (second.status_code, second.get("Location")) != (302, first["Location"]):
        return f"led elsewhere: {second.status_code} {second.get('Location')}"
    said = told_at(client, second["Location"])
    if not said or not said[0].startswith("This was already done at ") or not set(told) <= set(said):
        return f"said {said} after {told}"
    return ""


def twice(client: Client, path: str, answers: dict[str, Any]) -> str:
    """What is wrong with the second time of an act that is filled in by hand; empty where all is right."""
    with transaction.atomic():
        look = client.post(path, again(answers))
        transaction.set_rollback(True)
    if look.context is None or "digest" not in look.context:
        return sent_twice(client, path, {**answers, "page_key": key_in(client.get(path))})
    return sent_twice(client, path, answers | shown_on(client.post(path, again(answers))))


# No moment here offers them, or what is filled in here changes nothing and so leaves no key: a test beside
# those of its page sends each twice (`test_f_c2_…_twice`).
ELSEWHERE = {
    "appeal withdraw",
    "attestation rule-rating",
    "attestation score",
    "calendaryear next",
    "notice told",
    "sitting agenda",
    "sitting attendance",
    "sitting move",
    "termchange accept",
    "workfailure retry",
}


def nothing(record: Record) -> None:
    """The office as it is."""


@pytest.mark.daily(2)
def test_f_c2_every_act_sent_twice_acts_once(record: Record) -> None:
    chosen = set(share(sorted(all_doors()), 3))
    done: set[str] = set()
    wrong: dict[str, str] = {}
    for scene, tables in {nothing: tuple(pages()), **SCENES}.items():
        with transaction.atomic():
            scene(record)
            for role in ROLES:
                for door, action, obj, client, user in offered(record, role, tables):
                    if door not in chosen or door in done:
                        continue
                    if why := tried_twice(action, obj, client, user):
                        wrong[door] = f"{scene.__name__}: {why}"
                    else:
                        done.add(door)
            transaction.set_rollback(True)
    assert {door: why for door, why in wrong.items() if ": shut" not in why} == {}
    left = chosen - done
    assert left == ELSEWHERE & chosen, "\n".join(f"{door}: {wrong.get(door)}" for door in sorted(left))


def tried_twice(action: Action, obj: Any, client: Client, user: User) -> str:
    """What is wrong with the second time, all of it taken back; `shut` where there was no first."""
    with transaction.atomic():
        path = url(f"{obj._meta.label_lower.replace('.', '_')}_act", obj.pk, action.slug)
        sent = press(client, path, action, obj, user, NOW)
        why = sent_twice(client, path, sent) if sent else "shut: no page"
        transaction.set_rollback(True)
    return why
