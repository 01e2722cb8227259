"""F-D2, ¶21, I-14: appeals filed in a window that was opened again after an outage."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from appeals.models import Appeal
from appeals.services.filing import appeal_deadline, file_appeal
from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.deadlines.outage_deadlines import cut_deadlines, digest
from attestation.deadlines.outages import record_outage, settle_outage
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, CalendarYear, Deadline, Decision, Status
from attestation.refusals import Refused
from office.replay.replay import replay
from tests.factories import UserFactory, moment
from tests.siblings_cast import decided, fresh, published, sweep

pytestmark = pytest.mark.django_db

SETTLED = moment("2026-02-16 10:00")
# The window opened again: Tuesday the 17th alone, its grace the 18th.
TUESDAY = moment("2026-02-17 23:59:59")


@pytest.fixture(autouse=True)
def confirmed_calendar() -> None:
    CalendarYear.objects.update(confirmed_at=moment("2026-01-05 09:00"))


def reopened(case: Attestation) -> Deadline:
    """The system was down on Monday 9 February, the last day of the appeal term; settled a week later."""
    outage = record_outage(
        began_at=moment("2026-02-09 09:00"),
        ended_at=moment("2026-02-09 23:00"),
        reason="Дата-орталық өшті",
        by=By(None, SETTLED),
    )
    lines = cut_deadlines(outage, now=SETTLED)
    chosen = [line.deadline.pk for line in lines if line.proposed]
    settle_outage(
        outage, extend=chosen, seen=digest(lines), reason="№ 7 бұйрық", by=By(UserFactory(), SETTLED)
    )
    deadline = appeal_deadline(case)
    assert deadline is not None
    return deadline


def filed(case: Attestation, at: datetime, now: datetime | None = None) -> Appeal:
    return file_appeal(
        case, filed_at=at, items=[(17, "екі жауап та дұрыс")], receipt_note="хат", by=By(None, now or at)
    )


def test_f_d2_the_term_that_counts_is_the_one_opened_again() -> None:
    case = published()
    sweep(moment("2026-02-11 00:05"))
    old = appeal_deadline(case)
    deadline = reopened(case)
    assert deadline.replaces == old
    assert deadline.closes_at == moment("2026-02-18 00:00")


def test_f_d2_the_last_second_of_the_new_window_is_in_time_and_the_next_is_not() -> None:
    case = published()
    sweep(moment("2026-02-11 00:05"))
    reopened(case)
    assert filed(case, TUESDAY).state == Appeal.State.OPEN
    assert filed(case, moment("2026-02-18 00:00")).state == Appeal.State.LATE


def test_f_d2_what_was_filed_in_the_old_window_is_in_time_too() -> None:
    """I-14: what counts is when it was filed; the publication is the old one, not the new window's start."""
    case = published()
    sweep(moment("2026-02-11 00:05"))
    reopened(case)
    assert filed(case, moment("2026-02-06 09:00"), SETTLED).state == Appeal.State.OPEN
    with pytest.raises(RuleRefusal) as refused:
        filed(case, moment("2026-02-05 17:39"), SETTLED)
    assert refused.value.code == "filed_before_publication"


def test_f_d2_filing_in_the_new_window_reopens_a_final_decision() -> None:
    case = decided()
    sweep(moment("2026-02-11 00:05"))
    assert fresh(case).status == Status.FINAL
    final = Decision.objects.current().get(attestation=case)
    reopened(case)
    assert fresh(case).status == Status.FINAL

    appeal = filed(case, TUESDAY)

    case = fresh(case)
    assert (appeal.state, case.status, case.open_appeals) == (Appeal.State.OPEN, Status.PROVISIONAL, 1)
    final.refresh_from_db()
    assert final.superseded_at == TUESDAY
    sweep(moment("2026-02-25 00:05"))
    assert fresh(case).status == Status.PROVISIONAL  # the commission rules first
    assert replay().differences == []


def test_f_d2_a_window_of_a_case_that_is_annulled_closes_with_it() -> None:
    case = decided()
    sweep(moment("2026-02-11 00:05"))
    deadline = reopened(case)
    document = Document("higher", "15-п", date(2026, 2, 16), "Тестілеу рәсімі бұзылған")
    annul_decision(case, document, by=By(UserFactory(), SETTLED))
    deadline.refresh_from_db()
    assert deadline.state == Deadline.State.VOID
    with pytest.raises(Refused) as refused:
        filed(case, TUESDAY)
    assert refused.value.code == "case_closed"
    assert replay().differences == []


def test_f_d2_a_late_attempt_stays_on_record_and_the_employee_files_anew() -> None:
    case = published()
    sweep(moment("2026-02-10 00:05"))
    late = filed(case, moment("2026-02-10 09:00"))
    assert late.state == Appeal.State.LATE
    reopened(case)
    assert filed(case, SETTLED).state == Appeal.State.OPEN
    late.refresh_from_db()
    assert late.state == Appeal.State.LATE
