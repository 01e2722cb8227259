"""What the tests of undone files of cases share: a file read by the story's people, every value on record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from attestation.by import By
from attestation.intake import undo
from attestation.models import Attestation, Deadline, Employee, ImportJob, Notice, Result
from tests.attestation.intake_cast import confirm, preview, table
from tests.jobs.story import LISTED, PUBLISHED, Story

# When the files of lists and of results are read.
READ, TESTED = LISTED, PUBLISHED - timedelta(hours=1)


def read_list(story: Story, people: Sequence[Employee], now: datetime = READ) -> ImportJob:
    """A list of attestees of the story's cycle."""
    rows = [{"iin": person.iin, "purpose": "position"} for person in people]
    return confirm(preview("attestees", table(*rows), cycle=story.cycle, now=now), now=now)


def read_results(story: Story, correct: dict[Attestation, int], now: datetime = TESTED) -> ImportJob:
    """A file of results of the story's cycle: the correct answers of 100 of each case."""
    return confirm(preview_results(story, correct, now), now=now)


def preview_results(story: Story, correct: dict[Attestation, int], now: datetime = TESTED) -> ImportJob:
    """Such a file, not imported yet."""
    rows = [
        {
            "iin": case.employee.iin,
            "questions_total": 100,
            "correct_answers": number,
            "finished_at": "02.02.2026 11:00",
        }
        for case, number in correct.items()
    ]
    return preview("results", table(*rows), cycle=story.cycle, now=now)


def undone(job: ImportJob, now: datetime, reason: str = "") -> dict[str, Any]:
    """What the undoing answers."""
    return undo.as_data(undo.undo(job, by=By(None, now), reason=reason))


def on_record(cases: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """Every value of these cases and of what belongs to them."""
    found: dict[str, list[dict[str, Any]]] = {
        "cases": list(Attestation.objects.filter(pk__in=cases).order_by("pk").values())
    }
    models: tuple[type[Model], ...] = (Result, Deadline, Notice)
    for model in models:
        rows = model._default_manager.filter(attestation__in=cases).order_by("pk")
        found[model.__name__] = list(rows.values())
    return found
