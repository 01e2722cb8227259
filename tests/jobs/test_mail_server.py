"""Letters by a real mail server: at least once, by one Message-ID; what it does not take is kept (F-D20)."""

import smtplib
from datetime import timedelta

import pytest

from attestation.by import By
from attestation.models import JournalEntry, Notice, Role
from attestation.notices import delivery, mail_server, outbox, send_now
from attestation.notices.by_hand import to_serve
from attestation.notices.letters import message_id
from attestation.refusals import Refused
from tests.jobs.postbox import NOW, Postbox, free_port, postbox, row_to
from tests.jobs.story import PUBLISHED, Story

__all__ = ["postbox"]

State = Notice.State


# --- by a real server -------------------------------------------------------------------------------------


def test_letters_arrive_in_the_readers_language_without_iin_or_name(story: Story, postbox: Postbox) -> None:
    employee = story.employee()
    story.through((story.listed(employee), 60))
    assert delivery.deliver(now=PUBLISHED) == len(postbox.letters) == 2
    listed, published = postbox.letters
    assert published["To"] == employee.email
    assert "T-2026-1-0001" in published["Subject"]
    text = published.get_content()
    assert "60" in text
    assert "100" in text
    for letter in postbox.letters:
        whole = f"{letter['Subject']} {letter.get_content()}"
        assert employee.iin not in whole
        assert employee.last_name not in whole
        assert letter["Auto-Submitted"] == "auto-generated"
    assert listed["Message-ID"] != published["Message-ID"]
    assert set(Notice.objects.values_list("state", flat=True)) == {State.SENT}


def test_nothing_is_sent_twice(story: Story, postbox: Postbox) -> None:
    row_to(story.employee())
    assert [delivery.deliver(now=NOW), delivery.deliver(now=NOW + timedelta(days=1))] == [1, 0]
    assert len(postbox.letters) == 1


