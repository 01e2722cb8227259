"""Large files: left to a worker, read once, whoever dies or cancels meanwhile (F-I14, F-I16, F-I19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils.translation import override

from attestation.by import By
from attestation.intake import background, batch_steps, engine, staged, uploads
from attestation.intake.kinds.staff import StaffResource
from attestation.intake.messages import message_of
from attestation.models import (
    Employee,
    ImportFile,
    ImportJob,
    ImportRow,
    ImportWork,
    JournalEntry,
    Role,
    User,
)
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    NOW,
    PERSON,
    book,
    iin,
    make_centers,
    make_officer,
    table,
)

State = ImportJob.State
MINUTE = timedelta(minutes=1)
LATER = NOW + 3 * MINUTE  # a lease taken at NOW is over
PEOPLE = [{**PERSON, "iin": iin(number)} for number in range(1, 8)]


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and a batch has three rows."""
    monkeypatch.setattr(background, "SMALL_BYTES", 0)
    monkeypatch.setattr(background, "SMALL_ROWS", 0)
    monkeypatch.setattr(engine, "BATCH", 3)
    for module in (batch_steps, staged):
        monkeypatch.setattr(module, "BATCH", 3)


@pytest.fixture
def officer(db: None) -> User:
    """Who uploads."""
    return make_officer(make_centers()[0])


def sent(officer: User, *records: dict[str, Any], **options: Any) -> ImportJob:
    """An upload at NOW, of seven people unless told otherwise."""
    data = options.pop("data", None) or table(*(records or PEOPLE))
    by = By(officer, NOW)
    return uploads.upload("staff", data, options.pop("name", "f.xlsx"), by=by, **options)


def asked(officer: User, now: datetime = NOW, **options: Any) -> ImportJob:
    """Previewed, and the officer has asked for the import."""
    job = sent(officer)
    background.run_due(now=NOW)
    return background.confirm(fresh(job), by=By(officer, now), **options)


def fresh(job: ImportJob) -> ImportJob:
    """The job as it stands now."""
    return ImportJob.objects.get(pk=job.pk)


def left() -> tuple[int, int, int]:
    """How many works, files and staged rows there are."""
    return ImportWork.objects.count(), ImportFile.objects.count(), ImportRow.objects.count()


def refused(act: Callable[..., Any], *args: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*args, **options)
    return caught.value


