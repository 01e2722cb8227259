"""Every kind of reminder is declared whole: what is missing fails before anybody is reminded."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist

from attestation.admin.ladders import LINES, RuleSetForm
from attestation.models import Deadline
from attestation.models.ledger import BEARERS, of_every_kind
from attestation.models.rules import default_ladders
from attestation.notices import contents, ladder, reminders
from attestation.notices.completeness import check_reminders
from attestation.notices.kinds import AUDIENCES, REMINDERS, TITLES, Kind, ReminderKind
from tests.house import ROOT

GRACE = replace(REMINDERS[0], deadline=Deadline.Kind.GRACE)
LETTERLESS = replace(REMINDERS[0], notice="reminder_of_nothing")


@pytest.mark.parametrize("name", [field.name for field in fields(ReminderKind)])
def test_a_kind_without_one_of_its_fields_is_refused_at_import(name: str) -> None:
    rest = {key: value for key, value in asdict(REMINDERS[0]).items() if key != name}
    with pytest.raises(TypeError, match=name):
        ReminderKind(**rest)


@pytest.mark.parametrize(
    ("kinds", "ladders", "names"),
    [
        ((*REMINDERS[1:], LETTERLESS), None, "templates/notices/reminder_of_nothing-subject.txt"),
        ((*REMINDERS, GRACE), None, "grace"),
        (REMINDERS, {**default_ladders(), "ruling": []}, "ruling"),
        (REMINDERS, {**default_ladders(), "ruling": ["some-day"]}, "some-day"),
        (REMINDERS[1:], None, "appeal"),
    ],
    ids=["no letter", "no ladder", "empty ladder", "no moment", "ladder without a kind"],
)
def test_what_a_kind_lacks_elsewhere_is_refused_at_start_up(
    kinds: tuple[ReminderKind, ...], ladders: dict[str, list[str]] | None, names: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=names):
        check_reminders(kinds, ladders)


def test_ours_are_whole() -> None:
    check_reminders()


def test_the_system_does_not_start_with_a_kind_that_is_not_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("attestation.notices.completeness.get_template", _no_letter)
    with pytest.raises(ImproperlyConfigured, match="has no letter"):
        apps.get_app_config("attestation").ready()


def _no_letter(name: str) -> None:
    raise TemplateDoesNotExist(name)


def test_all_that_is_asked_of_a_reminder_follows_from_its_declaration() -> None:
    assert ladder.KINDS == ("appeal", "scoring", "reattestation", "category", "ruling")
    assert set(reminders.BY_DEADLINE) == set(ladder.KINDS)
    assert {kind for kind in Kind if kind.startswith("reminder_")} == contents.WHILE_OPEN
    assert set(TITLES) == set(AUDIENCES) == set(Kind)
    assert list(LINES) == [name for name in RuleSetForm.base_fields if name.startswith("ladder_")]


def test_a_table_that_leaves_a_kind_of_deadline_out_is_refused_by_its_name() -> None:
    assert of_every_kind("BEARERS", BEARERS) is BEARERS
    with pytest.raises(ImproperlyConfigured, match="BEARERS has no row for the kind of deadline RULING"):
        of_every_kind("BEARERS", {kind: who for kind, who in BEARERS.items() if kind != Deadline.Kind.RULING})


def test_every_kind_of_deadline_has_a_colour_of_its_own_on_the_board() -> None:
    script = (ROOT / "static/attestation/board.js").read_text(encoding="utf-8")
    hues = re.search(r"HUES = \[(.*?)\]", script, re.DOTALL)
    assert hues is not None
    assert len(set(re.findall(r"#\w{6}", hues[1]))) == len(Deadline.Kind)
