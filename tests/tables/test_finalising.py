"""I-12, I-28: what must hold before a decision becomes final: a line a condition, each missing by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from attestation.by import By
from attestation.cases.finality import finalise, finalise_due
from attestation.models import Attestation, Deadline, Decision, JournalEntry, Result, WorkFailure
from attestation.refusals import Refused
from scoring.models import Assessment
from tests.factories import ResultFactory, UserFactory, moment
from tests.jobs.story import without
from tests.siblings_cast import PUBLISHED, decided, fresh, other_cycle

pytestmark = pytest.mark.django_db

# The appeal term ends with Monday 9 February, the grace after it with the 10th.
APPEAL_OVER, GRACE_OVER = moment("2026-02-10 00:00"), moment("2026-02-11 00:00")
LATER = moment("2026-02-12 09:00")
INSTANT = timedelta(microseconds=1)
Spoil = Callable[[Attestation], object]


def deadlines(case: Attestation, kind: str, **values: object) -> int:
    """Change the deadlines of the case, past the services."""
    return Deadline.objects.filter(attestation=case, kind=kind).update(**values)


def gone(case: Attestation, kind: str) -> None:
    """The case has no deadline of the kind."""
    Deadline.objects.filter(attestation=case, kind=kind).update(kind="ruling")


def one_more_deadline(case: Attestation, kind: str, **values: object) -> None:
    """A second deadline of the same kind, as a corrected result brings it."""
    deadline = Deadline.objects.get(attestation=case, kind=kind)
    deadline.pk, deadline.key, deadline.follows = None, f"{deadline.key}:more", None
    for name, value in values.items():
        setattr(deadline, name, value)
    deadline.save(force_insert=True)


def another_result(case: Attestation) -> None:
    """The result has changed under the provisional decision."""
    Result.objects.filter(attestation=case).update(superseded_at=PUBLISHED)
    ResultFactory(attestation=case, correct_answers=60, published_at=PUBLISHED)


def nothing(_case: Attestation) -> None:
    """As it is."""


# What is wrong with the case, when it is tried, and what is said; empty: it becomes final.
CONDITIONS: dict[str, tuple[Spoil, datetime, str]] = {
    "everything holds": (nothing, LATER, ""),
    "the grace is over this very instant": (nothing, GRACE_OVER, ""),
    "the grace runs for one more instant": (nothing, GRACE_OVER - INSTANT, "waits_for_term"),
    "the appeal term is over this very instant, the grace before it": (
        lambda case: deadlines(case, "grace", closes_at=APPEAL_OVER - INSTANT),
        APPEAL_OVER,
        "",
    ),
    "the appeal term runs for one more instant, the grace is over": (
        lambda case: deadlines(case, "grace", closes_at=APPEAL_OVER - INSTANT),
        APPEAL_OVER - INSTANT,
        "waits_for_term",
    ),
    "a second appeal term runs": (
        lambda case: one_more_deadline(case, "appeal", closes_at=LATER + INSTANT),
        LATER,
        "waits_for_term",
    ),
    "a second grace runs": (
        lambda case: one_more_deadline(case, "grace", closes_at=LATER + INSTANT),
        LATER,
        "waits_for_term",
    ),
    "a second term is void": (
        lambda case: one_more_deadline(
            case, "appeal", closes_at=LATER + INSTANT, state="void", closed_at=LATER
        ),
        LATER,
        "",
    ),
    "there is no appeal term": (lambda case: gone(case, "appeal"), LATER, "waits_for_term"),
    "there is no grace": (lambda case: gone(case, "grace"), LATER, "waits_for_term"),
    "an appeal is open": (
        lambda case: Attestation.objects.filter(pk=case.pk).update(open_appeals=1),
        LATER,
        "waits_for_appeal",
    ),
    "the case is not decided": (
        lambda case: Attestation.objects.filter(pk=case.pk).update(status="scored"),
        LATER,
        "waits_for_status",
    ),
    "the result has changed since": (another_result, LATER, "decision_stale"),
    "the result is gone": (
        lambda case: Result.objects.filter(attestation=case).update(superseded_at=PUBLISHED),
        LATER,
        "decision_stale",
    ),
    "the decision on record is superseded": (
        lambda case: Decision.objects.filter(attestation=case).update(superseded_at=PUBLISHED),
        LATER,
        "decision_stale",
    ),
    "the score has changed since": (
        lambda case: Assessment.objects.filter(attestation=case).update(superseded_at=PUBLISHED),
        LATER,
        "the database: a final decision stands on the current score",
    ),
}


def told(case: Attestation, now: datetime) -> str:
    """What an administrator who makes the decision final is told."""
    try:
        with transaction.atomic():
            finalise(case, by=By(UserFactory(), now))
    except Refused as refusal:
        return str(refusal.code)
    except IntegrityError as refusal:
        return "the database: " + str(refusal).partition("\n")[0]
    return ""


def made_once() -> Attestation:
    return decided(89)


@pytest.fixture
def case(shared: Attestation) -> Attestation:
    """A provisional decision."""
    return shared


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_decision_becomes_final_when_everything_holds(condition: str, case: Attestation) -> None:
    spoil, now, code = CONDITIONS[condition]
    spoil(case)
    before = fresh(case).status
    assert told(fresh(case), now) == code
    assert fresh(case).status == (before if code else "final")
    assert JournalEntry.objects.filter(act="finalise").count() == (0 if code else 1)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_sweep_asks_the_same(condition: str, case: Attestation) -> None:
    """What still waits stands under no "needs attention"."""
    spoil, now, code = CONDITIONS[condition]
    spoil(case)
    before = fresh(case).status
    assert finalise_due(now=now) == (0 if code else 1)
    assert fresh(case).status == (before if code else "final")
    # What the database alone refuses is a failure that a person looks at; the rest waits for the next sweep.
    assert WorkFailure.objects.exists() == code.startswith("the database")


def test_of_one_person_the_earlier_case_takes_effect_first(case: Attestation) -> None:
    """I-16, I-25: while the earlier one is due and can't be made final, the later one waits with it."""
    earlier = case
    with without("attestation_attestation_one_at_a_time"):
        later = decided(89, employee=earlier.employee, cycle=other_cycle(earlier))
    Assessment.objects.filter(attestation=earlier).update(superseded_at=PUBLISHED)
    assert finalise_due(now=LATER) == 0
    assert (fresh(earlier).status, fresh(later).status) == ("provisional", "provisional")
