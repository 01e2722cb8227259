"""Letters: at least once, visibly, by a real mail server; what can't be sent becomes a task."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection, transaction

from attestation import notices, services
from attestation.models import Center, Consequence, Employee, Notice, Result, Role
from attestation.notices import delivery
from attestation.notices.kinds import AUDIENCES, Kind
from attestation.notices.letters import message_id
from attestation.notices.reasons import Why
from attestation.services import ResultFacts
from tests.jobs.story import FINAL, LISTED, PUBLISHED, STAGE_OVER, Story, at

TEMPLATES = Path(django_settings.BASE_DIR) / "templates" / "notices"
NOW = LISTED
State = Notice.State


class Postbox:
    """A mail server's handler that keeps what it accepts; refuses addresses that begin with "refused".

    `answers`: what it says to the text of the next letters, one after the other; then "250 OK" again.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.silent_s = 0.0

    async def handle_RCPT(
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if address.startswith("refused"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]  # aiosmtpd has no types
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        await asyncio.sleep(self.silent_s)
        if self.answers and (answer := self.answers.pop(0)):
            return answer
        letter = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[attr-defined]
        self.letters.append(letter)  # type: ignore[arg-type]
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postbox(settings: pytest.FixtureRequest) -> Iterator[Postbox]:
    """A real SMTP server on this machine, and the settings that lead to it."""
    box, port = Postbox(), free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port  # type: ignore[attr-defined]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box
    server.stop()


def row_to(employee: Employee, key: str = "1", kind: str = "listed") -> Notice:
    notices.queue(kind, key=key, now=NOW, employee=employee)
    return Notice.objects.get(key=f"{kind}:{key}:e{employee.pk}")


# --- by a real server -------------------------------------------------------------------------------------


def test_letters_arrive_in_the_readers_language_without_iin_or_name(story: Story, postbox: Postbox) -> None:
    employee = story.employee()
    story.through((story.listed(employee), 60))
    assert notices.deliver(now=PUBLISHED) == len(postbox.letters) == 2
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
    assert [notices.deliver(now=NOW), notices.deliver(now=NOW + timedelta(days=1))] == [1, 0]
    assert len(postbox.letters) == 1


def test_f_b2_a_letter_sent_again_has_the_same_message_id(
    story: Story, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = row_to(story.employee())

    def killed(notice: Notice, **values: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "_mark", killed)
    with pytest.raises(KeyboardInterrupt):
        notices.deliver(now=NOW)
    monkeypatch.undo()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert notices.deliver(now=NOW + timedelta(minutes=1)) == 0
    assert notices.deliver(now=NOW + delivery.CLAIM + timedelta(minutes=1)) == 1
    first, again = postbox.letters
    assert first["Message-ID"] == again["Message-ID"] == message_id(row.key)


def test_one_refused_address_does_not_hold_up_the_others(story: Story, postbox: Postbox) -> None:
    refused = row_to(story.employee(email="refused@mail.example"))
    good = row_to(story.employee())
    assert notices.deliver(now=NOW) == 1
    refused.refresh_from_db()
    good.refresh_from_db()
    assert (refused.state, good.state) == (State.QUEUED, State.SENT)
    assert refused.last_error.startswith("SMTPRecipientsRefused")
    assert refused.not_before == NOW + timedelta(minutes=5)


def test_a_queue_longer_than_a_batch_is_sent_whole_or_up_to_the_limit(story: Story, postbox: Postbox) -> None:
    employee = story.employee()
    for number in range(45):
        notices.queue("listed", key=str(number), now=NOW, employee=employee)
    assert notices.deliver(now=NOW, limit=20) == 20
    assert notices.deliver(now=NOW) == 25
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
        notices.deliver(now=now)
        row.refresh_from_db()
        now = row.not_before
        waits.append(now - before)
    assert row.state == State.FAILED
    assert row.last_error.startswith("ConnectionRefusedError")
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    # The last one is the claim of the attempt that gave up.
    assert timedelta(hours=64) < sum(waits[:-1], timedelta()) <= timedelta(hours=72)
    assert notices.deliver(now=now + timedelta(days=30)) == 0


@pytest.mark.parametrize("answer", ["451 try again later", "452 out of room", "554 refused", "550 spam"])
def test_f_d20_a_server_that_refuses_a_letter_is_asked_again_later(
    story: Story, postbox: Postbox, answer: str
) -> None:
    """4xx and 5xx alike: a 5xx may be a fault of the server's set-up, and nothing is lost by asking again."""
    row, other = row_to(story.employee()), row_to(story.employee())
    postbox.answers = [answer, "", answer]
    assert notices.deliver(now=NOW) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert row.last_error.startswith("SMTPDataError")
    assert answer[:3] in row.last_error
    second = NOW + timedelta(minutes=5)
    assert [notices.deliver(now=moment) for moment in (second - timedelta(seconds=1), second)] == [0, 0]
    third = second + timedelta(minutes=10)
    assert [notices.deliver(now=moment) for moment in (third - timedelta(seconds=1), third)] == [0, 1]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (State.SENT, 3, "")
    assert {letter["Message-ID"] for letter in postbox.letters} == {
        message_id(row.key),
        message_id(other.key),
    }


def test_f_d20_three_days_without_a_server_and_everything_is_sent_once_it_is_back(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    rows = [row_to(story.employee()) for _ in range(3)]
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()  # type: ignore[attr-defined]
    now = NOW
    while now < NOW + timedelta(days=3) - delivery.LONGEST_WAIT:
        assert notices.deliver(now=now) == 0
        now += timedelta(minutes=30)
    settings.EMAIL_PORT = port  # type: ignore[attr-defined]
    assert set(Notice.objects.values_list("state", flat=True)) == {State.QUEUED}
    while now < NOW + timedelta(days=3):
        notices.deliver(now=now)
        now += timedelta(minutes=30)
    assert len(postbox.letters) == 3
    assert {letter["Message-ID"] for letter in postbox.letters} == {message_id(row.key) for row in rows}


def test_f_d20_a_server_that_does_not_answer_is_given_up_and_asked_again_later(
    story: Story, settings: pytest.FixtureRequest, postbox: Postbox
) -> None:
    settings.EMAIL_TIMEOUT = 1  # type: ignore[attr-defined]
    postbox.silent_s = 2
    rows = [row_to(story.employee()) for _ in range(3)]
    assert notices.deliver(now=NOW) == 0
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
    sent = notices.deliver(now=NOW)
    assert 0 < sent < 8
    untried = Notice.objects.filter(state=State.QUEUED)
    assert set(untried.values_list("attempts", "not_before")) == {(0, NOW)}
    monkeypatch.undo()
    assert notices.deliver(now=NOW) == 8 - sent
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
    assert notices.deliver(now=NOW) == 0
    assert len(asked) == 1
    assert Notice.objects.filter(attempts=1, last_error__startswith="TimeoutError").count() == delivery.BATCH
    assert Notice.objects.filter(attempts=0, not_before=NOW).count() == 10


# --- recipients ---------------------------------------------------------------------------------------------


def test_f_d21_without_an_address_an_employee_is_served_by_hand_and_an_officer_in_the_application(
    story: Story,
) -> None:
    story.hr.email = ""
    story.hr.save()
    story.through((story.listed(story.employee(email="")), 60))
    story.swept(STAGE_OVER, FINAL)
    final = Notice.objects.filter(kind="decision_final").order_by("pk")
    assert [(row.user, row.state, row.last_error) for row in final] == [
        (story.hr, State.SENT, Why.IN_APPLICATION_ONLY),
        (None, State.FAILED, Why.NO_ADDRESS),
    ]
    # What need not be served is not made a task.
    assert not Notice.objects.filter(kind="listed").exists()
    assert mail.outbox == []


def test_f_d21_the_address_is_the_one_at_the_time_of_sending(story: Story) -> None:
    employee = story.employee(email="old@mail.example")
    row_to(employee)
    Employee.objects.filter(pk=employee.pk).update(email="new@mail.example")
    notices.deliver(now=NOW)
    assert [letter.to for letter in mail.outbox] == [["new@mail.example"]]


def test_an_account_that_was_closed_gets_nothing(story: Story) -> None:
    case = story.listed(story.employee(email=""))
    notices.queue("dismissal_due", key="1", now=NOW, attestation=case)
    story.hr.is_active = False
    story.hr.save()
    notices.deliver(now=NOW)
    assert Notice.objects.get(kind="dismissal_due").state == State.SUPERSEDED


def test_officers_of_the_centre_and_of_the_one_above_are_told_and_others_are_not(story: Story) -> None:
    story.account("near", Role.HR, story.career)
    elsewhere = Center.objects.create(
        bin=story.numbers.bin(date(2024, 4, 1)),
        kind="career",
        name_kk="Басқа",
        name_ru="Другой",
        parent=story.mobility,
        region=story.mobility.region,
    )
    story.account("far", Role.HR, elsewhere)
    story.account("auditor", Role.AUDITOR)
    notices.queue("dismissal_due", key="1", now=NOW, attestation=story.listed(story.employee()))
    told = Notice.objects.filter(kind="dismissal_due").values_list("user__username", flat=True)
    assert set(told) == {"hr", "near"}


# --- what is over -----------------------------------------------------------------------------------------


def test_f_d22_what_is_over_is_not_sent(story: Story) -> None:
    case = story.listed(story.employee())
    assert notices.supersede(now=NOW, attestation=case) == 1
    assert notices.deliver(now=NOW) == 0
    assert (Notice.objects.get().state, mail.outbox) == (State.SUPERSEDED, [])


def test_f_d22_a_letter_superseded_while_the_ones_before_it_go_out_is_not_sent(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.listed(story.employee())
    row_to(story.employee())
    first = Notice.objects.order_by("not_before", "pk")[0]
    really = delivery.compose

    def superseding(notice: Notice, connection: object) -> mail.EmailMessage:
        Notice.objects.exclude(pk=first.pk).update(state=State.SUPERSEDED)
        return really(notice, connection)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "compose", superseding)
    assert notices.deliver(now=NOW) == 1
    assert len(mail.outbox) == 1
    assert case.notices.count() == 1


def test_f_d22_an_overdue_duty_that_was_met_meanwhile_is_not_reminded_of(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL)
    late = at("2027-02-18 09:00")
    services.queue_reminders(now=late)
    overdue = Notice.objects.filter(kind="reminder_reattestation", context__overdue=True)
    assert overdue.count() == 2
    Consequence.objects.filter(kind="reattest").update(state="done", done_at=late)
    notices.deliver(now=late)
    assert set(overdue.values_list("state", flat=True)) == {State.SUPERSEDED}


def test_f_d22_a_letter_superseded_on_its_way_keeps_both_facts(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.listed(story.employee())

    def superseding(notice: Notice, connection: object) -> mail.EmailMessage:
        notices.supersede(now=NOW, attestation=case)
        return mail.EmailMessage("s", "b", to=["x@mail.example"], connection=connection)

    monkeypatch.setattr(delivery, "compose", superseding)
    notices.deliver(now=NOW)
    row = Notice.objects.get()
    assert (row.state, row.sent_at) == (State.SUPERSEDED, NOW)


def test_f_d22_after_an_outage_the_final_decision_is_told_and_the_provisional_one_is_not(
    story: Story,
) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(at("2026-02-21 03:10"))
    told = Notice.objects.filter(kind__startswith="decision").values_list("kind", "state").distinct()
    assert set(told) == {("decision_provisional", State.SUPERSEDED), ("decision_final", State.SENT)}


def test_f_d22_a_result_corrected_before_its_letter_left_is_told_once(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    found = ResultFacts(100, 62, None, "1", at("2026-02-02 11:00"))
    services.correct_result(case, found, reason="typed wrong", actor=None, now=PUBLISHED)
    notices.deliver(now=PUBLISHED)
    told = (
        Notice.objects.filter(kind="result_published").order_by("pk").values_list("state", "context__correct")
    )
    assert list(told) == [(State.SUPERSEDED, 60), (State.SENT, 62)]


def test_a_reminder_of_a_closed_duty_is_not_sent(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    notices.queue_reminders(now=PUBLISHED)
    story.swept(at("2026-02-10 00:05"))
    reminders = Notice.objects.filter(kind="reminder_appeal").values_list("state", flat=True)
    assert set(reminders) == {State.SUPERSEDED}


def test_a_letter_that_cannot_be_composed_backs_off_and_the_rest_go(story: Story) -> None:
    broken, good = row_to(story.employee()), row_to(story.employee())
    Notice.objects.filter(pk=broken.pk).update(context={"outcome": "no such outcome"})
    assert notices.deliver(now=NOW) == 1
    broken.refresh_from_db()
    assert (broken.state, broken.last_error.split(":")[0]) == (State.QUEUED, "ValueError")
    good.refresh_from_db()
    assert good.state == State.SENT


# --- the outbox ---------------------------------------------------------------------------------------------


def test_the_same_key_twice_is_one_notice(story: Story) -> None:
    employee = story.employee()
    for _ in range(2):
        notices.queue("listed", key="once", now=NOW, employee=employee)
    assert Notice.objects.count() == 1


def test_by_default_letters_are_printed_on_the_console(
    story: Story, settings: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]
    row = row_to(story.employee())
    assert notices.deliver(now=NOW) == 1
    assert message_id(row.key) in capsys.readouterr().out


def test_a_notice_waits_for_its_moment(story: Story) -> None:
    later = NOW + timedelta(hours=3)
    notices.queue("listed", key="1", now=NOW, employee=story.employee(), not_before=later)
    assert [notices.deliver(now=moment) for moment in (NOW, later - timedelta(seconds=1), later)] == [0, 0, 1]


def test_what_a_letter_says_is_taken_down_when_it_is_queued(story: Story) -> None:
    employee = story.employee()
    story.through((story.listed(employee), 60))
    context = Notice.objects.get(kind="result_published").context
    result = Result.objects.get()
    assert context == {"result": result.pk, "correct": 60, "total": 100, "appeal_until": "2026-02-09"}


def test_every_kind_has_its_audience_and_its_texts_in_three_languages(story: Story) -> None:
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    for kind in Kind:
        assert kind in AUDIENCES
        row = Notice(
            key=f"{kind}:x",
            kind=kind,
            attestation=case,
            user=story.hr,
            context={"differences": 2, "count": 2},
        )
        for language in ("kk", "ru", "en"):
            subject, body = notices.texts(row, language)
            assert subject
            assert "{" not in subject + body
            assert not re.search(r"\n{4}", body)
    on_disk = {path.name for path in TEMPLATES.glob("*-*.txt")}
    assert on_disk == {f"{kind}-{part}.txt" for kind in Kind for part in ("subject", "body")}


def test_every_kind_that_the_code_queues_is_known() -> None:
    queued = set()
    for folder in ("attestation", "appeals", "scoring", "config"):
        for path in (Path(django_settings.BASE_DIR) / folder).rglob("*.py"):
            queued |= set(re.findall(r"notices\.queue\(\s*\"(\w+)\"", path.read_text(encoding="utf-8")))
    assert queued
    assert queued <= set(Kind)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f_d3_two_deliverers_never_take_the_same_row() -> None:
    """While one deliverer's claim is not committed, another passes its rows over."""
    story = Story()
    for _ in range(delivery.BATCH + 5):
        row_to(story.employee())
    taken: list[int] = []

    def other() -> None:
        taken.extend(row.pk for row in delivery._claim(delivery.Run(NOW, 20)))
        connection.close()

    with transaction.atomic():
        mine = [row.pk for row in delivery._claim(delivery.Run(NOW, 20))]
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(timeout=20)
    assert len(mine) == delivery.BATCH
    assert len(taken) == 5
    assert not set(mine) & set(taken)
