"""What the tests of scoring and of appeals share: cases after publication, data read, a commission."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import date, datetime
from typing import Any, Literal

import pytest
from django.db import transaction
from django.utils import translation
from openpyxl import Workbook

from appeals.services.commission import appoint
from attestation.by import By
from attestation.cases.decisions import form_due
from attestation.cases.finality import finalise_due
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import close_deadlines, end_testing_stages
from attestation.intake import engine, report
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    Cycle,
    Decision,
    ImportJob,
    JournalEntry,
    Role,
    User,
)
from scoring.models import Assessment, Rating, Violation
from scoring.services.assessing import score_due
from scoring.services.records import record_read_through
from tests.factories import AttestationFactory, EmployeeFactory, ResultFactory, UserFactory, moment

# Published on Thursday: D1 of docs/readings.md. The stage ends on Friday, scoring is due on Sunday (D4).
PUBLISHED = moment("2026-02-05 17:40")
STAGE_OVER = moment("2026-02-07 00:05")
READ = moment("2026-02-07 10:00")
APPEAL_CLOSES = moment("2026-02-10 00:00")
GRACE_OVER = moment("2026-02-11 00:05")
WINDOW_FIRST, WINDOW_LAST = date(2025, 2, 7), date(2026, 2, 6)


def made_once(make: Callable[..., Any], scope: Literal["module", "class"] = "module", on: str = "") -> Any:
    """A fixture: rows that `make` makes once for a module or a class, and that are gone after it.

    A test takes a deep copy of what it returned. `on` names such a fixture below: `make` is given its copy.
    """

    @pytest.fixture(scope=scope)
    def made(request: pytest.FixtureRequest, module_db: None, django_db_blocker: Any) -> Iterator[Any]:
        below = [deepcopy(request.getfixturevalue(on))] if on else []
        with django_db_blocker.unblock(), translation.override("en"):
            around = transaction.atomic()
            around._from_testcase = True  # type: ignore[attr-defined]  # as `module_db`
            around.__enter__()
            rows = make(*below)
        yield rows
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)

    return made


def published(correct: int = 89, total: int = 100, *, existing: str = "none", **values: Any) -> Attestation:
    """An application with a result published on 5 February; the testing stage is still on."""
    wrong, variant = values.pop("wrong", None), values.pop("variant", "")
    employee = values.pop("employee", None) or EmployeeFactory()
    if existing != "none":
        period = {"starts_on": date(2025, 1, 10), "ends_on": date(2028, 1, 10)}
        CategoryTerm.objects.create(
            employee=employee, category=existing, planned_ends_on=period["ends_on"], **period
        )
        values["existing"] = existing
    case = AttestationFactory(employee=employee, status="tested", **values)
    ResultFactory(
        attestation=case,
        correct_answers=correct,
        questions_total=total,
        wrong_questions=wrong,
        test_variant=variant,
        published_at=None,
    )
    publish_results(case.cycle, by=By(None, PUBLISHED))
    return fresh(case)


def examined(correct: int = 89, total: int = 100, **values: Any) -> Attestation:
    """The same after the testing stage: pinned, so that it can be assessed."""
    case = published(correct, total, **values)
    end_testing_stages(now=STAGE_OVER)
    return fresh(case)


def decided(correct: int = 89, *scores: str, violations: int = 0, **values: Any) -> Attestation:
    """With a provisional decision; ratings of 4.6 on average unless given."""
    case = examined(correct, **values)
    rate(case, *(scores or ("5", "5", "4", "4", "5")))
    for number in range(violations):
        violate(case, date(2026, 1, 10 + number))
    read(case)
    sweep(READ)
    return fresh(case)


def sweep(now: datetime) -> int:
    """The steps of the sweep that form decisions and make them final, in its order."""
    end_testing_stages(now=now)
    done = score_due(now=now) + form_due(now=now)
    close_deadlines(now=now)
    return done + finalise_due(now=now)


def fresh(case: Attestation) -> Attestation:
    """The case as it stands in the database."""
    return Attestation.objects.select_related("cycle", "employee", "center__parent", "rule_set").get(
        pk=case.pk
    )


def rate(case: Attestation, *scores: str, on: date = date(2025, 11, 3)) -> list[Rating]:
    """Scores by recipients of services, all on one day."""
    first = Rating.objects.count()
    return [
        Rating.objects.create(
            employee=case.employee, rated_on=on, score=score, external_id=f"R{first + number}"
        )
        for number, score in enumerate(scores)
    ]


def violate(case: Attestation, on: date = date(2025, 11, 3)) -> Violation:
    """One violation on record."""
    number = Violation.objects.count()
    return Violation.objects.create(
        employee=case.employee, recorded_on=on, description="Мерзімі бұзылды", external_id=f"V{number}"
    )


def read(
    case: Attestation,
    *kinds: str,
    through: date = WINDOW_LAST,
    at: datetime = READ,
) -> None:
    """I-27: the centre's data of these kinds (both, unless named) are read through the day."""
    for kind in kinds or ("ratings", "violations"):
        record_read_through([case.center], kind, through, by=By(None, at))


def current_score(case: Attestation) -> Assessment:
    """The assessment that nothing has superseded."""
    return Assessment.objects.current().get(attestation=case)


def current_decision(case: Attestation) -> Decision:
    """The decision that nothing has superseded."""
    return Decision.objects.current().get(attestation=case)


def seated(role: str = Role.CHAIR, center: Center | None = None, **values: Any) -> User:
    """An account with a seat in the central commission, or in that of a labour mobility centre."""
    user = UserFactory(role=role, center=center, **values)
    appoint(user, role, center, date(2026, 1, 5), by=By(None, moment("2026-01-05 09:00")))
    return user


def footprint() -> tuple[int, ...]:
    """How much is on record: what a refused act must leave as it was."""
    from appeals.models import Appeal, AppealItem
    from attestation.models import Deadline, Notice, Result

    models: Iterable[Any] = (
        JournalEntry,
        Notice,
        Deadline,
        Result,
        Decision,
        Assessment,
        Rating,
        Violation,
        Appeal,
        AppealItem,
    )
    return tuple(model.objects.count() for model in models)


def workbook(header: Sequence[str], *rows: Sequence[Any]) -> bytes:
    """An .xlsx file with these rows."""
    book = Workbook()
    for line in (header, *rows):
        book.active.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def imported(
    kind: str,
    header: Sequence[str],
    *rows: Sequence[Any],
    now: datetime,
    skip_errors: bool = False,
    **more: Any,
) -> ImportJob:
    """A file through preview and, where it has no errors, confirm."""
    actor: User | None = more.pop("actor", None)
    job = engine.preview(kind, workbook(header, *rows), f"{kind}.xlsx", by=By(actor, now), **more)
    if job.rows_error and not skip_errors:
        return job
    return engine.confirm(job, by=By(actor, now), skip_errors=skip_errors)


def errors(job: ImportJob) -> list[tuple[int, str, str]]:
    """Row, field and message of each error."""
    return [(error["row"], error["field"], error["message"]) for error in report.errors_of(job)]


def other_cycle(case: Attestation, **values: Any) -> Cycle:
    """Another cycle of the same labour mobility centre."""
    from tests.factories import CycleFactory

    return CycleFactory(center=case.cycle.center, **values)
