"""What is printed is the record: no sidebar nor its column, no header, no buttons, no drawer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attestation.admin_cast import at, make_region, url
from tests.browser.test_admin_walk import log_in

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
FOR_THE_SCREEN = (
    "#nav-sidebar",
    "#header-inner",
    ".btn",
    ".skip",
    "#toolbar",
    "#changelist-filter",
    "[type=checkbox]",
)


def test_a_list_and_a_case_are_printed_without_what_is_for_the_screen(page: Any) -> None:
    region = make_region("Ю9")
    log_in(page, region.officer, "kk")
    page.emulate_media(media="print")
    for address, name in (
        (url("attestation_attestation_changelist"), "#result_list"),
        (url("attestation_attestation_change", region.case.pk), "#decision"),
    ):
        page.goto(address)
        assert page.locator(name).is_visible()
        assert "ӘбеноваЮ9" in page.inner_text("#main-content")
        assert page.locator(", ".join(f"{one}:visible" for one in FOR_THE_SCREEN)).count() == 0
        assert page.locator("#main").bounding_box()["x"] == 0
