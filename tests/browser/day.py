"""Somebody's day at the screen, counted: what they press and type, and the pages that they wait for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from attestation.models import User
from tests.browser.test_admin_walk import log_in
from tests.browser.widths import WIDE, fits


class Day:
    """A page from the home page on, without an address typed.

    `acts`: each click, each box ticked, text typed and file chosen is one. `loads`: the pages that
    came; a form with its redirect is one.
    """

    def __init__(self, page: Any, user: User, language: str, tmp_path: Path) -> None:
        self.page, self.language, self.tmp_path = page, language, tmp_path
        self.who, self.acts, self.loads = user.role, 0, 0
        log_in(page, user, language)
        page.set_viewport_size(WIDE)
        page.on("response", self._count)

    def end(self) -> None:
        """Nothing is counted any more: somebody else sits down at the screen."""
        self.page.remove_listener("response", self._count)

    def _count(self, response: Any) -> None:
        whole = response.request.is_navigation_request() and response.frame == self.page.main_frame
        self.loads += whole and not 300 <= response.status < 400

    def words(self, text: str) -> str:
        """The text in the language of this screen."""
        with translation.override(self.language):
            return gettext(text)

    def said(self) -> str:
        """What the page says."""
        return re.sub(r"\s+", " ", self.page.inner_text("#main"))

    def click(self, selector: str, words: str = "") -> None:
        """The first that fits: a button, a link, a box."""
        found = self.page.locator(f"{selector}:has-text('{self.words(words)}')" if words else selector)
        self.acts += 1
        found.first.click()
        self.page.wait_for_load_state()

    def press(self, words: str) -> None:
        """The button with these words."""
        self.click("#main :is(a.btn, button)", words)

    def send(self) -> None:
        """The one button of a form, or of the page that says what follows."""
        with self.page.expect_navigation():
            self.click(":is(.submit button[type=submit], #consequences button[value=save])")

    def type(self, selector: str, text: str) -> None:
        """Text into a field."""
        self.acts += 1
        self.page.fill(selector, text)

    def choose(self, path: Path) -> None:
        """A file."""
        self.acts += 1
        self.page.set_input_files("input[type=file]", str(path))

    def find(self, typed: str) -> None:
        """What the one box at the top leads to: typed, then the first that it offers."""
        self.type("#header-inner [role=combobox]", typed)
        self.page.wait_for_selector("#header-inner [role=option]")
        with self.page.expect_navigation():
            self.click("#header-inner [role=option]")

    def go(self, line: str) -> None:
        """A line of the sidebar."""
        self.click("#nav-sidebar a", line)

    def home(self) -> None:
        """The first line of the sidebar."""
        self.go("Home")

    def shoot(self, name: str) -> None:
        """The page as it stands fits both widths."""
        fits(self.page, self.tmp_path / f"{self.who}-{name}-{self.language}.png")

    def tell(self, what: str = "", acts: int = 0, loads: int = 0) -> str:
        """Print how many there were beside those: of the whole day, or for `what`; returns the line."""
        counted = f"{self.acts - acts} clicks and entries, {self.loads - loads} pages"
        line = ": ".join(filter(None, (f"{self.who}, {self.language}", what, counted)))
        sys.stdout.write(f"{line}\n")
        return line