def at_row(number: int, do: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something while a worker plans the row, once."""
    plan, done = StaffResource.plan, []

    def planning(self: StaffResource, row: Any, context: Any) -> Any:
        if row.number == number and not done:
            done.append(number)
            do()
        return plan(self, row, context)

    monkeypatch.setattr(StaffResource, "plan", planning)


# --- reading ----------------------------------------------------------------------------------------------


def test_a_large_file_waits_and_a_worker_reads_it(officer: User) -> None:
    job = sent(officer)
    assert (fresh(job).state, left()) == (State.WAITING, (1, 1, 0))
    assert background.run_due(now=NOW + MINUTE) == 1
    job = fresh(job)
    assert (job.state, job.rows_new, job.created_at) == (State.PREVIEWED, 7, NOW)
    assert (job.sheet, job.refusal, left()) == ("Sheet", None, (0, 1, 7))
    assert background.run_due(now=NOW + MINUTE) == 0


def test_what_is_small_is_read_at_once(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "SMALL_BYTES", 300_000)
    monkeypatch.setattr(background, "SMALL_ROWS", 8)  # the header is a row too
    assert sent(officer).state == State.PREVIEWED
    monkeypatch.setattr(background, "SMALL_ROWS", 7)
    assert sent(officer).state == State.WAITING


def test_the_preview_of_a_worker_is_that_of_a_command(officer: User) -> None:
    rows = [*PEOPLE, PEOPLE[1], {**PEOPLE[2], "iin": "1"}]
    columns = ("row_no", "kind", "key", "cells", "before", "after", "seen", "derived", "errors", "notes")
    job = sent(officer, *rows)
    background.run_due(now=NOW)
    other = engine.preview("staff", table(*rows), "f.xlsx", by=By(officer, NOW))
    assert list(fresh(job).rows.values(*columns)) == list(other.rows.values(*columns))
    assert fresh(job).rows_error == other.rows_error == 3


def test_progress_is_told_with_each_batch(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = sent(officer)
    assert background.progress_of(job, NOW).rows == 0
    seen: list[background.Progress] = []

    def look() -> None:
        ImportWork.objects.update(began_at=NOW)
        seen.append(background.progress_of(job, NOW + MINUTE))

    at_row(8, look, monkeypatch)
    background.run_due(now=NOW)
    # Of the seven rows under the header three are told of once the second batch is put on record.
    assert seen == [background.Progress(3, 7, 42, MINUTE * 4 / 3)]


def test_a_killed_workers_file_is_read_by_the_next_one(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    job = sent(officer)
    at_row(7, kill, monkeypatch)
    with pytest.raises(Killed):
        background.run_due(now=NOW)
    assert (fresh(job).state, left()) == (State.READING, (1, 1, 3))
    assert background.run_due(now=NOW + MINUTE) == 0  # the lease
    assert background.run_due(now=LATER) == 1
    assert (fresh(job).state, fresh(job).rows_new, left()) == (State.PREVIEWED, 7, (0, 1, 7))


def test_whoever_lost_the_lease_puts_nothing_more_on_record(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sent(officer)
    at_row(7, lambda: background.run_due(now=LATER) and None, monkeypatch)
    background.run_due(now=NOW)
    assert (fresh(job).state, left()) == (State.PREVIEWED, (0, 1, 7))


def test_a_lease_from_a_clock_that_ran_ahead_does_not_count(officer: User) -> None:
    job = sent(officer)
    ImportWork.objects.update(lease_until=NOW + timedelta(days=300))
    background.run_due(now=NOW)
    assert fresh(job).state == State.PREVIEWED


def test_a_file_on_which_the_work_fails_is_given_up_after_three_tries(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StaffResource, "plan", fails)
    job, other = sent(officer), sent(officer)
    for tries in range(3):
        assert background.run_due(now=NOW + tries * 3 * MINUTE) == 2
        assert fresh(job).state == State.READING
    background.run_due(now=NOW + 9 * MINUTE)
    assert [fresh(each).state for each in (job, other)] == [State.REFUSED] * 2
    assert fresh(job).refusal["code"] == "file_busy"
    assert left() == (0, 0, 0)
    assert JournalEntry.objects.filter(act="import_refused").count() == 2


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"PK\x03\x04", "file_damaged", None),
        (book([["Сводка"], ["всего"]]), "header_missing", None),
    ],
)
def test_a_refusal_is_kept_and_said_in_the_readers_language(
    data: bytes, code: str, words: str | None, officer: User
) -> None:
    if code == "file_damaged":  # what shows without a parser is said at once
        assert refused(sent, officer, data=data).code == code
        assert not ImportJob.objects.exists()
    else:
        job = sent(officer, data=data)
        background.run_due(now=NOW)
        job = fresh(job)
        assert job.state == State.REFUSED
        assert left() == (0, 0, 0)
        with override("ru"):
            russian = message_of(job.refusal, {})
        with override("en"):
            english = message_of(job.refusal, {})
        assert russian != english
        assert english.isascii() or "“" in english
        code = job.refusal["code"]
    entry = JournalEntry.objects.get(act="import_refused")
    assert (entry.data["code"], entry.actor) == (code, officer)


def test_a_right_lost_meanwhile_counts(officer: User) -> None:
    job = sent(officer)
    User.objects.update(role=Role.AUDITOR)
    background.run_due(now=NOW)
    assert (fresh(job).state, fresh(job).refusal["code"]) == (State.REFUSED, "no_permission")


def test_the_sheet_that_was_asked_for_is_read(officer: User) -> None:
    header = list(PERSON)
    data = book([header, list(PERSON.values())], Екі=[header, *(list(row.values()) for row in PEOPLE)])
    job = sent(officer, data=data, sheet="Екі")
    background.run_due(now=NOW)
    assert (fresh(job).sheet, fresh(job).rows_new) == ("Екі", 7)
    wrong = sent(officer, data=data, sheet="Үш")
    background.run_due(now=NOW)
    with override("en"):
        assert message_of(fresh(wrong).refusal, {}) == (
            "The file has no sheet “Үш”. Choose one of its sheets: Sheet, Екі."
        )


# --- quota, cancelling ------------------------------------------------------------------------------------


def test_f_i14_an_officer_has_so_many_files_under_way(officer: User) -> None:
    other = make_officer(officer.center, name="other")
    with override_settings(IMPORTS_AT_ONCE=2):
        sent(officer)
        sent(officer)
        refusal = refused(sent, officer)
        assert refusal.code == "too_many_imports"
        assert str(refusal).startswith("2 files of yours are under way already.")
        assert sent(other).state == State.WAITING
        background.run_due(now=NOW)
        assert sent(officer).state == State.WAITING


def test_cancelled_while_it_waits(officer: User) -> None:
    job = sent(officer)
    assert refused(background.cancel, job, by=By(None, NOW)).code == "not_found"
    background.cancel(job, by=By(officer, NOW))
    assert (fresh(job).state, left()) == (State.CANCELLED, (0, 0, 0))
    background.cancel(fresh(job), by=By(officer, NOW))
    entry = JournalEntry.objects.get(act="import_cancelled")
    assert (entry.subject, entry.actor) == (f"import {job.pk}", officer)
    assert background.run_due(now=NOW) == 0


def test_cancelled_while_a_worker_reads(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = sent(officer)
    at_row(7, lambda: background.cancel(fresh(job), by=By(officer, NOW)) and None, monkeypatch)
    background.run_due(now=NOW)
    job = fresh(job)
    assert (job.state, job.rows_new, left()) == (State.CANCELLED, 0, (0, 0, 0))


def test_a_cancelled_preview_is_not_imported(officer: User) -> None:
    job = sent(officer)
    background.run_due(now=NOW)
    background.cancel(fresh(job), by=By(officer, NOW))
    assert refused(background.confirm, fresh(job), by=By(officer, NOW)).code == "expired"
    assert left() == (0, 0, 0)


def test_too_late_to_cancel(officer: User) -> None:
    job = asked(officer)
    refusal = refused(background.cancel, job, by=By(officer, NOW))
    assert (refusal.code, str(refusal)[:18]) == ("being_imported", "It is too late to ")
    background.run_due(now=NOW)
    assert refused(background.cancel, fresh(job), by=By(officer, NOW)).code == "not_cancellable"
    assert Employee.objects.count() == 7


# --- importing --------------------------------------------------------------------------------------------


def test_f_i16_an_import_by_a_worker_happens_once_in_the_officers_name(officer: User) -> None:
    click = NOW + timedelta(hours=24)
    job = asked(officer, click)
    assert (job.state, Employee.objects.count()) == (State.CONFIRMING, 0)
    assert background.confirm(job, by=By(officer, click + MINUTE)).state == State.CONFIRMING
    assert ImportWork.objects.get().asked_at == click
    # The 24 hours counted at the click.
    background.run_due(now=click + timedelta(hours=3))
    job = fresh(job)
    assert (job.state, job.confirmed_at, Employee.objects.count()) == (State.CONFIRMED, click, 7)
    assert background.confirm(job, by=By(officer, click + MINUTE)).confirmed_at == click
    assert background.run_due(now=click + timedelta(hours=4)) == 0
    entry = JournalEntry.objects.get(act="import_confirmed")
    assert (entry.actor, entry.data["new"]) == (officer, 7)
    assert ImportWork.objects.count() == 0


def test_what_can_be_refused_at_the_click_is(officer: User) -> None:
    job = sent(officer, *PEOPLE, {**PERSON, "iin": "1"})
    background.run_due(now=NOW)
    job = fresh(job)
    assert refused(background.confirm, job, by=By(officer, NOW)).code == "rows_with_errors"
    late = By(officer, NOW + timedelta(hours=24, seconds=1))
    assert refused(background.confirm, job, by=late, skip_errors=True).code == "expired"
    stranger = By(make_officer(officer.center, name="other"), NOW)
    assert refused(background.confirm, job, by=stranger, skip_errors=True).code == "not_found"
    background.confirm(job, by=By(officer, NOW), skip_errors=True)
    background.run_due(now=NOW)
    assert (fresh(job).rows_skipped, Employee.objects.count()) == (1, 7)


def test_f_i18_what_changed_since_the_preview_is_looked_at_again(officer: User) -> None:
    job = asked(officer)
    engine.confirm(
        engine.preview("staff", table(PEOPLE[0]), "f.xlsx", by=By(officer, NOW)), by=By(officer, NOW)
    )
    background.run_due(now=NOW)
    job = fresh(job)
    assert (job.state, job.refusal["code"]) == (State.PREVIEWED, "changed_since_preview")
    assert (job.rows_new, job.rows_same, Employee.objects.count()) == (6, 1, 1)
    assert background.run_due(now=LATER) == 0
    background.confirm(job, by=By(officer, NOW))
    background.run_due(now=LATER)
    assert (fresh(job).state, fresh(job).refusal, Employee.objects.count()) == (State.CONFIRMED, None, 7)


def test_f_i19_a_worker_killed_after_the_look_does_not_let_the_next_one_import_unseen(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = asked(officer)
    engine.confirm(
        engine.preview("staff", table(PEOPLE[0]), "f.xlsx", by=By(officer, NOW)), by=By(officer, NOW)
    )
    with monkeypatch.context() as patch:
        patch.setattr(background, "_end", lambda *_: None)
        background.run_due(now=NOW)
    background.run_due(now=LATER)
    job = fresh(job)
    assert (job.state, job.refusal["code"]) == (State.PREVIEWED, "changed_since_preview")
    assert (Employee.objects.count(), ImportWork.objects.count()) == (1, 0)


def test_a_worker_killed_while_it_imports_leaves_nothing_and_the_next_one_imports(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_args: Any) -> None:
        raise Killed

    job = asked(officer)
    with monkeypatch.context() as patch:
        patch.setattr(StaffResource, "complete", kill)
        with pytest.raises(Killed):
            background.run_due(now=NOW)
    assert (fresh(job).state, Employee.objects.count()) == (State.CONFIRMING, 0)
    assert background.run_due(now=LATER) == 1
    assert (fresh(job).state, Employee.objects.count()) == (State.CONFIRMED, 7)


def test_an_import_that_fails_three_times_is_the_officers_again(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise ZeroDivisionError

    job = asked(officer)
    monkeypatch.setattr(StaffResource, "complete", fails)
    for tries in range(4):
        assert fresh(job).state == State.CONFIRMING
        background.run_due(now=NOW + tries * 3 * MINUTE)
    assert (fresh(job).state, fresh(job).refusal["code"]) == (State.PREVIEWED, "busy")
    assert Employee.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has room for one writer")
def test_progress_of_an_import_shows_before_it_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    officer = make_officer(make_centers()[0])
    job = asked(officer)
    seen: list[tuple[int, int, int]] = []
    complete = StaffResource.complete

    def look(*args: Any) -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT rows_done, rows FROM attestation_importwork")
            done, rows = cursor.fetchone()
            cursor.execute("SELECT count(*) FROM attestation_employee")
            seen.append((done, rows, cursor.fetchone()[0]))
        other.close()
        complete(*args)

    monkeypatch.setattr(StaffResource, "complete", look)
    background.run_due(now=NOW)
    assert seen == [(6, 7, 0)]
    assert fresh(job).state == State.CONFIRMED


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no row locks")
def test_whoever_imports_is_passed_by_however_old_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Thread

    officer = make_officer(make_centers()[0])
    job = asked(officer)
    taken: list[int] = []

    def another() -> None:
        taken.append(background.run_due(now=NOW + timedelta(hours=1)))
        connection.close()

    complete = StaffResource.complete

    def meanwhile(*args: Any) -> None:
        thread = Thread(target=another)
        thread.start()
        thread.join(30)
        complete(*args)

    monkeypatch.setattr(StaffResource, "complete", meanwhile)
    background.run_due(now=NOW)
    assert (taken, fresh(job).state) == ([0], State.CONFIRMED)


# --- tidying ----------------------------------------------------------------------------------------------


def test_what_a_dead_process_left_goes_after_a_day(officer: User) -> None:
    dead = ImportJob.objects.create(kind="staff", state=State.READING, created_at=NOW, actor=officer)
    ImportRow.objects.create(job=dead, row_no=2, kind="same")
    waits = sent(officer)
    background.tidy(now=NOW + timedelta(hours=23, minutes=59))
    assert ImportJob.objects.count() == 2
    background.tidy(now=NOW + timedelta(days=1))
    assert ImportJob.objects.get() == waits
    assert left() == (1, 1, 0)
