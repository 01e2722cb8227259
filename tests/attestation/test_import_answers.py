"""What a file leaves open is asked on its page and answered once: columns, words, sheets; and remembered."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from attestation.admin.import_answers import forget_answers
from attestation.by import By
from attestation.intake import background, engine, report, uploads
from attestation.intake.answers import Answers, given, memory_of
from attestation.intake.columns import Unsettled
from attestation.intake.expiry import forget_rows
from attestation.models import Employee, ImportAnswer, ImportFile, ImportJob, JournalEntry
from attestation.refusals import Refused
from tests.attestation.intake_cast import NOW, PERSON, book, iin, make_centers, make_officer, table
from tests.factories import CycleFactory

pytestmark = pytest.mark.django_db
State = ImportJob.State
CHIEF = "Главный специалист"


@pytest.fixture
def officer():
    return make_officer(make_centers()[0])


def people(*positions, header="patronymic", first=0):
    rows = [{**PERSON, "iin": iin(first + number), "position": word} for number, word in enumerate(positions)]
    data = [list(row.values()) for row in rows]
    return book([[*rows[0], header], *([*row, "Серікқызы"] for row in data)])


def upload(officer, data, at=NOW):
    return uploads.upload("staff", data, "f.xlsx", by=By(officer, at))


def answer(job, officer, *, headers=(), words=(), **options):
    return uploads.answer(job, given(headers, words), by=By(officer, NOW), **options)


def test_an_unsure_header_is_asked_about_and_nothing_is_read_before(officer):
    job = upload(officer, people("assistant", header="Очество"))
    assert (job.state, job.refusal["code"], job.rows.count()) == (State.ASKED, "unsure_header", 0)
    assert job.columns["samples"][-1] == ["Серікқызы"]
    assert not JournalEntry.objects.filter(act="import_refused").exists()
    with pytest.raises(Refused) as caught:
        engine.confirm(job, by=By(officer, NOW))
    assert caught.value.code == "expired"

    job = answer(job, officer, headers=["Очество=patronymic"])
    assert (job.state, job.rows_new, job.rows.get().after["patronymic"]) == (State.PREVIEWED, 1, "Серікқызы")
    job = answer(job, officer, headers=["Очество="])
    assert job.rows.get().after["patronymic"] == ""
    assert report.as_data(job)["ignored"][-1]["header"] == "Очество"


def test_a_word_is_answered_once_for_all_rows_and_held_for_the_next_file(officer):
    job = upload(officer, people(CHIEF, "assistant", CHIEF, CHIEF, header="Очество"))
    job = answer(job, officer, headers=["Очество=patronymic"])
    words = report.unknown_words(job)
    assert [(key, cause.rows, cause.suggestion) for key, cause in words.items()] == [
        (("position", CHIEF), 3, "")
    ]
    (error,) = report.errors_of(job)
    column = error["column"]
    assert (error["row"], error["rows"]) == (None, 3)
    assert error["cells"] == [f"{column}2", f"{column}4", f"{column}5"]

    job = uploads.answer(
        job,
        Answers({"очество": "patronymic"}, {"position": {CHIEF.casefold(): "career_specialist"}}),
        by=By(officer, NOW),
    )
    assert (job.rows_new, job.rows_error) == (4, 0)
    engine.confirm(job, by=By(officer, NOW))
    assert not ImportFile.objects.exists()
    entry = JournalEntry.objects.get(act="import_confirmed")
    assert entry.data["answers"] == {
        "headers": {"Очество": "patronymic"},
        "values": {"position": {CHIEF: "career_specialist"}},
    }

    later = upload(officer, people(CHIEF, header="ОЧЕСТВО", first=100), NOW + timedelta(days=30))
    assert (later.state, later.rows_new) == (State.PREVIEWED, 1)
    assert {known.answered_at for known in memory_of(later)} == {NOW}
    assert later.rows.get().after["position"] == "career_specialist"


def test_answers_are_remembered_for_the_same_officer_and_kind_alone(officer):
    job = answer(upload(officer, people(CHIEF)), officer, words=[f"position:{CHIEF}=assistant"])
    engine.confirm(job, by=By(officer, NOW))
    other = make_officer(officer.center, name="hr2")
    assert upload(other, people(CHIEF, first=9)).rows_error == 1
    assert upload(officer, people(CHIEF, first=9)).rows_error == 0
    ImportAnswer.objects.update(kind="attestees")
    assert upload(officer, people(CHIEF, first=9)).rows_error == 1


def test_a_file_that_is_not_imported_leaves_no_memory(officer):
    job = answer(upload(officer, people(CHIEF)), officer, words=[f"position:{CHIEF}=assistant"])
    background.cancel(job, by=By(officer, NOW))
    assert not ImportAnswer.objects.exists()
    assert not ImportFile.objects.exists()


@pytest.mark.parametrize(
    ("headers", "words", "code"),
    [
        (["Очество=cat"], [], "unknown_field"),
        ([], ["position:Главный=boss"], "unknown_choice"),
        # A category is never given to many by a word (I-42).
        ([], ["category:ведущий=mentor"], "unknown_choice"),
        (["Очество"], [], "bad_map"),
        ([], ["position=assistant"], "bad_choice"),
    ],
)
def test_an_answer_that_is_none_is_refused(headers, words, code, officer):
    job = upload(officer, people("assistant"))
    with pytest.raises(Refused) as caught:
        answer(job, officer, headers=headers, words=words)
    assert caught.value.code == code


def test_nobody_answers_about_anothers_file_nor_about_one_that_is_over(officer):
    job = upload(officer, people("assistant", header="Очество"))
    other = make_officer(officer.center, name="hr2")
    late = By(officer, NOW + timedelta(hours=25))
    for by, code in ((By(other, NOW), "not_found"), (late, "expired")):
        with pytest.raises(Refused) as caught:
            uploads.answer(job, Answers(), by=by)
        assert caught.value.code == code
    background.tidy(now=late.at)
    assert not ImportFile.objects.exists()
    with pytest.raises(Refused):
        answer(job, officer, headers=["Очество=patronymic"])


def test_a_large_file_is_asked_about_by_the_worker_and_read_by_it_again(officer, monkeypatch):
    monkeypatch.setattr("attestation.intake.background.SMALL_ROWS", 1)
    job = upload(officer, people("assistant", "assistant", header="Очество"))
    background.run_due(now=NOW)
    job.refresh_from_db()
    assert (job.state, job.refusal["code"]) == (State.ASKED, "unsure_header")
    assert job.columns["samples"][-1] == ["Серікқызы"]
    job = answer(job, officer, headers=["Очество=patronymic"])
    assert job.state == State.WAITING
    background.run_due(now=NOW)
    job.refresh_from_db()
    assert (job.state, job.rows_new, job.refusal) == (State.PREVIEWED, 2, None)


def test_the_command_is_answered_by_its_options(tmp_path, capsys):
    make_centers()
    file = tmp_path / "f.xlsx"
    file.write_bytes(people(CHIEF, "assistant", header="Очество"))

    def run(*options):
        with pytest.raises(CommandError):
            call_command("import_staff", str(file), "--json", *options)
        return json.loads(capsys.readouterr().out)

    asked = run()
    (error,) = asked["errors"]
    assert (error["row"], error["code"]) == (None, "unsure_header")
    assert error["headers"][0]["suggestion"] == "patronymic"
    assert (asked["job"], asked["new"]) == (None, 0)
    assert JournalEntry.objects.filter(act="import_refused").count() == 1
    assert [error["code"] for error in run("--map", "Очество=patronymic")["errors"]] == ["not_known"]
    call_command(
        *("import_staff", str(file), "--map", "Очество=", "--choose", f"position:{CHIEF}=assistant", "--json")
    )
    assert json.loads(capsys.readouterr().out)["new"] == 2
    assert set(Employee.objects.values_list("position", "patronymic")) == {("assistant", "")}
    assert not ImportAnswer.objects.exists()


def test_a_missing_column_is_asked_about_on_the_page_with_what_stands_in_the_others(officer):
    named = {**PERSON}
    hired = named.pop("hired_on")
    job = upload(officer, table({**named, "Поступление": hired}))
    assert (job.state, job.refusal["code"]) == (State.ASKED, "column_missing")
    job = answer(job, officer, headers=["поступление=hired_on"])
    assert job.rows_new == 1


def test_a_preview_by_the_engine_alone_is_refused_with_what_is_not_settled():
    make_centers()
    with pytest.raises(Unsettled):
        engine.preview("staff", people("assistant", header="Очество"), "f.xlsx", by=By(None, NOW))
    assert not ImportJob.objects.exists()


def results_file():
    header = ["iin", "questions_total", "correct_answers", "finished_at"]
    return book([header, [iin(0), 80, 65, "2026-02-05 17:40"]])


def test_a_file_of_another_kind_is_named_and_read_as_that_by_one_click(officer):
    job = uploads.upload(
        "staff", book([["iin", "purpose"], [iin(0), "initial"]]), "f.xlsx", by=By(officer, NOW)
    )
    assert (job.state, job.refusal["code"], job.refusal["kind"]) == (State.REFUSED, "other_kind", "attestees")
    assert JournalEntry.objects.get(act="import_refused").data["code"] == "other_kind"
    cycle = CycleFactory(center=officer.center)
    done = uploads.import_as_meant(job, by=By(officer, NOW), cycle=cycle)
    assert (done.pk, done.kind, done.state, done.cycle) == (job.pk, "attestees", State.PREVIEWED, cycle)
    with pytest.raises(Refused):
        uploads.import_as_meant(job, by=By(officer, NOW), cycle=cycle)


def test_what_stood_in_the_file_is_forgotten_with_its_rows(officer):
    job = upload(officer, people("assistant", header="Очество"))
    forget_rows(NOW + timedelta(days=89))
    assert ImportJob.objects.get().columns["samples"]
    assert forget_rows(NOW + timedelta(days=91)) == 1
    assert "samples" not in ImportJob.objects.get(pk=job.pk).columns
    assert forget_rows(NOW + timedelta(days=91)) == 0


def test_the_command_names_the_other_kind():
    make_centers()
    with pytest.raises(Refused) as caught:
        engine.preview("staff", results_file(), "f.xlsx", by=By(None, NOW))
    assert caught.value.code == "other_kind"
    assert "“Test results”" in str(caught.value)


def test_of_a_file_whose_bytes_are_gone_the_answers_are_not_forgotten(officer):
    """F-W1: the refused POST leaves what it would have deleted."""
    job = upload(officer, people("assistant", header="Очество"))
    said = {"given": "Очество", "answer": "patronymic", "answered_at": NOW}
    ImportAnswer.objects.create(officer=officer, kind="staff", center=officer.center, **said)
    ImportFile.objects.filter(job=job).delete()
    job.refresh_from_db()
    with pytest.raises(Refused):
        forget_answers(job, {}, By(officer, NOW))
    assert memory_of(job).count() == 1
