"""Letters: at least once, visibly, by a real mail server; what can't be sent becomes a task."""

import re
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from attestation.by import By
from attestation.cases import proof_of_service
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts
from attestation.deadlines.ledger import close_deadline
from attestation.models import Center, Consequence, Deadline, Employee, Notice, Result, Role
from attestation.notices import delivery, letters, outbox, reminders
from attestation.notices.kinds import AUDIENCES, Kind
from attestation.notices.letters import message_id
from attestation.notices.reasons import Why
from attestation.notices.reminders import queue_reminders
from attestation.notices.slots import next_digest
from tests.house import APPS, ROOT
from tests.jobs.postbox import row_to
from tests.jobs.story import FINAL, LISTED, PUBLISHED, STAGE_OVER, Story, at

TEMPLATES = ROOT / "templates" / "notices"
NOW = LISTED
LATER = LISTED + timedelta(minutes=1)
MORNING_AFTER = at("2026-02-11 08:30")
State = Notice.State


# --- recipients ---------------------------------------------------------------------------------------------


def test_f_d21_without_an_address_an_employee_is_served_by_hand_and_an_officer_in_the_application(
    story: Story,
) -> None:
    story.hr.email = ""
    story.hr.save()
    story.through((story.listed(story.employee(email="")), 60))
    story.swept(STAGE_OVER, FINAL)
    delivery.deliver(now=MORNING_AFTER)
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
    delivery.deliver(now=NOW)
    assert [letter.to for letter in mail.outbox] == [["new@mail.example"]]


def test_an_account_that_was_closed_gets_nothing(story: Story) -> None:
    case = story.listed(story.employee(email=""))
    outbox.queue("dismissal_due", key="1", now=NOW, attestation=case)
    story.hr.is_active = False
    story.hr.save()
    delivery.deliver(now=next_digest(NOW))
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
    outbox.queue("dismissal_due", key="1", now=NOW, attestation=story.listed(story.employee()))
    told = Notice.objects.filter(kind="dismissal_due").values_list("user__username", flat=True)
    assert set(told) == {"hr", "near"}


# --- what is over -----------------------------------------------------------------------------------------


def test_f_d22_what_is_over_is_not_sent(story: Story) -> None:
    case = story.listed(story.employee())
    assert outbox.supersede(now=NOW, attestation=case) == 1
    assert delivery.deliver(now=NOW) == 0
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
    assert delivery.deliver(now=NOW) == 1
    assert len(mail.outbox) == 1
    assert case.notices.count() == 1


def test_f_d22_an_overdue_duty_that_was_met_meanwhile_is_not_reminded_of(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL)
    late = at("2027-02-18 09:00")
    queue_reminders(now=late)
    overdue = Notice.objects.filter(kind="reminder_reattestation", context__overdue=True)
    assert overdue.count() == 2
    Consequence.objects.filter(kind="reattest").update(state="done", done_at=late)
    delivery.deliver(now=next_digest(late))
    assert set(overdue.values_list("state", flat=True)) == {State.SUPERSEDED}


def test_f_d22_a_letter_superseded_on_its_way_keeps_both_facts(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.listed(story.employee())

    def superseding(notice: Notice, connection: object) -> mail.EmailMessage:
        outbox.supersede(now=NOW, attestation=case)
        return mail.EmailMessage("s", "b", to=["x@mail.example"], connection=connection)

    monkeypatch.setattr(delivery, "compose", superseding)
    delivery.deliver(now=NOW)
    row = Notice.objects.get()
    assert (row.state, row.sent_at) == (State.SUPERSEDED, NOW)


@pytest.mark.parametrize(
    ("meanwhile", "stands"),
    [
        ({"state": "failed", "last_error": "term_over 2026-02-12T19:05:00+00:00"}, ("sent", NOW, "")),
        # Another run sent it a second time, and that one came back; the employee was told by hand.
        (
            {"state": "failed", "sent_at": LATER, "bounced_at": LATER, "last_error": Why.CAME_BACK},
            ("failed", LATER, Why.CAME_BACK),
        ),
        (
            {"state": "sent", "sent_at": LATER, "last_error": Why.TOLD_BY_HAND},
            ("sent", LATER, Why.TOLD_BY_HAND),
        ),
    ],
)
def test_f_d2_a_letter_that_the_server_took_has_not_failed_whatever_was_decided_meanwhile(
    story: Story, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any], stands: tuple[object, ...]
) -> None:
    story.listed(story.employee())

    def deciding(notice: Notice, connection: object) -> mail.EmailMessage:
        Notice.objects.filter(pk=notice.pk).update(**meanwhile)
        return mail.EmailMessage("s", "b", to=["x@mail.example"], connection=connection)

    monkeypatch.setattr(delivery, "compose", deciding)
    assert delivery.deliver(now=NOW) == 1
    row = Notice.objects.get()
    assert (row.state, row.sent_at, row.last_error) == stands


