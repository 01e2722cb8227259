"""Every page of the back office: not a word of English in Kazakh and Russian, nothing serious for axe-core.

The words that the server sends are read of all pages in Kazakh and of every second one in Russian; those that
a script adds, where axe-core looks: on every tenth page, each mode in turn; what a click opens, on every
eighth form. `make faults` leaves none out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from attestation.models import Region, User
from tests.attestation.admin_cast import at
from tests.browser.crawl import MODES, NAMES, READ, READ_MARKUP, against, english, pages_of
from tests.browser.test_admin_walk import log_in
from tests.shares import some
from tests.tables.office_cast import NOW
from tests.tables.page_cast import addresses, at_the_screen, job_of, make_everything
from tests.tables.test_pages import ROLES, Record

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


OPENABLE = re.compile("admin-autocomplete|vDateField|vTimeField|select2")


@pytest.fixture
def record(at: Callable[[datetime], None]) -> Record:
    """Something of everything; the officer has uploaded a file."""
    at(NOW)
    with transaction.atomic():
        made = make_everything()
        job_of(made.office.region.officer, "staff")
    return made


def names_on_record() -> frozenset[str]:
    """The Latin words in the names of the accounts, and in what regions are called in English."""
    texts = [f"{user.username} {user.get_full_name()}" for user in User.objects.all()]
    texts += Region.objects.values_list("name_en", flat=True)
    return frozenset(re.findall("[a-z]{3,}", " ".join(texts).lower()))


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_no_page_says_an_english_word(every: int, page: Any, record: Record) -> None:
    assert len(NAMES) <= 30
    places, names, found = addresses(record), names_on_record(), {}
    for language in ("kk", "ru"):
        User.objects.update(language=language)
        for role in ROLES:
            client = at_the_screen(record, role)
            for name, address in some(pages_of(role, places).items(), every):
                markup = client.get(address).content.decode()
                assert f'<html lang="{language}"' in markup, name
                if words := english(page.evaluate(READ_MARKUP, markup), names):
                    found[language, role, name] = words
    assert not found


@pytest.mark.parametrize("every", [24, pytest.param(1, marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious_and_no_script_speaks_english(
    every: int, page: Any, record: Record
) -> None:
    places, names, found = addresses(record), names_on_record(), {}
    turn = 0
    for role in ROLES:
        user = record.office.people[role]
        assert user is not None
        page.context.clear_cookies()
        log_in(page, user, "kk")
        for name, address in some(pages_of(role, places).items(), every):
            page.goto(address)
            turn += 1
            for mode in MODES if every == 1 else [MODES[turn % 3]]:
                if faults := against(page, mode):
                    found[role, name, mode] = faults
            if words := english(page.evaluate(f"() => ({READ})(document)"), names):
                found[role, name, "words"] = words
    assert not found, "\n".join(f"{key}: {value}" for key, value in found.items())


# What a click or a typed word opens: the list of an autocomplete, a calendar, a clock, a menu of the header.
OPENERS = (
    ".select2-selection",
    ".datetimeshortcuts a[id^=calendarlink]",
    ".datetimeshortcuts a[id^=clocklink]",
    "[x-on\\:click*='open']:visible",
)


@pytest.mark.parametrize("every", [16, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_what_opens_says_no_english_word(page: Any, record: Record, language: str, every: int) -> None:
    places, names, found, opened = addresses(record), names_on_record(), {}, 0
    for role in ROLES:
        user = record.office.people[role]
        assert user is not None
        page.context.clear_cookies()
        log_in(page, user, language)
        client = at_the_screen(record, role)
        pages = some(pages_of(role, places).items(), every)
        forms = [each for each in pages if OPENABLE.search(client.get(each[1]).content.decode())]
        for name, address in [("index", "/admin/"), *forms]:
            page.goto(address)
            page.keyboard.press("Control+k")
            page.keyboard.type("zzq")
            for opener in OPENERS:
                for one in page.locator(opener).all()[:3]:
                    if not one.is_visible():
                        continue
                    one.dispatch_event("mousedown")
                    one.evaluate("opener => opener.click()")  # what was opened before may lie over it
                    opened += 1
                    page.wait_for_timeout(150)
                    if words := english(page.evaluate(f"() => ({READ})(document)"), names):
                        found[role, name, opener] = words
                    page.keyboard.press("Escape")
    assert opened > 100 // every
    assert not found, "\n".join(f"{key}: {value}" for key, value in found.items())
