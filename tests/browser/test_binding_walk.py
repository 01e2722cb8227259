"""Admission and publishing in a real Chromium: what follows is read first; what changed is asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from attestation.models import Cycle, Result, Status
from tests.attestation.admin_cast import MONDAY, at, make_region, url
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.factories import AttestationFactory, CycleFactory, EmployeeFactory, ResultFactory, moment

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
BEFORE_TESTING = moment("2026-01-12 10:00")


def press(page: Any) -> None:
    """The one button that does it."""
    page.click("#consequences button[value=save]")
    page.wait_for_load_state()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_pressed_blind(language: str, page: Any, shoot: Callable[[str], None], at: Any) -> None:
    region = make_region("Ақмола")
    cycle: Cycle = CycleFactory(center=region.center)
    names = ("Әшірбекова", "Қожахметова", "Нұрғалиева", "Тұрсынбай")
    people = [EmployeeFactory(center=region.career, last_name=name) for name in names]
    for person in people:
        AttestationFactory(cycle=cycle, employee=person, status=Status.LISTED)
    at(BEFORE_TESTING)
    log_in(page, region.officer, language)
    with translation.override(language):
        page.goto(url("attestation_cycle_change", cycle.pk))
        page.click("a[href$='/do/admit/']")
        assert all(person.full_name in said(page) for person in people)
        shoot(f"admit-{language}")
        press(page)
        assert cycle.attestations.filter(status=Status.NOT_ADMITTED).count() == len(people)
        assert all(person.full_name in page.inner_text("body") for person in people)
        shoot(f"admitted-{language}")

        at(MONDAY)
        for case in cycle.attestations.order_by("pk")[:3]:
            case.status = Status.TESTED
            case.save()
            ResultFactory(attestation=case, published_at=None)
        page.goto(url("attestation_cycle_change", cycle.pk))
        page.click("a[href$='/do/publish/']")
        shoot(f"publish-{language}")
        late = cycle.attestations.order_by("pk").last()
        assert late is not None
        late.status = Status.TESTED
        late.save()
        ResultFactory(attestation=late, published_at=None)
        press(page)
        assert gettext("Something has changed since you looked; nothing was done.") in said(page)
        assert not Result.objects.filter(attestation__cycle=cycle, published_at__isnull=False).exists()
        shoot(f"changed-{language}")
        press(page)
        assert Result.objects.filter(attestation__cycle=cycle, published_at__isnull=False).count() == 4
        shoot(f"published-{language}")
