"""Accounts are written to twice a day at most: all kinds together, fixed when claimed, nothing too late."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from attestation.law.calendar import local_day
from attestation.models import Attestation, Deadline, Notice, Role, User
from attestation.notices import delivery, digests, outbox
from attestation.notices.kinds import Kind
from attestation.notices.letters import message_id
from attestation.notices.reasons import Why
from attestation.notices.slots import latest_digest, next_digest
from office.sweep import sweep
from tests.attestation.admin_cast import make_region, member_of
from tests.jobs.story import FINAL, LISTED, PUBLISHED, Story, at

pytestmark = pytest.mark.django_db
State = Notice.State
STEP = timedelta(hours=2)
MORNING, AFTERNOON = at("2026-01-13 08:30"), at("2026-01-13 14:00")


def tell(story: Story, *keys: str, now: datetime = LISTED, kind: str = "dismissal_due") -> Attestation:
    """So many notices to the officer, on one case."""
    case = Attestation.objects.first() or story.listed(story.employee(email=""))
    for key in keys:
        outbox.queue(kind, key=key, now=now, attestation=case)
    return case


def to(user: User) -> list[Any]:
    """The letters that the account got, in order."""
    return [letter for letter in mail.outbox if letter.to == [user.email]]


@pytest.mark.parametrize(
    ("moment", "before", "after"),
    [
        ("2026-01-13 00:00", "2026-01-12 14:00", "2026-01-13 08:30"),
        ("2026-01-13 08:29", "2026-01-12 14:00", "2026-01-13 08:30"),
        ("2026-01-13 08:30", "2026-01-13 08:30", "2026-01-13 14:00"),
        ("2026-01-13 13:59", "2026-01-13 08:30", "2026-01-13 14:00"),
        ("2026-01-13 14:00", "2026-01-13 14:00", "2026-01-14 08:30"),
        ("2026-01-13 23:59", "2026-01-13 14:00", "2026-01-14 08:30"),
    ],
)
def test_two_moments_a_day(moment: str, before: str, after: str) -> None:
    assert (latest_digest(at(moment)), next_digest(at(moment))) == (at(before), at(after))


def test_all_that_an_account_is_told_of_comes_in_one_letter(story: Story) -> None:
    case = tell(story, "1", "2")
    tell(story, "3", kind="decision_reopened")
    for moment in (LISTED, at("2026-01-12 13:59")):
        delivery.deliver(now=moment)
        assert to(story.hr) == []
    assert delivery.deliver(now=at("2026-01-12 14:02")) == 1
    (letter,) = to(story.hr)
    assert case.case_no in letter.body
    assert letter.body.count(case.case_no) == 3
    assert case.employee.full_name in letter.body
    assert case.employee.last_name not in letter.subject
    assert case.employee.iin not in letter.subject + letter.body
    assert "14:02" in letter.subject
    assert letter.extra_headers["X-Auto-Response-Suppress"] == "All"
    digest = Notice.objects.get(kind=Kind.DIGEST)
    assert letter.extra_headers["Message-ID"] == message_id(digest.key)
    assert set(digest.lines.values_list("state", "sent_at")) == {(State.SENT, at("2026-01-12 14:02"))}
    # Nothing new: no letter.
    assert delivery.deliver(now=MORNING) == 0


def test_what_was_superseded_before_is_left_out_and_an_empty_digest_is_not_sent(story: Story) -> None:
    case = tell(story, "1")
    other = story.listed(story.employee(email=""))
    outbox.queue("dismissal_due", key="2", now=LISTED, attestation=other)
    outbox.supersede(now=LISTED, attestation=case)
    delivery.deliver(now=MORNING)
    (letter,) = to(story.hr)
    assert other.case_no in letter.body
    assert case.case_no not in letter.body
    tell(story, "3", now=MORNING)
    outbox.supersede(now=MORNING, attestation=case)
    assert delivery.deliver(now=AFTERNOON) == 0
    assert Notice.objects.filter(kind=Kind.DIGEST).count() == 1


def test_what_it_holds_is_fixed_when_it_is_claimed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second sending is the same letter, whatever was superseded or added meanwhile."""
    case = tell(story, "1", "2")
    said: list[tuple[str, str, str]] = []
    really = delivery.compose

    def lost(notice: Notice, connection: Any) -> mail.EmailMessage:
        letter = really(notice, connection)
        said.append((letter.subject, letter.body, letter.extra_headers["Message-ID"]))
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr(delivery, "compose", lost)
        assert delivery.deliver(now=MORNING) == 0
    Notice.objects.filter(key__startswith="dismissal_due:1:").update(
        state=State.SUPERSEDED, last_error=Why.SUPERSEDED
    )
    tell(story, "3", now=MORNING + timedelta(minutes=1))
    assert delivery.deliver(now=MORNING + timedelta(minutes=10)) == 1
    (letter,) = to(story.hr)
    assert [(letter.subject, letter.body, letter.extra_headers["Message-ID"])] == said
    assert letter.body.count(case.case_no) == 2
    states = Notice.objects.exclude(kind__in=(Kind.DIGEST, Kind.LISTED)).order_by("key")
    sent_at = MORNING + timedelta(minutes=10)
    assert list(states.values_list("state", "sent_at")) == [
        (State.SUPERSEDED, sent_at),  # that it left stays on record
        (State.SENT, sent_at),
        (State.QUEUED, None),
    ]


