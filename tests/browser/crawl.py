"""What one page says in all its parts, open or not yet, and what axe-core has against it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.widths import PHONE, WIDE
from tests.tables.page_cast import Address
from tests.tables.test_pages import ROLES, statuses_of

# Names of formats, programs and languages, and the key that leads to the search: no words of ours.
NAMES = frozenset(
    {"pdf", "xlsx", "csv", "ods", "xls", "jpg", "png", "docx", "iin", "ctrl", "english"}
    | {"chrome", "redis", "worker", "beat", "email", "url", "asia", "almaty", "holidays"}
)
# Files, cases, addresses, digests and places of a message: data, or named by whoever made them.
DATA = re.compile(
    r"\S+\.(?:csv|xlsx|pdf)\b|\bcase-\d+|\S+@\S+|https?://\S+|/usr/\S+|\b[0-9a-f]{64}\b|\{\w+\}"
    # The secret of a second factor.
    r"|(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}",
    re.I,
)
WORD = re.compile(r"[A-Za-z]{3,}")
# Every text that a person may meet: shown, closed, in a hint, in a field, or put there by a script.
READ = """(page) => {
    const SILENT = "script, style, .material-symbols-outlined";
    const BUTTON = "input:is([type=submit], [type=button], [type=reset])";
    const said = new Set([page.title]);
    const read = (root) => {
        const nodes = page.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
        for (let node = nodes.currentNode; node; node = nodes.nextNode()) {
            if (node.nodeType === Node.TEXT_NODE) {
                if (!node.parentElement?.closest(SILENT)) said.add(node.data);
            } else if (node.nodeType === Node.ELEMENT_NODE) {
                for (const name of ["title", "alt", "placeholder", "aria-label", "aria-description", "label"])
                    said.add(node.getAttribute(name) ?? "");
                if (node.matches(BUTTON)) said.add(node.value);
                if (node.matches("template[id^=words-], [data-too-large]"))
                    Object.values(node.dataset).forEach((text) => said.add(text));
                if (node.localName === "template") read(node.content);
            }
        }
    };
    read(page.body);
    return [...said].map((text) => text.trim()).filter((text) => text);
}"""
READ_MARKUP = f"(markup) => ({READ})(new DOMParser().parseFromString(markup, 'text/html'))"
# What stands behind a button or a fold is asked too. The page's own style of a drawer is enough to show it.
OPEN = """() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    document.getElementById("changelist-filter")?.style.setProperty("display", "flex", "important");
}"""
ASK = """async (options) => {
    const found = await axe.run(document, { resultTypes: ["violations"], ...options });
    const told = (rule) =>
        rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 200)}`);
    return found.violations
        .filter((rule) => ["serious", "critical"].includes(rule.impact) || rule.id === "landmark-one-main")
        .flatMap(told);
}"""
MODES = ("light", "dark", "phone")
# Files, and what answers a script.
NO_PAGES = (
    "template ",
    "jsi18n",
    "attestation_importjob_failed",
    "attestation_outage_terms",
    "attestation_deadline_plot",
)
# Pages that are another one for each role.
EACH = ("index", "search", "registers", "appeals_sitting_queue")


def pages_of(role: str, places: dict[str, Address]) -> dict[str, str]:
    """The addresses that the role opens for all others who may: the first of the table's roles sees most."""
    found: dict[str, str] = {}
    statuses = {who: statuses_of(who, places) for who in ROLES}
    for name in statuses[role]:
        first = next((who for who in ROLES if statuses[who][name] == 200), None)
        mine = first == role or (name in EACH and statuses[role][name] == 200)
        if mine and places[name][0] == "GET" and not name.startswith(NO_PAGES):
            found[name] = places[name][1]
    return found


def english(texts: Iterable[str], names: frozenset[str]) -> list[str]:
    """The texts with a Latin word that is no name: neither of `NAMES` nor of the accounts."""
    return [
        text
        for text in texts
        if any(word.lower() not in NAMES | names for word in WORD.findall(DATA.sub(" ", text)))
    ]


def against(page: Any, mode: str) -> list[str]:
    """What axe-core finds serious or critical on the page, and a missing `main`: the element and its rule."""
    page.set_viewport_size(PHONE if mode == "phone" else WIDE)
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", mode == "dark")
    page.evaluate(OPEN)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    only = {"runOnly": ["color-contrast"]} if mode == "dark" else {}
    found: list[str] = page.evaluate(ASK, only)
    return found
