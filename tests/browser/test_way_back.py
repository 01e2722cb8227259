"""The way back from a record leads to its list as it was left: with its search, its filters and its page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attestation.admin_cast import at, make_region, url
from tests.browser.test_admin_walk import log_in

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
LISTS = "#header-inner h1 a[href*='/attestation/attestation/']"


def test_a_list_is_as_it_was_after_a_record_and_an_act(page: Any) -> None:
    region = make_region("Ю9")
    log_in(page, region.officer, "kk")
    cases = url("attestation_attestation_changelist")
    page.goto(f"{cases}?q=әбенова")
    left = page.evaluate("location.href")
    page.locator("#result_list tbody a").first.click()
    page.wait_for_url("**/change/**")
    act = url("attestation_attestation_act", region.case.pk, "propose-correction")
    page.goto(act)
    page.locator(LISTS).first.click()
    page.wait_for_url(left)
    assert page.locator("#result_list tbody tr").count() == 1

    # Left without a filter, it comes back without one; another account finds nothing kept.
    page.goto(cases)
    page.goto(act)
    page.locator(LISTS).first.click()
    page.wait_for_url(f"**{cases}")
    page.goto(f"{cases}?q=әбенова")
    page.eval_on_selector("#logout-form", "form => form.requestSubmit()")
    page.wait_for_url("**/logout/")
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_an_iin_is_not_kept_with_a_list(page: Any) -> None:
    region = make_region("Ю9")
    log_in(page, region.officer, "kk")
    people = url("attestation_employee_changelist")
    page.goto(f"{people}?q={region.case.employee.iin}")
    page.wait_for_url(f"**{people}")
    kept = page.evaluate("Object.values(sessionStorage).join(' ')")
    assert region.case.employee.iin not in kept
