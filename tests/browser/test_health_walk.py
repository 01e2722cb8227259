"""Question health, a departure with its sentence and the chair's matter, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from appeals.models import DifferingRuling, Sitting
from appeals.services.counting import seal_item
from attestation.by import By
from tests.appeals.sitting_cast import AT, board, concluded, line_of, opened
from tests.appeals.test_differing import DEPARTS, WHY, appealed, counted
from tests.appeals.test_question_health_page import result_of
from tests.attestation.admin_cast import at, url
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.factories import CenterFactory, CycleFactory

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_rulings_on_one_question_and_the_health_of_the_test(
    page: Any, shoot: Callable[[str], None], at: Any, language: str
) -> None:
    cycle, people = CycleFactory(center=CenterFactory()), board()
    for number in range(56):
        wrong = [1, *range(2, 2 + number % 5)] if number % 3 else list(range(2, 7))
        result_of(cycle, wrong=wrong, test_language="kk" if number % 2 else "ru", test_variant="8А")
    first, second = appealed(cycle), appealed(cycle)
    opened(people)
    seal_item(counted(people, first, "reject"), reason=WHY, by=By(people.secretary, AT))
    line = line_of(second)
    at(AT)
    log_in(page, people.secretary, language)
    with translation.override(language):
        page.goto(url("appeals_agendaitem_change", line.pk))
        page.wait_for_selector("#earlier-rulings")
        shoot(f"earlier-rulings-{language}")
        counted(people, second, "uphold")
        page.goto(url("appeals_agendaitem_act", line.pk, "seal"))
        page.fill("textarea[name=reason]", WHY)
        page.fill("textarea[name=departure]", DEPARTS)
        shoot(f"departure-{language}")
        page.locator("form[data-once] button[type=submit], form button.primary").last.click()
        page.wait_for_url("**/sitting/*/change/**")
        page.goto(url("appeals_agendaitem_change", line.pk))
        assert DEPARTS in said(page)
        concluded(people, Sitting.objects.get())
        matter = DifferingRuling.objects.get()
        page.context.clear_cookies()
        log_in(page, people.chair, language)
        page.goto(url("appeals_differingruling_changelist"))
        shoot(f"differing-list-{language}")
        page.goto(url("appeals_differingruling_change", matter.pk))
        shoot(f"differing-{language}")
        page.goto(url("appeals_faultyquestion_health") + f"?cycle={cycle.pk}&variant=8А&total=10")
        page.wait_for_selector("#question-health")
        shoot(f"question-health-{language}")
