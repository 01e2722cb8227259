"""Letters, papers, addresses of calendars, files, accounts, the sweep; what only a page or a command does."""

from __future__ import annotations

import io
from datetime import date, timedelta
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import override_settings

from appeals.services.seat_requests import seat_wanted
from attestation import clock
from attestation.accounts import credentials
from attestation.accounts.requests import (
    ask_for,
    confirm_request,
    settle_due_requests,
    stop_request,
    take_rights,
)
from attestation.accounts.rights import rights_of
from attestation.by import By
from attestation.cases.former_categories import record_former_category
from attestation.cases.proof_of_service import Service, prove_service
from attestation.deadlines.feeds import make_feed, reader_of, revoke_feed
from attestation.intake import background, engine, expiry, undo, uploads
from attestation.intake.answers import Answers
from attestation.models import Center, Deadline, ImportJob, Notice, Result, Role, User
from attestation.notices import delivery, inbox, outbox, reminders
from attestation.notices.send_now import send_now
from attestation.notices.serve_letters import record_came_back, record_told
from attestation.refusals import Refused
from office.management.commands.create_officer import check_account, create_account
from office.replay import comparison, replay
from office.sweep import clocks, sweep
from tests.attestation.admin_cast import client_of, url
from tests.attestation.intake_cast import table
from tests.jobs.story import FINAL, PUBLISHED, READ, STAGE_OVER, Story, at
from tests.services.cast import Office
from tests.services.playing import Stage

WHY, SECRET = "By telephone.", "a-long-secret-1"
NOON = at("2026-02-06 12:00")
STAFF = {"last_name": "Ким", "first_name": "Анна", "position": "assistant", "hired_on": "01.02.2024"}


def letters(stage: Stage) -> None:
    """Queued, sent, read, come back, told by hand, served on paper; what is over is not sent."""
    office = Office()
    case = office.published(90)
    stage.play(outbox.queue, "listed", key="again", now=PUBLISHED, attestation=case)
    told = {"now": PUBLISHED, "key": "1-2", "context": {"count": 1}}
    stage.play(outbox.queue_to_users, "term_shortening", [office.boss], **told)
    stage.play(delivery.deliver, now=PUBLISHED)
    outbox.queue("listed", key="later", now=PUBLISHED, attestation=case)
    nobody = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1"}
    with override_settings(**nobody, EMAIL_PORT=1, EMAIL_TIMEOUT=2):
        stage.play(delivery.deliver, now=PUBLISHED, case="mail server away", twice=False)
    back = PUBLISHED + timedelta(hours=2)
    stage.play(delivery.deliver, now=back, case="mail server back", twice=False)
    put_off = Notice.objects.create(
        key="put off",
        kind="listed",
        employee=case.employee,
        created_at=PUBLISHED,
        not_before=at("2026-02-06 13:00"),
        attempts=1,
        last_error="ConnectionRefusedError",
    )
    stage.play(send_now, put_off, by=By(office.boss, NOON))
    stage.play(inbox.mark_read, office.hr, now=NOON)
    listed, published = (
        Notice.objects.filter(employee=case.employee, kind=kind).order_by("pk")[0]
        for kind in ("listed", "result_published")
    )
    by_hr = {"by": By(office.hr, NOON)}
    stage.play(record_came_back, listed, note=WHY, **by_hr)
    stage.play(record_told, listed, note=WHY, **by_hr)
    record_came_back(published, note=WHY, **by_hr)
    service = Service(NOON, "in_person", "signed", office.hr)
    result = Result.objects.get(attestation=case)
    stage.play(prove_service, case, result, service, notice=published, **by_hr)
    stage.play(reminders.queue_reminders, now=at("2026-02-09 09:30"))
    stage.play(outbox.supersede, now=at("2026-02-09 10:00"), attestation=case)


def an_address_of_a_calendar(stage: Stage) -> None:
    """Made, used, taken back: the address that was taken back is nobody's."""
    hr = Office().hr
    former = make_feed(hr, now=NOON)
    secret = stage.play(make_feed, hr, now=NOON + timedelta(hours=1))
    assert reader_of(former, now=READ) is None
    assert reader_of(secret, now=READ) is None  # played twice: the second one is in its place
    live = make_feed(hr, now=NOON + timedelta(hours=2))
    assert stage.play(reader_of, live, now=READ) == hr
    stage.play(revoke_feed, hr, now=READ)
    assert reader_of(live, now=READ) is None