def test_one_digest_a_moment_and_none_while_an_earlier_one_is_on_its_way(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(story, "1")
    delivery.deliver(now=MORNING)
    # Of an import that came in late: its moment is past, and that moment's digest is out.
    tell(story, "2", now=MORNING + timedelta(minutes=5))
    Notice.objects.filter(state=State.QUEUED).update(not_before=MORNING)
    assert delivery.deliver(now=MORNING + timedelta(minutes=6)) == 0
    with monkeypatch.context() as broken:
        broken.setattr(delivery, "compose", refuse)
        assert delivery.deliver(now=AFTERNOON) == 0
        tell(story, "3", now=AFTERNOON)
        assert delivery.deliver(now=AFTERNOON + timedelta(days=2)) == 0
    # What was on its way, and one more of all that waited: not one for each moment that passed.
    delivery.deliver(now=AFTERNOON + timedelta(days=2, hours=3))
    assert len(to(story.hr)) == 3
    assert delivery.deliver(now=MORNING + timedelta(days=3)) == 0
    assert set(Notice.objects.filter(user=story.hr).values_list("state", flat=True)) == {State.SENT}


def refuse(notice: Notice, connection: Any) -> mail.EmailMessage:
    """A mail server that is not there."""
    raise ConnectionRefusedError


def deadline_of(case: Attestation, due: str, now: datetime) -> Deadline:
    """An open term of the case with its last day."""
    last = at(f"{due} 00:00")
    return Deadline.objects.create(
        key=f"scoring:{due}",
        kind=Deadline.Kind.SCORING,
        attestation=case,
        employee=case.employee,
        counted_from=now,
        due_on=last.date(),
        closes_at=last + timedelta(days=1),
        cite="¶28-1",
        opened_at=now,
    )


def test_what_ends_before_the_next_digest_goes_at_once_and_does_not_count(story: Story) -> None:
    case = story.listed(story.employee(email=""))
    evening = at("2026-01-12 15:00")
    today, tomorrow = deadline_of(case, "2026-01-12", evening), deadline_of(case, "2026-01-13", evening)
    for deadline in (today, tomorrow):
        outbox.queue(
            "reminder_scoring", key=deadline.key, now=evening, attestation=case, deadline=deadline, context={}
        )
    assert delivery.deliver(now=evening) == 1
    (letter,) = to(story.hr)
    assert letter.extra_headers["Message-ID"] == message_id(
        f"reminder_scoring:scoring:2026-01-12:u{story.hr.pk}"
    )
    delivery.deliver(now=MORNING)
    assert len(to(story.hr)) == 2
    assert Notice.objects.filter(kind=Kind.DIGEST).count() == 1


def test_what_can_wait_no_longer_goes_by_itself_where_no_digest_may_come(story: Story) -> None:
    case = tell(story, "1")
    delivery.deliver(now=AFTERNOON)
    moment = AFTERNOON + timedelta(minutes=5)
    deadline = deadline_of(case, "2026-01-13", moment)
    outbox.queue("reminder_scoring", key="x", now=MORNING, attestation=case, deadline=deadline)
    assert Notice.objects.get(kind="reminder_scoring").in_digest
    assert delivery.deliver(now=moment) == 1
    assert Notice.objects.filter(kind=Kind.DIGEST).count() == 1
    assert Notice.objects.get(kind="reminder_scoring").sent_at == moment


def test_a_reader_under_blind_review_learns_no_name_no_number_and_no_cycle() -> None:
    region = make_region("Ғ3")
    member = member_of(Role.CHAIR, region)
    User.objects.filter(pk=member.pk).update(email="chair@centre.example")
    member.refresh_from_db()
    outbox.queue_to_users("replay_differs", [member], now=LISTED, key="r", context={"differences": 2})
    for number, case in enumerate((region.appealed, region.case)):
        row = {"kind": "held", "user": member, "attestation": case, "context": {"reasons": []}}
        Notice.objects.create(key=f"h{number}", created_at=LISTED, not_before=MORNING, in_digest=True, **row)
    Notice.objects.exclude(user=member).delete()
    delivery.deliver(now=MORNING)
    (letter,) = to(member)
    said = letter.subject + letter.body
    assert region.case.case_no in said
    for hidden in (region.appealed.case_no, region.appealed.employee.last_name):
        assert hidden not in said
    assert region.case.employee.full_name in letter.body
    assert region.case.cycle.code not in letter.body.replace(region.case.case_no, "").split("\n\n")[-2]


def test_a_held_case_writes_one_letter(story: Story) -> None:
    chair = story.account("chair", Role.CHAIR, story.mobility)
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((case, 95))
    story.swept(at("2026-02-07 00:30"))
    rows = Notice.objects.filter(attestation=case, kind__in=("held", "reminder_scoring"))
    for user in (story.hr, chair):
        told = rows.filter(user=user).order_by("pk").values_list("kind", "state")
        assert list(told) == [("held", State.QUEUED), ("reminder_scoring", State.SUPERSEDED)]
    assert set(rows.filter(kind="reminder_scoring").values_list("last_error", flat=True)) == {
        Why.HOLD_SAYS_IT
    }
    # The letter on the hold says the last day; the next rung comes as ever.
    delivery.deliver(now=at("2026-02-07 08:30"))
    assert "2026" in to(chair)[0].body
    assert "23:59:59" in to(chair)[0].body
    story.swept(at("2026-02-08 12:00"))
    assert rows.filter(rung="12-hours", state=State.QUEUED).count() == 2


def through_a_cycle(story: Story, number: int) -> tuple[User, list[Attestation]]:
    """A cycle of so many from publication to the final decisions, a sweep each two hours."""
    second = story.account("second", Role.HR, story.career)
    cases = [
        story.listed(
            story.employee("career_specialist", email=f"p{n}@mail.example"), "category", "consultant"
        )
        for n in range(number)
    ]
    story.through(*((case, 60 if n % 3 else 95) for n, case in enumerate(cases)))
    moment = PUBLISHED
    while moment < FINAL + timedelta(days=1):
        moment += STEP
        sweep.run(moment)
    return second, cases


@pytest.mark.parametrize("number", [6, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.daily(4)
def test_a_cycle_from_publication_to_final_writes_two_digests_a_day(story: Story, number: int) -> None:
    second, cases = through_a_cycle(story, number)
    made = Notice.objects.filter(kind=Kind.DIGEST)
    for user in (story.hr, second):
        days = Counter(local_day(digest.sent_at) for digest in made.filter(user=user) if digest.sent_at)
        assert days
        assert max(days.values()) <= 2
    rows = Notice.objects.filter(user__isnull=False).exclude(kind=Kind.DIGEST)
    rungs = Counter(rows.exclude(rung="").values_list("user", "attestation", "kind", "rung"))
    assert {key[1] for key in rungs} == {case.pk for case in cases}
    assert set(rungs.values()) == {1}
    for row in rows.filter(state=State.SENT).select_related("deadline", "digest"):
        assert row.sent_at is not None
        assert row.sent_at <= next_digest(row.created_at) + STEP
        assert not (row.rung and row.deadline and row.deadline.is_over(row.sent_at))
        assert (row.digest is None) == (not row.in_digest)
    # Nothing is left, and each letter left once.
    assert not Notice.objects.filter(state=State.QUEUED, not_before__lte=FINAL + timedelta(days=1)).exists()
    sent = Counter(letter.extra_headers["Message-ID"] for letter in mail.outbox)
    assert set(sent.values()) == {1}
    assert {message_id(row.letter_key) for row in rows.filter(state=State.SENT)} <= set(sent)
    # Employees' letters stay single and leave with the sweep that made them.
    letters = Notice.objects.filter(employee__isnull=False, state=State.SENT, created_at__gte=PUBLISHED)
    assert letters.count() >= 3 * number
    for row in letters:
        assert (row.in_digest, row.digest_id) == (False, None)
        assert row.sent_at is not None
        assert row.sent_at - row.created_at <= STEP


def test_a_digest_names_three_hundred_cases_and_counts_the_rest(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attestation.notices.digest_lines.MOST_LINES", 2)
    case = tell(story, *"12345")
    delivery.deliver(now=MORNING)
    assert to(story.hr)[0].body.count(case.case_no) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_deliverers_make_one_digest() -> None:
    story = Story()
    tell(story, "1", "2")
    claimed, done = threading.Event(), threading.Event()
    found: list[int] = []

    def other() -> None:
        claimed.wait(10)
        try:
            found.append(delivery.deliver(now=MORNING))
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with transaction.atomic():
        (digest,) = digests.claim(now=MORNING, until=MORNING + timedelta(minutes=10))
        claimed.set()
        assert done.wait(20)
    thread.join()
    assert found == [0]
    assert digest.lines.count() == 2
    assert Notice.objects.filter(kind=Kind.DIGEST).count() == 1
