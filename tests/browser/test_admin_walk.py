"""The admin walk in a real Chromium: the officer's way from a file to a list, the chair's from an appeal to a
decision that explains itself; Kazakh and Russian; nothing wider than a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from attestation.cites import cite_labels
from attestation.models import Attestation, Employee, Result, Role, User
from tests.attestation.admin_cast import Region, at, make_region, url
from tests.browser.widths import LANGUAGES, fits
from tests.factories import numbered
from tests.siblings_cast import seated, workbook

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
WORD = "жаздың-күні-27"
HEADER = ("ЖСН", "Тегі", "Аты", "Орталықтың БСН", "Лауазымы", "Қабылданған күні", "Бойы")
IIN = numbered("9003153", 11)


@pytest.fixture
def region() -> Region:
    """A region with a decided case and one under appeal."""
    return make_region("Ақмола")


@pytest.fixture
def shoot(page: Any, tmp_path: Path) -> Callable[[str], None]:
    """The page as it stands fits both widths."""
    return lambda name: fits(page, tmp_path / f"{name}.png")


def log_in(page: Any, user: User, language: str) -> None:
    """Fill in the login form; choose the language in the header."""
    user.set_password(WORD)
    user.save()
    page.goto("/admin/login/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", WORD)
    page.click("#login-form button[type=submit]")
    page.locator(f".lang button[lang={language}]").click()
    page.wait_for_selector(f"html[lang={language}]")


def said(page: Any) -> str:
    """The text of the page."""
    return re.sub(r"\s+", " ", page.inner_text("#main"))


def test_the_officer_imports_staff_opens_a_cycle_and_forms_the_list(
    page: Any, region: Region, shoot: Callable[[str], None], tmp_path: Path
) -> None:
    log_in(page, region.officer, "kk")
    with translation.override("kk"):
        shoot("home-kk")
        assert gettext("Due next") in said(page)

        page.goto(url("attestation_employee_changelist"))
        page.click(f"text={gettext('Import staff')}")
        staff = tmp_path / "қызметкерлер.xlsx"
        line = ("Қасымова", "Айгерім", region.career.bin, "career_specialist", "2020-01-15", 170)
        staff.write_bytes(workbook(HEADER, (IIN, *line), (IIN[:-1] + "0", *line)))
        page.set_input_files("input[type=file]", staff)
        page.click(f"text={gettext('Read and preview')}")
        page.wait_for_url("**/importjob/*/change/")
        shoot("preview-kk")
        assert "Қасымова Айгерім" in said(page)
        assert "A3" in said(page)
        assert not Employee.objects.filter(iin=IIN).exists()

        page.click("form.confirm button")
        page.wait_for_selector(f"text={gettext('imported').capitalize()}")
        shoot("imported-kk")
        assert Employee.objects.get(iin=IIN).last_name == "Қасымова"

        page.goto(url("attestation_cycle_add"))
        page.fill("input[name=code]", "АҚМ-2026-5")
        page.fill("input[name=testing_starts]", "2026-03-02")
        page.fill("input[name=testing_ends]", "2026-03-06")
        page.click(f"button:has-text('{gettext('Open the cycle')}')")
        page.wait_for_url("**/cycle/*/change/")
        page.click("#next-step a")
        page.fill("[data-narrows]", "қасымова")
        assert page.locator("#people tbody tr:visible").count() == 1
        page.check("[data-ticks]")
        assert page.locator("input[name=tick]:checked").count() == 1
        page.select_option("#people tbody tr:visible select", "category:consultant")
        shoot("list-kk")
        page.click(f"button:has-text('{gettext('Look what follows')}')")
        shoot("list-look-kk")
        page.click("#consequences button[value=save]")
        page.wait_for_url("**/cycle/*/change/")
        shoot("cycle-kk")
        assert "Қасымова Айгерім" in said(page)
    case = Attestation.objects.get(cycle__code="АҚМ-2026-5")
    assert (case.employee.iin, case.declared, case.status) == (IIN, "consultant", "listed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chair_upholds_a_question_and_the_decision_explains_itself(
    language: str, page: Any, region: Region, shoot: Callable[[str], None]
) -> None:
    chair = seated(Role.CHAIR, region.center)
    region.appeal.items.update(commission=chair.memberships.get().commission)
    log_in(page, chair, language)
    with translation.override(language):
        shoot(f"chair-{language}")
        for ruling in ("uphold", "reject"):
            page.goto(url("appeals_sitting_queue"))
            page.click("td.lead a")
            shoot(f"question-{language}")
            page.click(f"a:has-text('{gettext('Rule on the question')}') >> nth=0")
            page.check(f"input[name=ruling][value={ruling}]")
            page.fill("textarea[name=reason]", "Тест кілті 3-бұйрықпен ауыстырылған")
            shoot(f"ruling-{language}")
            page.click(f"button:has-text('{gettext('Rule on the question')}')")
            page.wait_for_load_state()
            page.wait_for_selector(".hero")
        page.wait_for_url("**/appeal/*/change/")
        region.appeal.refresh_from_db()
        assert region.appeal.state == "resolved"
        assert Result.objects.current().get(attestation=region.appealed).correct_answers == 90

        page.goto(url("attestation_attestation_change", region.case.pk))
        page.locator(".why details").first.locator("summary").click()
        shoot(f"case-{language}")
        text = said(page)
        for words in (
            "91,2",
            "71,2 + 10 + 10",
            *cite_labels(["¶17.2", "¶28-1", "¶30.2"]),
            "89 ≥ 70",
            "91,2 ≥ 85",
        ):
            assert words in text, words
        assert gettext("conforms to the declared category").capitalize() in text
        assert page.locator(".why blockquote").first.is_visible()


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_page_is_wider_than_a_phone(
    language: str, page: Any, region: Region, shoot: Callable[[str], None]
) -> None:
    log_in(page, region.officer, language)
    for number, address in enumerate(
        (
            url("index"),
            url("attestation_cycle_changelist"),
            url("attestation_cycle_change", region.case.cycle_id),
            url("attestation_attestation_changelist"),
            url("attestation_attestation_change", region.appealed.pk),
            url("attestation_attestation_act", region.case.pk, "correct-result"),
            url("attestation_attestation_act", region.case.pk, "file-appeal"),
            url("attestation_employee_changelist"),
            url("attestation_employee_change", region.case.employee_id),
            url("attestation_deadline_changelist"),
            url("attestation_decision_changelist"),
            url("attestation_importjob_add"),
            url("attestation_importjob_upload", "staff"),
            url("appeals_appeal_changelist"),
        )
    ):
        page.goto(address)
        shoot(f"page-{number}-{language}")


def test_one_more_question_is_added_and_a_double_press_files_one_appeal(page: Any, region: Region) -> None:
    log_in(page, region.officer, "ru")
    page.goto(url("attestation_attestation_act", region.case.pk, "file-appeal"))
    page.click("[data-add-row]")
    assert page.locator("[data-row]").count() == 4
    page.fill("[name=filed_at]", "2026-02-09T09:00:00")
    page.fill("[name=receipt_note]", "вх. № 4")
    for place, question in ((0, "17"), (3, "19")):
        page.fill(f"[name=question_{place}]", question)
        page.fill(f"[name=argument_{place}]", "Оба ответа верны")
    page.click(".submit button[type=submit]")
    page.dblclick("button[value=save]")
    page.wait_for_url("**/attestation/*/change/")
    appeal = region.case.appeals.get()
    assert [item.question for item in appeal.items.all()] == [17, 19]
