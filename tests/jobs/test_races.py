"""Two at once: what only PostgreSQL can show, with real commits."""

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction

from appeals.services.filing import file_appeal
from attestation import journal
from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.cycles import admit_cycle
from attestation.cases.finality import finalise
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.cases.testing_stage import end_testing_stages
from attestation.deadlines import holding
from attestation.models import (
    Attestation,
    Consequence,
    Deadline,
    Decision,
    JournalEntry,
    ReadyEffect,
    Result,
    Role,
)
from office.sweep import leases, sweep
from tests.jobs.story import ADMITTED, FINAL, STAGE_OVER, Story, at

MARCH = at("2026-03-05 10:00")

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run the acts in threads of their own; gives what they raised."""
    troubles: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  whatever it was, the test shows it
            troubles.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return troubles


def test_f_d3_three_sweeps_under_a_broken_lease_do_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LENGTH", timedelta(0))
    story = Story()
    cases = [story.listed(story.employee()) for _ in range(12)]
    story.through(*((case, 60) for case in cases))
    assert at_once(*[lambda: sweep.run(FINAL)] * 3) == []
    assert not JournalEntry.objects.filter(act="needs_attention").exists()
    assert Decision.objects.filter(state="final").count() == 12
    assert Decision.objects.count() == 24
    assert Consequence.objects.filter(kind="reattest").count() == 12
    assert Deadline.objects.filter(kind="reattestation").count() == 12
    letters = [letter.extra_headers["Message-ID"] for letter in mail.outbox]
    assert len(letters) == len(set(letters))
    assert set(sweep.run(FINAL).counts.values()) == {0}
    assert journal.verify() is None


def test_publishing_and_a_sweep_over_the_same_cases_do_not_wait_for_each_other_for_ever() -> None:
    story = Story()
    cases = [story.listed(story.employee()) for _ in range(25)]
    admit_cycle(story.cycle, by=By(None, ADMITTED))
    for case in cases:
        story.tested(case, 60)
    troubles = at_once(
        lambda: publish_results(story.cycle, by=By(None, STAGE_OVER)),
        lambda: end_testing_stages(now=STAGE_OVER),
    )
    assert troubles == []
    assert not JournalEntry.objects.filter(act="needs_attention").exists()
    assert Result.objects.filter(published_at=STAGE_OVER).count() == 25
    # A case that the officer held is left to the next sweep.
    end_testing_stages(now=STAGE_OVER)
    assert Attestation.objects.filter(rule_set__isnull=False).count() == 25


def test_an_appeal_that_reopens_and_the_publication_of_its_re_attestation_do_not_block_each_other() -> None:
    story = Story()
    first = story.listed(story.employee())
    story.through((first, 69))
    sweep.run(FINAL)
    march = story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 6))
    cases = [story.listed(story.employee(), cycle=march) for _ in range(25)]
    cases.append(story.listed(first.employee, cycle=march))
    admit_cycle(march, by=By(None, at("2026-02-16 10:00")))
    for case in cases:
        case.refresh_from_db()
        found = ResultFacts(100, 60, None, "1", at("2026-03-02 11:00"))
        record_result(case, found, by=By(None, MARCH))

    def publish() -> None:
        publish_results(march, by=By(None, MARCH))

    def reopen() -> None:
        file_appeal(
            first,
            filed_at=at("2026-02-06 12:00"),
            items=[(3, "The key is wrong.")],
            receipt_note="on paper",
            by=By(None, MARCH),
        )

    assert at_once(publish, reopen) == []
    duty = Consequence.objects.get(attestation=first, kind="reattest")
    assert duty.state == Consequence.State.SUSPENDED
    assert Result.objects.filter(published_at=MARCH).count() == 26


def journal_after(held: Callable[[], object], act: Callable[[], object]) -> list[str]:
    """As the sweep does: hold a row, and journal once the act is waiting for it."""
    has_it = threading.Event()

    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
            return bool(cursor.fetchone()[0])

    @transaction.atomic
    def holder() -> None:
        held()
        has_it.set()
        while not somebody_waits():
            time.sleep(0.02)
        journal.record("sweep", by=By(None, MARCH))

    def waiter() -> None:
        has_it.wait(60)
        act()

    return at_once(holder, waiter)


@pytest.mark.parametrize("row", ["term", "effect"])
def test_an_annulment_and_the_sweep_at_a_term_of_the_case_do_not_block_each_other(row: str) -> None:
    story = Story()
    case = story.listed(story.employee())
    story.through((case, 69))
    sweep.run(FINAL)
    case.refresh_from_db()
    deadline = Deadline.objects.get(attestation=case, kind="reattestation")
    holding.hold_closing(deadline, ["gap"], now=FINAL)
    rows = (
        Deadline.objects.filter(pk=deadline.pk)
        if row == "term"
        else ReadyEffect.objects.filter(deadline=deadline)
    )
    boss = story.account("boss", Role.ADMINISTRATOR)
    document = Document("court", "2-417/2026", date(2026, 2, 26), "The procedure was broken.")
    troubles = journal_after(
        lambda: rows.select_for_update(of=("self",), no_key=True).get(),
        lambda: annul_decision(case, document, by=By(boss, MARCH)),
    )
    assert troubles == []
    deadline.refresh_from_db()
    assert (deadline.state, ReadyEffect.objects.get().state) == ("void", "void")
    assert journal.verify() is None


@pytest.mark.parametrize("row", ["term", "effect"])
def test_a_lowered_category_and_the_sweep_at_its_term_do_not_block_each_other(row: str) -> None:
    story = Story()
    case = story.listed(
        story.employee("career_specialist", category="consultant"), "category", "case_manager"
    )
    story.through((case, 40))
    story.read()
    story.swept(STAGE_OVER)
    deadline = Deadline.objects.get(employee=case.employee, kind="category")
    holding.hold_closing(deadline, ["gap"], now=STAGE_OVER)
    rows = (
        Deadline.objects.filter(pk=deadline.pk)
        if row == "term"
        else ReadyEffect.objects.filter(deadline=deadline)
    )
    troubles = journal_after(
        lambda: rows.select_for_update(of=("self",), no_key=True).get(),
        lambda: finalise(case, by=By(None, FINAL)),
    )
    assert troubles == []
    deadline.refresh_from_db()
    assert (deadline.state, ReadyEffect.objects.get().state) == ("void", "void")