def files(stage: Stage) -> None:
    """Previewed, confirmed by who uploaded it and by nobody else; one that can't be read is refused."""
    office = Office()
    iin, bin_ = office.numbers.iin(date(1990, 5, 17), male=False), office.numbers.bin(date(2024, 4, 1))
    data = table({**STAFF, "iin": iin, "center_bin": office.career.bin})
    sent = {"by": By(office.boss, NOON)}
    job = stage.play(engine.preview, "staff", data, "staff.xlsx", **sent)
    with pytest.raises(Refused, match="There is no such file"):
        engine.confirm(job, by=By(office.hr, NOON))
    stage.play(engine.confirm, job, **sent)
    center = {"bin": bin_, "name_kk": "МО", "name_ru": "КЦ", "kind": "career", "region": "KZ-10"}
    file = table({**center, "parent_bin": office.mobility.bin})
    stage.play(engine.confirm, engine.preview("centers", file, "c.xlsx", **sent), **sent, case="centres")

    a_file_that_asks(stage, office)
    a_large_file(stage, office)
    files_undone(stage, office)

    def unreadable() -> None:
        with pytest.raises(Refused, match="empty"):
            engine.preview("staff", b"", "empty.xlsx", **sent)

    stage.play(unreadable, name="attestation.intake.engine.preview (a file that can't be read)", twice=False)


def files_undone(stage: Stage, office: Office) -> None:
    """A file of staff, about which somebody was written to, and one of a centre; then their rows go."""
    sent = {"by": By(office.boss, NOON)}
    iin, bin_ = office.numbers.iin(date(1990, 5, 18), male=False), office.numbers.bin(date(2024, 5, 1))
    held = {"category": "mentor", "category_from": date(2024, 5, 11), "position": "career_specialist"}
    staff = table({**STAFF, **held, "iin": iin, "center_bin": office.career.bin})
    job = engine.confirm(engine.preview("staff", staff, "staff.xlsx", **sent), **sent)
    deadline = Deadline.objects.get(employee__iin=iin)
    outbox.queue("reminder_category", now=NOON, key="a category", deadline=deadline)
    Notice.objects.filter(deadline=deadline).update(state=Notice.State.SENT, sent_at=NOON)
    stage.play(undo.undo, job, reason="The wrong month.", **sent)
    center = {"bin": bin_, "name_kk": "МО", "name_ru": "КЦ", "kind": "career", "region": "KZ-10"}
    file = table({**center, "parent_bin": office.mobility.bin})
    job = engine.confirm(engine.preview("centers", file, "c.xlsx", **sent), **sent)
    stage.play(undo.undo, job, **sent, case="centres")
    stage.play(expiry.forget_rows, NOON + timedelta(days=91))


def a_file_that_asks(stage: Stage, office: Office) -> None:
    """One with a header that is not certain is answered about; one of another kind is read as that."""
    iin = office.numbers.iin(date(1991, 5, 19), male=True)
    sent = {"by": By(office.boss, NOON)}
    data = table({**STAFF, "iin": iin, "center_bin": office.career.bin, "Очество": "Ұлы"})
    asked = uploads.upload("staff", data, "staff.xlsx", **sent)
    stage.play(uploads.answer, asked, Answers({"очество": "patronymic"}), **sent)
    other = uploads.upload("staff", table({"iin": iin, "purpose": "initial"}), "list.xlsx", **sent)
    stage.play(uploads.import_as_meant, other, **sent, cycle=office.cycle)
    elsewhere = Center.objects.create(
        bin=office.numbers.bin(date(2024, 7, 1)),
        kind="labour_mobility",
        name_kk="ЕМО",
        name_ru="ЦТМ",
        region=office.mobility.region,
    )
    director = {**STAFF, "iin": iin, "position": "director", "center_bin": elsewhere.bin}
    engine.confirm(engine.preview("staff", table(director), "staff.xlsx", **sent), **sent)
    theirs = table({**director, "center_bin": office.mobility.bin})
    stage.play(
        engine.preview, "staff", theirs, "s.xlsx", by=By(office.hr, NOON), case="somebody else's people"
    )


def a_large_file(stage: Stage, office: Office) -> None:
    """Uploaded, read and imported by a worker in the officer's name; another one is given up."""
    data = table(
        {**STAFF, "iin": office.numbers.iin(date(1991, 5, 17), male=True), "center_bin": office.career.bin}
    )
    sent = {"by": By(office.boss, NOON)}
    with mock.patch.multiple(background, SMALL_BYTES=0, SMALL_ROWS=0):
        job = stage.play(uploads.upload, "staff", data, "staff.xlsx", **sent)
        for other in ImportJob.objects.filter(state="waiting").exclude(pk=job.pk):
            stage.play(background.cancel, other, **sent)
        stage.play(background.run_due, now=NOON)
        job.refresh_from_db()
        stage.play(background.confirm, job, **sent)
        stage.play(background.run_due, now=NOON, case="imports")


def a_former_category(stage: Stage) -> None:
    """I-42: conferred before this order, put on record by an officer."""
    office = Office()
    about = {"document": "Order No. 12", "by": By(office.hr, NOON)}
    stage.play(
        record_former_category, office.specialist(), "consultant", "Class I", date(2024, 3, 10), **about
    )