def test_f_b2_a_letter_sent_again_has_the_same_message_id(
    story: Story, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = row_to(story.employee())

    def killed(notice: Notice, **values: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "_mark", killed)
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver(now=NOW)
    monkeypatch.undo()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert delivery.deliver(now=NOW + timedelta(minutes=1)) == 0
    assert delivery.deliver(now=NOW + delivery.CLAIM + timedelta(minutes=1)) == 1
    first, again = postbox.letters
    assert first["Message-ID"] == again["Message-ID"] == message_id(row.key)


def test_one_refused_address_does_not_hold_up_the_others(story: Story, postbox: Postbox) -> None:
    refused = row_to(story.employee(email="refused@mail.example"))
    good = row_to(story.employee())
    assert delivery.deliver(now=NOW) == 1
    refused.refresh_from_db()
    good.refresh_from_db()
    assert (refused.state, good.state) == (State.FAILED, State.SENT)
    assert refused.last_error.startswith("SMTPRecipientsRefused")
    assert list(to_serve(Notice.objects.all())) == [refused]


def test_a_queue_longer_than_a_batch_is_sent_whole_or_up_to_the_limit(story: Story, postbox: Postbox) -> None:
    employee = story.employee()
    for number in range(45):
        outbox.queue("listed", key=str(number), now=NOW, employee=employee)
    assert delivery.deliver(now=NOW, limit=20) == 20
    assert delivery.deliver(now=NOW) == 25
    assert len({letter["Message-ID"] for letter in postbox.letters}) == 45


# --- when the server is away --------------------------------------------------------------------------------


def test_f_d20_the_outbox_keeps_letters_for_72_hours_and_then_leaves_them_to_hr(
    story: Story, settings: pytest.FixtureRequest
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()  # type: ignore[attr-defined]
    row = row_to(story.employee())
    now, waits = NOW, []
    while row.state == State.QUEUED:
        before = now
        delivery.deliver(now=now)
        row.refresh_from_db()
        now = row.not_before
        waits.append(now - before)
    assert row.state == State.FAILED
    assert row.last_error.startswith("ConnectionRefusedError")
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    # The last one is the claim of the attempt that gave up.
    assert timedelta(hours=64) < sum(waits[:-1], timedelta()) <= timedelta(hours=72)
    assert delivery.deliver(now=now + timedelta(days=30)) == 0


@pytest.mark.parametrize("answer", ["451 try again later", "452 out of room"])
def test_f_d20_a_server_that_refuses_a_letter_is_asked_again_later(
    story: Story, postbox: Postbox, answer: str
) -> None:
    row, other = row_to(story.employee()), row_to(story.employee())
    postbox.answers = [answer, "", answer]
    assert delivery.deliver(now=NOW) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert row.last_error.startswith("SMTPDataError")
    assert answer[:3] in row.last_error
    second = NOW + timedelta(minutes=5)
    assert [delivery.deliver(now=moment) for moment in (second - timedelta(seconds=1), second)] == [0, 0]
    third = second + timedelta(minutes=10)
    assert [delivery.deliver(now=moment) for moment in (third - timedelta(seconds=1), third)] == [0, 1]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (State.SENT, 3, "")
    assert {letter["Message-ID"] for letter in postbox.letters} == {
        message_id(row.key),
        message_id(other.key),
    }


@pytest.mark.parametrize("answer", ["554 refused", "550 spam"])
def test_f_d20_a_letter_refused_for_good_is_hrs_at_once(story: Story, postbox: Postbox, answer: str) -> None:
    row, other = row_to(story.employee()), row_to(story.employee())
    postbox.answers = [answer]
    assert delivery.deliver(now=NOW) == 1
    assert list(to_serve(Notice.objects.all())) == [row]
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.FAILED, 1)
    assert answer[:3] in row.last_error
    assert delivery.deliver(now=NOW + timedelta(days=1)) == 0
    assert [letter["Message-ID"] for letter in postbox.letters] == [message_id(other.key)]


@pytest.mark.parametrize(
    ("error", "for_good"),
    [
        (smtplib.SMTPRecipientsRefused({"a@mail.example": (550, b"no such box")}), True),
        (smtplib.SMTPRecipientsRefused({"a@mail.example": (450, b"greylisted")}), False),
        (smtplib.SMTPDataError(599, b"no"), True),
        (smtplib.SMTPDataError(499, b"later"), False),
        # Of our own sender: a fault of the set-up, which concerns every letter alike.
        (smtplib.SMTPSenderRefused(553, b"relay denied", "us@office.example"), False),
        (ConnectionRefusedError(), False),
    ],
)
def test_f_d20_what_is_refused_for_good(
    story: Story, error: Exception, for_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = row_to(story.employee())

    def refuse(*args: object) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    assert delivery.deliver(now=NOW) == 0
    row.refresh_from_db()
    assert row.state == (State.FAILED if for_good else State.QUEUED)


def test_f_d20_the_first_success_after_an_outage_lets_go_all_that_waits(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    rows = [row_to(story.employee()) for _ in range(3)]
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()  # type: ignore[attr-defined]
    for hours in (0, 1, 2, 4, 8, 16):
        delivery.deliver(now=NOW + timedelta(hours=hours))
    assert mail_server.away_since() == NOW
    now = NOW + timedelta(hours=17)
    assert not Notice.objects.to_send(now).exists()
    # While it is away, asking costs no letter a try.
    tries = [row.attempts for row in Notice.objects.order_by("pk")]
    assert delivery.deliver(now=now) == 0
    assert [row.attempts for row in Notice.objects.order_by("pk")] == tries
    settings.EMAIL_PORT = port  # type: ignore[attr-defined]
    assert delivery.deliver(now=now) == len(rows) == len(postbox.letters)
    assert mail_server.away_since() is None


def test_f_d20_what_another_deliverer_sends_just_now_is_not_let_go_a_second_time(
    story: Story, postbox: Postbox
) -> None:
    rows = [row_to(story.employee()) for _ in range(2)]
    mail_server.note_away(NOW)
    Notice.objects.filter(pk=rows[0].pk).update(attempts=2, last_error="x")
    claimed = delivery._claim(delivery.Run(NOW, 20))
    assert len(claimed) == 2
    row_to(story.employee())
    later = NOW + timedelta(minutes=1)
    assert delivery.deliver(now=later) == 1
    assert (mail_server.away_since(), len(postbox.letters)) == (None, 1)


def test_f_d20_a_server_that_greets_and_takes_nothing_leaves_a_letter_its_72_hours(
    story: Story, postbox: Postbox
) -> None:
    """It is asked every minute, by one letter: tries alone do not use the time up."""
    row = row_to(story.employee())
    mail_server.note_away(NOW)
    postbox.answers = ["451 later"] * 40
    for minute in range(40):
        delivery.deliver(now=NOW + timedelta(minutes=minute))
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 40)
    assert row.not_before == NOW + timedelta(minutes=39) + delivery.LONGEST_WAIT


def test_f_d20_an_administrator_has_a_letter_sent_now(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    row = row_to(story.employee())
    admin = story.account("admin", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="did not take"):
        send_now.send_now(row, by=By(admin, NOW))
    postbox.answers = ["451 later"]
    delivery.deliver(now=NOW)
    noon = NOW + timedelta(minutes=1)
    with pytest.raises(Refused, match="Your role does not allow this"):
        send_now.send_now(row, by=By(story.hr, noon))
    send_now.send_now(row, by=By(admin, noon))
    entry = JournalEntry.objects.get(act="send_now")
    assert (entry.subject, entry.data) == (f"notice:{row.pk}", {"kind": "listed", "attempts": 1})
    assert delivery.deliver(now=noon) == 1
    with pytest.raises(Refused):
        send_now.send_now(row, by=By(admin, noon))


@pytest.mark.daily(3)
def test_f_d20_three_days_without_a_server_and_everything_is_sent_once_it_is_back(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    rows = [row_to(story.employee()) for _ in range(3)]
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()  # type: ignore[attr-defined]
    now = NOW
    while now < NOW + timedelta(days=3) - delivery.LONGEST_WAIT:
        assert delivery.deliver(now=now) == 0
        now += timedelta(minutes=30)
    settings.EMAIL_PORT = port  # type: ignore[attr-defined]
    assert set(Notice.objects.values_list("state", flat=True)) == {State.QUEUED}
    while now < NOW + timedelta(days=3):
        delivery.deliver(now=now)
        now += timedelta(minutes=30)
    assert len(postbox.letters) == 3
    assert {letter["Message-ID"] for letter in postbox.letters} == {message_id(row.key) for row in rows}


def test_f_d20_a_server_that_does_not_answer_is_given_up_and_asked_again_later(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    settings.EMAIL_TIMEOUT = 1  # type: ignore[attr-defined]
    postbox.silent_s = 2
    rows = [row_to(story.employee()) for _ in range(3)]
    assert delivery.deliver(now=NOW) == 0
    found = Notice.objects.order_by("pk").values_list("attempts", "not_before", "state")
    assert list(found) == [(1, NOW + timedelta(minutes=5), State.QUEUED)] * 3
    assert Notice.objects.get(pk=rows[0].pk).last_error.startswith(("TimeoutError", "SMTPServerDisconnected"))


def test_f_d20_a_slow_server_ends_the_run_in_time_and_what_was_not_tried_is_free_at_once(
    story: Story, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's task is ended after ten minutes: the run stops by itself before that."""
    for _ in range(8):
        row_to(story.employee())
    ticks = iter(range(0, 10_000, 60))  # each look at the machine's counter is a minute later
    monkeypatch.setattr(delivery, "monotonic", lambda: next(ticks))
    sent = delivery.deliver(now=NOW)
    assert 0 < sent < 8
    untried = Notice.objects.filter(state=State.QUEUED)
    assert set(untried.values_list("attempts", "not_before")) == {(0, NOW)}
    monkeypatch.undo()
    assert delivery.deliver(now=NOW) == 8 - sent
    assert len({letter["Message-ID"] for letter in postbox.letters}) == len(postbox.letters) == 8


def test_a_claim_outlasts_the_run_whatever_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "monotonic", lambda: 0.0)
    assert delivery.Run(NOW, 20).claim_until() == NOW + delivery.CLAIM
    slow = delivery.Run(NOW, 120).claim_until()
    assert slow == NOW + delivery.RUN + timedelta(seconds=120 * delivery.ANSWERS_A_LETTER)


def test_a_server_that_is_away_is_asked_once_a_run(
    story: Story, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Away:
        def __init__(self, **options: object) -> None:
            assert options["timeout"]

        def send_messages(self, messages: object) -> None:
            asked.append(messages)
            raise TimeoutError

        def close(self) -> None:
            pass

    monkeypatch.setattr(delivery, "get_connection", Away)
    for _ in range(30):
        row_to(story.employee())
    assert delivery.deliver(now=NOW) == 0
    assert len(asked) == 1
    assert Notice.objects.filter(attempts=1, last_error__startswith="TimeoutError").count() == delivery.BATCH
    assert Notice.objects.filter(attempts=0, not_before=NOW).count() == 10
