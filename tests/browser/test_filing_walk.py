"""The filing page and a faulty question in a real Chromium; what is typed outlives the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import translation
from django.utils.translation import gettext

from appeals.models import Appeal, FaultyQuestion
from attestation.models import Role
from tests.appeals.filing_cast import PDF, WHY, officer_of, page_of
from tests.attestation.admin_cast import at, url
from tests.browser.test_admin_walk import WORD, log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.siblings_cast import published, seated

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_appeal_is_filed_and_nothing_typed_is_lost(
    page: Any, shoot: Callable[[str], None], tmp_path: Path, settings: Any, language: str
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    case = published(95, wrong=[12, 47, 80, 81, 90])
    officer = officer_of(case, username="hr")
    log_in(page, officer, language)
    with translation.override(language):
        page.goto(page_of(case))
        shoot(f"filing-{language}")
        page.click("[data-add-row]")
        for place, question in enumerate(("12", "47", "80", "90")):
            page.select_option(f"select[name=question_{place}]", question)
            page.select_option(f"select[name=ground_{place}]", "several_right")
            page.fill(f"textarea[name=argument_{place}]", f"{WHY} {question}")

        # The session ends while the officer types: after the login everything is there again.
        Session.objects.all().delete()
        page.click(f"button:has-text('{gettext('File an appeal')}')")
        page.wait_for_selector("input[name=password]")
        page.fill("input[name=username]", "hr")
        page.fill("input[name=password]", WORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_selector("textarea[name=argument_3]")
        assert page.input_value("textarea[name=argument_3]") == f"{WHY} 90"
        assert page.input_value("select[name=question_0]") == "12"
        assert page.input_value("select[name=ground_3]") == "several_right"

        paper = tmp_path / "Хат.pdf"
        paper.write_bytes(PDF)
        page.set_input_files("input[name=papers]", paper)
        page.fill("textarea[name=argument_1]", "")
        page.click(f"button:has-text('{gettext('File an appeal')}')")
        page.wait_for_selector("[role=alert], .errorlist, .text-red-600")
        shoot(f"filing-error-{language}")
        assert page.input_value("textarea[name=argument_3]") == f"{WHY} 90"
        page.fill("textarea[name=argument_1]", f"жоқ {case.employee.last_name}")
        page.click(f"button:has-text('{gettext('File an appeal')}')")

        # What will be sent, with the warnings; changed once more, the file stays, and so does the draft.
        page.wait_for_selector("#filing-warnings")
        shoot(f"filing-summary-{language}")
        assert page.evaluate("sessionStorage.length") > 0
        assert not Appeal.objects.exists()
        page.click("button[value=edit]")
        page.wait_for_selector("textarea[name=argument_1]")
        shoot(f"filing-changed-{language}")
        page.fill("textarea[name=argument_1]", WHY)
        page.click(f"button:has-text('{gettext('File an appeal')}')")
        page.wait_for_selector("#filing-summary")
        assert page.locator("#filing-warnings").count() == 0
        page.click("button[value=save]")
        page.wait_for_url("**/attestation/*/change/")
        assert page.evaluate("sessionStorage.length") == 0
        appeal = Appeal.objects.get()
        assert appeal.items.count() == 4
        page.goto(url("appeals_appeal_change", appeal.pk))
        shoot(f"filed-{language}")
        with page.expect_download() as download:
            page.click("text=Хат.pdf")
        assert Path(download.value.path()).read_bytes() == PDF

        page.goto(url("appeals_appealitem_act", appeal.items.first().pk, "withdraw"))
        shoot(f"withdraw-{language}")
        page.fill("textarea[name=reason]", WHY)
        page.set_input_files("input[name=paper]", paper)
        page.fill("input[name=received_on]", f"{appeal.filed_at:%Y-%m-%d}")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/appeal/*/change/")
        shoot(f"withdrawn-{language}")
        page.goto(url("appeals_appeal_changelist"))
        shoot(f"appeals-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_is_marked_faulty_after_its_table_was_seen(
    page: Any, shoot: Callable[[str], None], language: str
) -> None:
    case = published(97, wrong=[12, 47, 80], variant="7Б")
    chair = seated(Role.CHAIR, case.center.labour_mobility_center)
    log_in(page, chair, language)
    with translation.override(language):
        page.goto(url("appeals_faultyquestion_add") + f"?cycle={case.cycle_id}")
        page.fill("input[name=test_variant]", "7Б")
        page.fill("input[name=question]", "12")
        page.fill("textarea[name=reason]", "Кілті қате")
        shoot(f"faulty-{language}")
        page.click(f"button:has-text('{gettext('Show what would change')}')")
        page.wait_for_selector("#faulty-changes")
        shoot(f"faulty-table-{language}")
        assert "97/100 → 98/100" in said(page)
        page.click("button[name=confirm]")
        page.wait_for_url("**/faultyquestion/*/change/")
        shoot(f"faulty-ruled-{language}")
        assert page.evaluate("sessionStorage.length") == 0
    assert FaultyQuestion.objects.get().ruled_by == chair
