"""Nothing typed is lost: in every form with a text of more than a line it outlives the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction

from attestation.models import Outage, Role, User
from tests.attestation.admin_cast import at, make_region, member_of, url
from tests.browser.test_admin_walk import WORD, log_in
from tests.browser.widths import fits
from tests.factories import UserFactory
from tests.shares import share
from tests.tables.office_cast import NOW
from tests.tables.page_cast import TEXT_FORMS, addresses, job_of, make_everything

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "Бірінші жол.\nЕкінші жол: «себебі»."
FORM = "form:has(textarea)"


def enter(page: Any, user: User) -> None:
    """Log in on the page where one is asked to."""
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", WORD)
    page.click("#login-form button[type=submit]")


def send(page: Any) -> None:
    """Send the form as it is; the browser asks for nothing that is missing."""
    page.eval_on_selector(FORM, "form => { form.noValidate = true; form.requestSubmit(); }")


def leave(page: Any) -> None:
    """Log out on purpose."""
    page.eval_on_selector("#logout-form", "form => form.requestSubmit()")
    page.wait_for_url("**/logout/")


def drafts(page: Any) -> list[str]:
    """What is kept in this tab."""
    names: list[str] = page.evaluate("Object.keys(sessionStorage)")
    return [name for name in names if name.startswith("draft:")]


def test_every_form_with_a_text_has_it_back_after_the_session_ended(
    page: Any, at: Callable[[datetime], None]
) -> None:
    """F-W6: typed, the session over, sent, logged in: the text is back in each of its fields."""
    forms = dict(share(TEXT_FORMS.items(), 6))
    at(NOW)
    with transaction.atomic():
        record = make_everything()
        job_of(record.office.region.officer, "staff")
    places = addresses(record)
    for role in dict.fromkeys(forms.values()):
        user = record.office.people[role]
        assert user is not None
        page.context.clear_cookies()
        log_in(page, user, "kk")
        for name in (name for name, typist in forms.items() if typist == role):
            page.goto(places[name][1])
            if page.query_selector("#names form"):
                page.click("#names form [type=submit]")
            page.wait_for_selector(f"{FORM} textarea")
            texts = page.query_selector_all(f"{FORM} textarea")
            for text in texts:
                text.fill(TEXT)
            typed = len(texts)
            Session.objects.all().delete()
            send(page)
            page.wait_for_selector("#draft-kept:not([hidden])")
            enter(page, user)
            if name.startswith("appeals_agendaitem") and role in (Role.CHAIR, Role.MEMBER):
                page.click("#names form [type=submit]")  # whoever votes reads the names anew
            page.wait_for_selector(f"{FORM} [data-draft]")
            found = [text.input_value() for text in page.query_selector_all(f"{FORM} textarea")]
            assert found == [TEXT] * typed, name
            page.evaluate("sessionStorage.clear()")


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_kept_text_is_for_who_typed_it_until_it_is_taken_or_they_log_out(
    page: Any, at: Callable[[datetime], None], tmp_path: Path, language: str
) -> None:
    at(NOW)
    region = make_region("Ю9")
    officer, chair = region.officer, member_of(Role.CHAIR, region)
    chair.set_password(WORD)
    chair.save()
    form = url("attestation_attestation_act", region.case.pk, "propose-correction")
    log_in(page, officer, language)

    page.goto(form)
    page.fill("textarea", TEXT)
    page.fill("input[name=document]", "№ 7")
    Session.objects.all().delete()
    send(page)
    page.wait_for_selector("#draft-kept:not([hidden])")
    fits(page, tmp_path / "login.png")
    # Another person on the same computer does not get it, and it stays for the one who typed it.
    enter(page, chair)
    page.wait_for_selector("textarea")
    assert page.input_value("textarea") == ""
    assert not page.query_selector("[data-draft]")
    page.fill("textarea", "басқа мәтін")
    leave(page)
    assert len(drafts(page)) == 1  # the chair's went with the logout
    page.goto(form)
    enter(page, officer)
    page.wait_for_selector("[data-draft]")
    assert (page.input_value("textarea"), page.input_value("input[name=document]")) == (TEXT, "№ 7")
    fits(page, tmp_path / "back.png")

    # Refused, it is on the form once; what is added to it there is kept too.
    send(page)
    page.wait_for_selector(f"{FORM} [role=alert], .errorlist, .text-red-600")
    assert not page.query_selector("[data-draft]")
    assert page.input_value("textarea") == TEXT
    page.fill("input[name=document]", "№ 8")
    page.goto(form)
    assert (page.input_value("textarea"), page.input_value("input[name=document]")) == (TEXT, "№ 8")
    page.click("[data-draft] button")
    page.wait_for_function("document.querySelector('textarea')?.value === ''")
    assert drafts(page) == []

    # Whoever logs out on purpose leaves nothing, in no tab.
    page.fill("textarea", TEXT)
    other = page.context.new_page()
    other.goto(form)
    assert other.input_value("textarea") == ""  # each tab has its own
    leave(other)
    page.wait_for_function("sessionStorage.length === 0")


def test_a_text_is_kept_until_its_form_was_taken_and_no_longer_than_a_session(
    page: Any, at: Callable[[datetime], None]
) -> None:
    administrator = UserFactory(role=Role.ADMINISTRATOR)
    log_in(page, administrator, "kk")
    form = url("attestation_outage_add")
    page.goto(form)
    page.fill("textarea", TEXT)
    page.goto("/admin/")
    page.goto(form)
    assert page.input_value("textarea") == TEXT
    page.fill("input[name=began_at]", "2026-02-06T09:00")
    page.click(f"{FORM} [type=submit]")
    page.wait_for_url("**/outage/*/change/")
    assert Outage.objects.get().reason.splitlines() == TEXT.splitlines()
    assert drafts(page) == []

    page.goto(form)
    page.fill("textarea", TEXT)
    page.evaluate(
        """for (const [name, kept] of Object.entries(sessionStorage)) {
            const long_ago = { ...JSON.parse(kept), at: Date.now() - 12 * 60 * 60 * 1000 };
            sessionStorage.setItem(name, JSON.stringify(long_ago));
        }"""
    )
    page.goto(form)
    assert page.input_value("textarea") == ""
    assert drafts(page) == []
