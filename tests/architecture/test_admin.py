"""The admin stays thin: our base everywhere, no rule, no status, every act named."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from django.contrib import admin

from attestation.access import RIGHTS as RIGHTS
from attestation.admin.actions import actions_on
from attestation.admin.base import ScopedAdmin, ScopedInline
from attestation.admin.journal_lines import ENTRIES
from attestation.admin.panels import Panel
from attestation.cases.lifecycle import Event
from attestation.models import Deadline
from office.case.panels import CASE_PANELS, DECISION_PANELS
from tests.house import APPS, ROOT

ADMIN_FILES = sorted(
    [
        *(ROOT / "attestation/admin").glob("*.py"),
        *(ROOT / "appeals/admin").glob("*.py"),
        ROOT / "scoring/admin.py",
    ]
)
CODE = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


def test_every_page_and_inline_stands_on_our_base() -> None:
    for model, page in admin.site._registry.items():
        assert isinstance(page, ScopedAdmin), model
        assert page.has_delete_permission.__func__ is ScopedAdmin.has_delete_permission, model
        for inline in page.inlines:
            assert issubclass(inline, ScopedInline), inline


def test_every_act_asks_for_a_right_that_exists() -> None:
    for model in admin.site._registry:
        for act in actions_on(model):
            assert act.right in RIGHTS, (model, act.slug)


def test_every_panel_stands_on_a_page() -> None:
    """One that an app makes and the lists leave out would be seen by nobody."""
    made = {
        value.content
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in APPS
        for value in list(vars(module).values())
        if isinstance(value, Panel)
    }
    assert made == {panel.content for panel in (*CASE_PANELS, *DECISION_PANELS)}


@pytest.mark.parametrize("path", ADMIN_FILES, ids=lambda path: path.name)
def test_no_page_writes_rows_or_statuses(path: Path) -> None:
    """Services write; Django's own form saving (`super().save_model`) is the one exception."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"save", "update_or_create", "bulk_create", "bulk_update", "delete"}
            if node.func.attr in {"create", "get_or_create"}:
                pytest.fail(f"{path.name}:{node.lineno} makes a row")
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute):
                    assert target.attr not in {"status", "state", "outcome", "ruling"}, (
                        path.name,
                        node.lineno,
                    )


def acts_in_code() -> set[str]:
    """The codes of the acts that the code puts into the journal."""
    found = {event.value for event in Event}
    for path in CODE:
        found |= set(re.findall(r"journal\.record\(\s*\"([a-z_]+)\"", path.read_text()))
    return found | {
        f"deadline_{state}" for state in (Deadline.State.MET, Deadline.State.MISSED, Deadline.State.VOID)
    }


def test_every_act_of_the_journal_has_its_words() -> None:
    assert acts_in_code() - set(ENTRIES) == set()


def test_no_template_has_a_script_or_a_handler_inside() -> None:
    """The policy forbids inline scripts; what needs one would silently not work."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\son[a-z]+\s*=", text), path
        assert "javascript:" not in text, path
        assert "|safe" not in text, path