def a_new_account(stage: Stage) -> None:
    """By the command: the account and its seat; the auditors are told."""
    Story().account("auditor", Role.AUDITOR)

    def new_account() -> None:
        user, from_day = User(username="new-chair", role=Role.CHAIR), date(2026, 1, 5)
        check_account(user, from_day)
        create_account(user, from_day, now=NOON)

    stage.play(new_account, name="office.management.commands.create_officer.create_account")


def an_account_and_its_owner(stage: Stage) -> None:
    """A link goes out, the owner sets the password and changes the address; two administrators change it."""
    office = Office()
    owner, boss = office.hr, By(office.boss, NOON)
    stage.play(credentials.send_link, owner, by=boss)
    own = {"by": By(owner, NOON)}
    stage.play(credentials.set_own_password, owner, SECRET, way="link", **own)
    stage.play(credentials.change_own_address, owner, "new@example.kz", SECRET, **own)
    later = By(office.boss, NOON + timedelta(hours=1))
    stage.play(credentials.set_address, owner, "newer@example.kz", by=later)


def rights_of_an_account(stage: Stage) -> None:
    """Asked for, stopped, confirmed, taken away; a seat; a lone administrator's; one a week old."""
    office = Office()
    second, officer, member = office.account("second", Role.ADMINISTRATOR), office.hr, office.member
    User.objects.filter(pk=officer.pk).update(email="hr@example.kz")
    by_boss, by_second = {"by": By(office.boss, NOON)}, {"by": By(second, NOON)}
    wanted = {**rights_of(officer), "role": "auditor"}
    request = stage.play(ask_for, "role", officer, wanted, reason=WHY, **by_boss)
    stage.play(stop_request, request, reason=WHY, **by_second)
    request = ask_for("role", officer, wanted, reason=WHY, **by_boss)
    stage.play(confirm_request, request, **by_second)
    stage.play(take_rights, officer, "access", reason=WHY, **by_boss)
    seat = seat_wanted("member", office.mobility, date(2026, 2, 9))
    request = ask_for("seat", member, seat, reason=WHY, **by_boss)
    stage.play(confirm_request, request, **by_second, case="a seat")
    ask_for("role", member, {**rights_of(member), "role": "secretary"}, reason=WHY, **by_boss)
    stage.play(settle_due_requests, now=NOON + timedelta(days=7), case="a week old")
    take_rights(second, "role", reason=WHY, **by_boss)
    ask_for("role", member, {**rights_of(member), "role": "chair"}, reason=WHY, **by_boss)
    stage.play(settle_due_requests, now=NOON + timedelta(days=1))


def the_sweep(stage: Stage) -> None:
    """Everything that is due; a clock that jumped; a database whose clock differs."""
    office = Office()
    office.published(90)
    stage.play(sweep.run, STAGE_OVER)
    sweep.run(READ, machine=lambda: clocks.Reading(READ))
    jumped = READ + timedelta(days=4)
    stage.play(sweep.run, jumped, machine=lambda: clocks.Reading(jumped), case="four days later", twice=False)
    late = jumped + timedelta(minutes=1)
    with mock.patch.object(clocks, "database_ahead", return_value=timedelta(seconds=-6)):
        stage.play(
            sweep.run, late, machine=lambda: clocks.Reading(late), case="clocks that differ", twice=False
        )


def the_replay(stage: Stage) -> None:
    """A decision that comes out otherwise than it stands is told."""
    Office()
    found = replay.Replayed(1, [comparison.Difference("T-1", 1, "outcome", "conforms", "does_not")])
    with mock.patch.object(replay, "replay", return_value=found):
        stage.play(replay.run_if_due, now=READ)


def pages_and_commands(stage: Stage) -> None:
    """What no service does: a record typed in, changed, exported; a moment that stood in for the clock."""
    office = Office()
    user = client_of(office.boss)
    with mock.patch.object(clock, "now", return_value=READ):

        def export() -> None:
            assert user.post(url("attestation_employee_export", "csv")).status_code == 200

        stage.play(export, name="page: export the staff", twice=False)
        account = {"username": "asel", "last_name": "A", "first_name": "B", "language": "kk"}
        account["is_active"] = "on"

        def add() -> None:
            assert user.post(url("attestation_user_add"), account).status_code == 302

        def change() -> None:
            page = url("attestation_user_change", User.objects.get(username="asel").pk)
            assert user.post(page, {**account, "last_name": "C"}).status_code == 302

        stage.play(add, name="page: a record is added", twice=False)
        stage.play(change, name="page: a record is changed", twice=False)

    def command() -> None:
        with override_settings(ALLOW_TIME_TRAVEL=True):
            call_command("confirm_ready", "--at", FINAL.isoformat(), "--json", stdout=io.StringIO())

    stage.play(command, name="command: --at", twice=False)
