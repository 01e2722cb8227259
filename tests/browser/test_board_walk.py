"""The deadline board in a real Chromium: from the groups to a derivation, the plot as drawn, the calendar
address that a program then reads; Kazakh and Russian; nothing wider than a phone.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext, pgettext
from icalendar import Calendar

from attestation.law.calendar import day_close
from attestation.models import CalendarFeed, Deadline, ReadyEffect, Role
from tests.attestation.admin_cast import MONDAY, Region, at, make_region, url
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.siblings_cast import seated

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]

# The colours of the drawing's pixels: something of each kind's own must be there.
INKED = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = {};
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200) seen[[data[i], data[i + 1], data[i + 2]].join()] = true;
  }
  return Object.keys(seen);
}"""
HUES = {Deadline.Kind.APPEAL: "14,116,144", Deadline.Kind.CATEGORY: "21,113,59"}


@pytest.fixture
def region() -> Region:
    """Deadlines of today, tomorrow and 2028 come with it; here one overdue that is held, and one in March."""
    made = make_region("Ақмола")
    for kind, day in (("appeal", date(2026, 2, 6)), ("category", date(2026, 3, 20))):
        row = Deadline.objects.create(
            key=f"walk:{kind}",
            kind=kind,
            employee=made.case.employee,
            attestation=made.case,
            counted_from=MONDAY - timedelta(days=6),
            due_on=day,
            closes_at=day_close(day),
            cite="¶21" if kind == "appeal" else "¶7",
            opened_at=MONDAY - timedelta(days=6),
            provisional=kind == "appeal",
        )
        if kind == "appeal":
            ReadyEffect.objects.create(
                key=row.key, act="close_term", deadline=row, brakes=["calendar"], ready_at=MONDAY
            )
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_officer_reads_the_board_and_opens_a_derivation(
    language: str, page: Any, region: Region, shoot: Callable[[str], None]
) -> None:
    log_in(page, region.officer, language)
    with translation.override(language):
        page.click(f"#nav-sidebar a[href='{url('attestation_deadline_board')}']")
        page.wait_for_selector("#terms")
        assert gettext("ready: confirm") in said(page)
        assert pgettext("term", "provisional") in said(page)
        shoot(f"overdue-{language}")

        page.click(f".groups a:has-text('{gettext('due today')}')")
        page.wait_for_selector(".groups a.on:nth-child(2)")
        row = page.locator(f"#terms tr:has-text('{region.case.case_no}')").first
        counted = row.locator(".counted")
        assert not counted.is_visible()
        row.locator("summary").click()
        assert "06.02.2026, 09.02.2026" in counted.inner_text()
        assert "07.02.2026" in counted.inner_text()
        shoot(f"today-{language}")

        page.select_option("select[name=kind]", "category")
        page.click(f"#terms button:has-text('{gettext('Filter')}')")
        page.wait_for_url("**kind=category**")
        assert gettext("Nothing in your sight fits the filters.") in said(page)


def test_the_plot_is_drawn_with_a_pattern_for_each_kind(page: Any, region: Region) -> None:
    log_in(page, region.officer, "kk")
    page.goto(url("attestation_deadline_board"))
    page.wait_for_load_state("networkidle")
    colours = page.locator("#due-plot").evaluate(INKED)
    for kind, hue in HUES.items():
        assert hue in colours, kind
    drawn = page.locator("canvas.swatch").evaluate_all("all => all.map(one => one.toDataURL())")
    assert len(set(drawn)) == len(drawn) > 2
    with page.expect_download() as download:
        page.click("#plot-table a:has-text('CSV')")
    file = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    assert len(file.splitlines()) == 91
    assert "2026-03-20" in file


def test_an_address_is_made_copied_read_by_a_program_and_taken_back(
    page: Any, live_server: Any, region: Region, shoot: Callable[[str], None], settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    member = seated(Role.MEMBER, region.center)
    log_in(page, member, "ru")
    with translation.override("ru"):
        page.goto(url("attestation_deadline_board"))
        assert region.case.employee.last_name not in said(page)
        page.click(f"a:has-text('{gettext('My calendar feed')}')")
        page.click("button[name=make]")
        page.wait_for_selector("#feed-address")
        shoot("feed-ru")
        address = page.input_value("#feed-address")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.click("[data-copy]")
        page.wait_for_selector(f"text={gettext('Copied')}")
        assert page.evaluate("navigator.clipboard.readText()") == address

        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
            assert answer.headers["Set-Cookie"] is None
            found = Calendar.from_ical(answer.read()).walk("VEVENT")
        # The review is blind: the term of the ruling, and not whose.
        assert [region.appealed.case_no in str(event["SUMMARY"]) for event in found] == [False]

        page.goto(url("attestation_deadline_feed"))
        assert address.rsplit("/", 1)[1] not in page.content()
        page.click("button[name=revoke]")
        page.wait_for_selector(f"text={gettext('You have no address yet.')}")
        assert CalendarFeed.objects.get().revoked_at == MONDAY
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address, timeout=10)
