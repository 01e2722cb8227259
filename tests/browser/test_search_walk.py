"""The search box in a real Chromium: by keyboard to the record, on a phone, without script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.utils import translation
from django.utils.translation import gettext

from attestation.models import Role
from tests.attestation.admin_cast import Region, at, make_region, url
from tests.browser.test_admin_walk import log_in
from tests.browser.widths import LANGUAGES, PHONE, WIDE, fits
from tests.factories import EmployeeFactory, UserFactory

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
TWELVE_DIGITS = re.compile(r"(?<!\d)(?:\d[\s-]?){11}\d(?!\d)")
HEADER = "#header-inner [role=combobox]"
OPTIONS = "#header-inner [role=option]"


@pytest.fixture
def region() -> Region:
    """A region, and one more person there, with a namesake in Russian letters."""
    region = make_region("Ақмола")
    for last, first in (("Тұрсынова", "Ұлжан"), ("Турсынова", "Улжан")):
        EmployeeFactory(center=region.career, last_name=last, first_name=first, patronymic="")
    return region


@pytest.fixture
def addresses(page: Any) -> list[str]:
    """Every address that the browser asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(unquote_plus(request.url)))
    return asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_leads_to_the_record_by_keyboard_alone(
    language: str, page: Any, region: Region, addresses: list[str], tmp_path: Path
) -> None:
    log_in(page, region.officer, language)
    page.set_viewport_size(WIDE)
    for typed in ("улжан", "Ulzhan", "ek;fy", "9k;fy", "Ūljan", "тұрс ұлж"):
        page.keyboard.press("Control+k")
        page.wait_for_function("document.activeElement.matches('#header-inner [role=combobox]')")
        page.keyboard.type(typed)
        page.wait_for_selector(f"{OPTIONS}:has-text('Тұрсынова Ұлжан')")
        page.keyboard.press("Escape")
        assert page.get_attribute(HEADER, "aria-expanded") == "false"
        page.keyboard.press("Escape")
        assert page.input_value(HEADER) == ""
    page.keyboard.type("улжан")
    page.wait_for_selector(OPTIONS)
    assert "Турсынова Улжан" in page.locator(OPTIONS).first.inner_text()
    page.screenshot(path=str(tmp_path / f"search-{language}-1280.png"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute(HEADER, "aria-activedescendant") == "header-answers-1"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.input_value("input[name=first_name]") == "Ұлжан"
    assert not any(TWELVE_DIGITS.search(address) for address in addresses)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_iin_stands_in_no_address_from_the_box_or_from_a_list(
    language: str, page: Any, region: Region, addresses: list[str], tmp_path: Path
) -> None:
    log_in(page, region.officer, language)
    person = region.case.employee
    there = f"**{url('attestation_employee_change', person.pk)}"
    page.fill(HEADER, person.iin)
    page.keyboard.press("Enter")
    page.wait_for_url(there)
    page.goto(url("attestation_attestation_changelist"))
    page.fill("#searchbar", f"{person.iin[:6]} {person.iin[6:]}")
    page.keyboard.press("Enter")
    page.wait_for_url(there)
    with translation.override(language):
        page.set_viewport_size(PHONE)
        page.locator("a.tofind").click()
        page.wait_for_url(f"**{url('search')}")
        page.wait_for_selector("input[aria-controls=page-answers]:focus")
        page.keyboard.type("оспан")
        page.wait_for_selector(f"#page-answers .kind:has-text('{gettext('Employees')}')")
        page.screenshot(path=str(tmp_path / f"search-{language}-390.png"))
        fits(page, tmp_path / "page.png")
        page.keyboard.press("Enter")
        page.wait_for_selector("ul.answers a")
        page.screenshot(path=str(tmp_path / f"found-{language}-390.png"))
        fits(page, tmp_path / "found.png")
        page.locator("ul.answers a").first.click()
    assert "/employee/" in page.url
    assert not any(TWELVE_DIGITS.search(address) for address in addresses)


def test_without_script_the_form_is_sent_and_a_page_answers(
    page: Any, chromium: Any, live_server: Any, region: Region, tmp_path: Path
) -> None:
    log_in(page, region.officer, "kk")
    still = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    try:
        still.add_cookies(page.context.cookies())
        plain = still.new_page()
        plain.set_viewport_size(WIDE)
        plain.goto("/admin/")
        plain.fill(HEADER, "Akmola")
        plain.press(HEADER, "Enter")
        plain.wait_for_selector("ul.answers a")
        plain.screenshot(path=str(tmp_path / "without-script.png"))
        assert plain.url.endswith(url("search"))
        assert region.center.name_kk in plain.inner_text("#main")
    finally:
        still.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_choice_by_typing_folds_and_says_its_words_in_the_readers_language(
    language: str, page: Any, region: Region, addresses: list[str], tmp_path: Path
) -> None:
    log_in(page, UserFactory(role=Role.ADMINISTRATOR), language)
    page.goto(url("attestation_user_add"))
    page.click("#id_employee + .select2 .select2-selection")
    page.keyboard.type(region.case.employee.iin)
    page.wait_for_selector(f".select2-results__option:has-text('{region.case.employee.full_name}')")
    page.fill(".select2-search__field", "qwqwqw")
    with translation.override(language):
        page.wait_for_selector(f".select2-results__message:has-text('{gettext('Nothing found')}')")
    page.screenshot(path=str(tmp_path / f"choice-{language}.png"))
    page.fill(".select2-search__field", "Ulzhan")
    page.wait_for_selector(".select2-results__option:has-text('Тұрсынова Ұлжан')")
    assert not any(TWELVE_DIGITS.search(address) for address in addresses)
