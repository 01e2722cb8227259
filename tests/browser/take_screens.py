"""Take the pictures of docs/screens/ from a running demo: python -m tests.browser.take_screens http://127.0.0.1:8000

Logs in as the demo's officer, chair and administrator; changes nothing but their language.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from scripts.servers import ensure_chromium

SCREENS = Path(__file__).resolve().parents[2] / "docs/screens"
PASSWORDS = {"hr": "demo-hr-271", "chair": "demo-chair-271", "admin": "demo-admin-271"}
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MOST_BYTES = 250_000


def log_in(page: Any, base: str, user: str, language: str) -> None:
    """Log in afresh and choose the language."""
    page.context.clear_cookies()
    page.goto(f"{base}/admin/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", PASSWORDS[user])
    page.click("#login-form button[type=submit]")
    page.locator(f".lang button[lang={language}]").click()
    page.wait_for_selector(f"html[lang={language}]")


def shoot(page: Any, name: str, size: dict[str, int], part: str) -> None:
    """One picture of what fits on the screen."""
    page.set_viewport_size(size)
    page.wait_for_load_state("networkidle")
    if part:
        page.evaluate("part => document.querySelector(part).scrollIntoView()", part)
    path = SCREENS / f"{name}-{size['width']}.png"
    page.screenshot(path=str(path))
    assert path.stat().st_size <= MOST_BYTES, path


def follow(page: Any, base: str, listing: str, selector: str = "#result_list tbody a") -> None:
    """The first record of a list."""
    page.goto(f"{base}{listing}")
    page.locator(selector).first.click()
    page.wait_for_load_state("networkidle")


def take(page: Any, base: str) -> None:
    """The pages of the tour, each at both widths."""
    log_in(page, base, "hr", "kk")
    both(page, "home-kk")
    follow(page, base, "/admin/attestation/cycle/", "#result_list tbody a:has-text('-3')")
    both(page, "cycle-kk")
    page.goto(f"{base}/admin/attestation/importjob/?state__exact=confirmed")
    page.locator("#result_list tbody a").last.click()
    both(page, "import-kk")
    page.goto(f"{base}/admin/attestation/deadline/board/")
    both(page, "deadlines-kk")

    log_in(page, base, "chair", "ru")
    follow(page, base, "/admin/appeals/appeal/?state__exact=open")
    both(page, "appeal-ru")
    declared = "/admin/attestation/decision/?outcome__exact=declared&state__exact=final"
    follow(page, base, declared, "a.case-link")
    both(page, "case-ru")
    page.locator("#decision .why details summary").first.click()
    both(page, "decision-ru", "#decision .verdict")
    log_in(page, base, "admin", "ru")
    page.goto(f"{base}/admin/attestation/calendaryear/2026/change/")
    both(page, "calendar-ru")
    log_in(page, base, "hr", "kk")


def both(page: Any, name: str, part: str = "") -> None:
    """On a phone, then on a desk; from a part of the page on, if one is named."""
    shoot(page, name, PHONE, part)
    shoot(page, name, WIDE, part)


def main() -> None:
    """Take every picture."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    SCREENS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=["--no-sandbox"])
        take(browser.new_context(viewport=WIDE, locale="kk-KZ").new_page(), base)
        browser.close()


if __name__ == "__main__":
    main()
