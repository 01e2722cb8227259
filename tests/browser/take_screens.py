"""Take the pictures of docs/screens/ from a running demo: python -m tests.browser.take_screens http://127.0.0.1:8000

Logs in as the demo's officer, chair and administrator. Changes their language, puts people on the list of the
cycle that waits for one, and reads a file, which it gives up again.
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
STAFF = Path(__file__).resolve().parents[2] / "fixtures/tour/staff-kokshetau.xlsx"
LISTED = 4
# As a passport has it, of a name in Kazakh letters.
SOUGHT = "Sagyn"


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


def both(page: Any, name: str, part: str = "") -> None:
    """On a phone, then on a desk; from a part of the page on, if one is named."""
    shoot(page, name, PHONE, part)
    shoot(page, name, WIDE, part)


def cycle(page: Any, base: str, ending: str) -> None:
    """The demo's cycle whose code ends so."""
    follow(page, base, "/admin/attestation/cycle/", f"#result_list tbody a:has-text('-{ending}')")


def follow_button(page: Any, selector: str) -> None:
    """A button that leads to another page."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def officers_work(page: Any, base: str) -> None:
    """A list formed by ticks, what admission would do to it, a file read and given up, results to publish."""
    cycle(page, base, "7")
    page.click("#main a[href$='/do/list/']")
    for place in range(LISTED):
        page.locator("#people [name=tick]").nth(place).check()
    both(page, "list-kk")
    for button in (".submit button", "#consequences button[value=save]", "#main a[href$='/do/admit/']"):
        follow_button(page, button)
    both(page, "admission-kk")
    page.goto(f"{base}/admin/attestation/importjob/upload/staff/")
    page.set_input_files("input[type=file]", str(STAFF))
    follow_button(page, "form[data-once] .submit button")
    both(page, "import-kk")
    page.click("#main a[href$='/do/cancel/']")
    follow_button(page, ".submit button")
    cycle(page, base, "6")
    follow_button(page, "#main a[href$='/do/publish/']")
    both(page, "publish-kk")


def commissions_work(page: Any, base: str) -> None:
    """What waits, the open sitting, an appeal; a case with its decision."""
    both(page, "chair-ru")
    page.goto(f"{base}/admin/appeals/sitting/queue/")
    both(page, "queue-ru")
    follow(page, base, "/admin/appeals/sitting/?state__exact=open")
    both(page, "sitting-ru")
    follow(page, base, "/admin/appeals/appeal/?state__exact=resolved")
    both(page, "appeal-ru")
    declared = "/admin/attestation/decision/?outcome__exact=declared&state__exact=final"
    follow(page, base, declared, "a.case-link")
    both(page, "case-ru")
    page.locator("#decision .why details summary").first.click()
    both(page, "decision-ru", "#decision .verdict")


def take(page: Any, base: str) -> None:
    """The main pages, each at both widths."""
    log_in(page, base, "hr", "kk")
    both(page, "home-kk")
    cycle(page, base, "3")
    both(page, "cycle-kk")
    page.goto(f"{base}/admin/attestation/deadline/board/")
    both(page, "deadlines-kk")
    page.goto(f"{base}/admin/search/")
    page.fill("#main input[name=q]", SOUGHT)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    both(page, "search-kk")
    page.set_viewport_size(WIDE)
    follow_button(page, "a.bell:not(.tofind)")
    both(page, "notices-kk")
    officers_work(page, base)

    log_in(page, base, "chair", "ru")
    commissions_work(page, base)
    log_in(page, base, "admin", "ru")
    for name, address in (
        ("calendar", "attestation/calendaryear/2026/change/"),
        ("journal", "attestation/journalentry/"),
        ("health", "health/"),
    ):
        page.goto(f"{base}/admin/{address}")
        both(page, f"{name}-ru")
    log_in(page, base, "hr", "kk")


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
