"""Both widths that a page is looked at in: at neither may it be wider than the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# A walk is taken in Kazakh, whose words are the longest; in `make faults` in Russian too.
LANGUAGES = ("kk", pytest.param("ru", marks=pytest.mark.slow))
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def fits(page: Any, picture: Path) -> None:
    """The page at both widths; one that does not fit is taken as `picture` (take_screens: all)."""
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            page.screenshot(path=str(picture), full_page=True)
            raise AssertionError(f"{picture}: {wide} pixels wide on a screen of {size['width']}")