def test_f_d2_a_letter_on_its_way_as_its_window_closes_was_sent(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window closes between the claim and the server's answer: nothing is left for HR."""
    case = story.listed(story.employee())
    story.through((case, 60))
    deadline = Deadline.objects.get(attestation=case, kind="appeal")
    Notice.objects.all().delete()
    outbox.queue("term_reopened", key="1", now=PUBLISHED, attestation=case, deadline=deadline)
    told = Notice.objects.get(employee__isnull=False)

    def closing(notice: Notice, connection: object) -> mail.EmailMessage:
        if notice.pk == told.pk:
            close_deadline(deadline, Deadline.State.MET, by=By(None, FINAL), closed_by="sweep")
        return mail.EmailMessage("s", "b", to=["x@mail.example"], connection=connection)

    monkeypatch.setattr(delivery, "compose", closing)
    delivery.deliver(now=PUBLISHED)
    told.refresh_from_db()
    assert (told.state, told.sent_at, told.last_error) == (State.SENT, PUBLISHED, "")
    assert proof_of_service.to_serve_by_hand(case) == []


def test_f_d22_after_an_outage_the_final_decision_is_told_and_the_provisional_one_is_not(
    story: Story,
) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(at("2026-02-21 03:10"))
    delivery.deliver(now=at("2026-02-21 08:30"))
    told = Notice.objects.filter(kind__startswith="decision").values_list("kind", "state").distinct()
    assert set(told) == {("decision_provisional", State.SUPERSEDED), ("decision_final", State.SENT)}


def test_f_d22_a_result_corrected_before_its_letter_left_is_told_once(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    found = ResultFacts(100, 62, None, "1", at("2026-02-02 11:00"))
    correct_result(case, found, reason="typed wrong", by=By(None, PUBLISHED))
    delivery.deliver(now=PUBLISHED)
    told = (
        Notice.objects.filter(kind="result_published").order_by("pk").values_list("state", "context__correct")
    )
    assert list(told) == [(State.SUPERSEDED, 60), (State.SENT, 62)]


def test_a_reminder_of_a_closed_duty_is_not_sent(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    reminders.queue_reminders(now=PUBLISHED)
    story.swept(at("2026-02-10 00:05"))
    rows = Notice.objects.filter(kind="reminder_appeal").values_list("state", flat=True)
    assert set(rows) == {State.SUPERSEDED}


def test_a_letter_that_cannot_be_composed_backs_off_and_the_rest_go(story: Story) -> None:
    broken, good = row_to(story.employee()), row_to(story.employee())
    Notice.objects.filter(pk=broken.pk).update(context={"outcome": "no such outcome"})
    assert delivery.deliver(now=NOW) == 1
    broken.refresh_from_db()
    assert (broken.state, broken.last_error.split(":")[0]) == (State.QUEUED, "ValueError")
    good.refresh_from_db()
    assert good.state == State.SENT


# --- the outbox ---------------------------------------------------------------------------------------------


def test_the_same_key_twice_is_one_notice(story: Story) -> None:
    employee = story.employee()
    for _ in range(2):
        outbox.queue("listed", key="once", now=NOW, employee=employee)
    assert Notice.objects.count() == 1


def test_by_default_letters_are_printed_on_the_console(
    story: Story, settings: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]
    row = row_to(story.employee())
    assert delivery.deliver(now=NOW) == 1
    assert message_id(row.key) in capsys.readouterr().out


def test_a_notice_waits_for_its_moment(story: Story) -> None:
    later = NOW + timedelta(hours=3)
    outbox.queue("listed", key="1", now=NOW, employee=story.employee(), not_before=later)
    assert [delivery.deliver(now=moment) for moment in (NOW, later - timedelta(seconds=1), later)] == [
        0,
        0,
        1,
    ]


def test_what_a_letter_says_is_taken_down_when_it_is_queued(story: Story) -> None:
    employee = story.employee()
    story.through((story.listed(employee), 60))
    context = Notice.objects.get(kind="result_published").context
    result = Result.objects.get()
    assert context == {"result": result.pk, "correct": 60, "total": 100, "appeal_until": "2026-02-09"}


def test_every_kind_has_its_audience_and_its_texts_in_three_languages(story: Story) -> None:
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    assert set(AUDIENCES) == set(Kind)
    # A digest is rendered from its rows (test_digests).
    for kind in set(Kind) - {Kind.DIGEST}:
        row = Notice(
            key=f"{kind}:x",
            kind=kind,
            attestation=case,
            user=story.hr,
            context={"differences": 2, "count": 2},
        )
        for language in ("kk", "ru", "en"):
            subject, body = letters.texts(row, language)
            assert subject
            assert "{" not in subject + body
            assert not re.search(r"\n{4}", body)
    on_disk = {path.name for path in TEMPLATES.glob("*-*.txt")}
    # `blind` stands for any of them where the recipient may have to vote on the case.
    assert on_disk == {f"{name}-{part}.txt" for name in (*Kind, "blind") for part in ("subject", "body")}


def test_every_kind_that_the_code_queues_is_known() -> None:
    queued = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            queued |= set(re.findall(r"outbox\.queue\(\s*\"(\w+)\"", path.read_text(encoding="utf-8")))
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
