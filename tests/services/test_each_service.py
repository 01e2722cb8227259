"""Every service once and a second time: the journal, the notices and every row, compared with the table."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from attestation.admin.journal_lines import ENTRIES
from attestation.notices.kinds import Kind
from tests.services import rules
from tests.services.playing import Row, Stage
from tests.services.table import ON_THEIR_DAYS, PARTS, READS, TABLE

LINES: dict[str, Row] = {name: line for story in TABLE.values() for name, line in story.items()}
NOTICE = "notice "


def service_of(name: str) -> str:
    """The service of a line, without the case."""
    return name.partition(" (")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("story", TABLE)
def test_it_leaves_what_the_table_says_and_a_second_call_changes_nothing(
    story: str, settings: Any, tmp_path: Path
) -> None:
    """Each service of the story: its entries, whose they are, its notices; then the same call again."""
    settings.MEDIA_ROOT = tmp_path
    stage, lines = Stage(list(PARTS)), TABLE[story]
    module, _, name = story.partition(".")
    getattr(import_module(f"tests.services.{module}"), name)(stage)
    seen = stage.seen
    assert list(seen.rows) == list(lines)
    assert {
        line: (row, "instead of", lines[line]) for line, row in seen.rows.items() if row != lines[line]
    } == {}
    steps = {part: line for part, line in PARTS.items() if line in lines}
    assert {part for part, line in steps.items() if part not in seen.ran[line]} == set()


def test_every_service_that_changes_something_has_a_line() -> None:
    """Whatever is told the moment, or has a transaction of its own, is an act, a step of one, or reads."""
    known = {*map(service_of, LINES), *PARTS, *READS}
    assert set(rules.services()) - known == set()


def test_the_table_names_nothing_that_is_gone() -> None:
    """Each name is that of a function of today, and stands in one of the three lists alone."""
    services, acts = set(rules.services()), set(map(service_of, LINES))
    assert {*PARTS, *READS} - services == set()
    assert {name for name in acts - services if not name.startswith(("page: ", "command: "))} == set()
    assert (acts & PARTS.keys()) | (acts & READS) | (PARTS.keys() & READS) == set()
    assert set(PARTS.values()) - LINES.keys() == set()


def test_what_only_reads_writes_nothing() -> None:
    """No function of that list saves, creates, journals, moves a case or queues a notice."""
    functions = rules.services()
    assert {name for name in READS if rules.writes(functions[name])} == set()


def test_every_event_of_the_journal_is_left_by_some_line() -> None:
    """An event that no line leaves could be lost, and nobody would see it."""
    left = {text.partition(":")[0] for line in LINES.values() for text in line.leaves}
    assert {text for text in left if not text.startswith(NOTICE)} == rules.journal_codes()


def test_every_event_has_its_sentence() -> None:
    """The journal's page has words for each event."""
    assert rules.journal_codes() - set(ENTRIES) == set()


def test_every_kind_of_notice_is_queued_by_some_line() -> None:
    """Those that wait for a day have their tests with the ladder."""
    queued = {text for line in LINES.values() for text in line.leaves if text.startswith(NOTICE)}
    named = {text.removeprefix(NOTICE) for text in queued}
    assert named | ON_THEIR_DAYS == {kind.value for kind in Kind}
    assert named & ON_THEIR_DAYS == set()


def test_a_second_act_is_wanted_of_very_few() -> None:
    """Everything else is the same or refused; a service that joins these few needs a reason in the table."""
    again = {service_of(name) for name, line in LINES.items() if "changed: " in line.again}
    assert {name.rpartition(".")[2] for name in again} == {
        "answer",
        "appeal_opened",
        "log_in_fits",
        "make_feed",
        "needs_attention",
        "note_failure",
        "preview",
        "run",
        "upload",
    }
