"""I-23: excused or unexcused, with the document; shown in three languages; nothing follows by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from attestation.admin import story
from attestation.admin.journal_lines import lines
from attestation.by import By
from attestation.cases import waiting
from attestation.cases.absences import record_absence
from attestation.cases.testing_stage import end_testing_stages
from attestation.models import Attestation, Consequence, Decision, JournalEntry, Notice, Role, User
from attestation.refusals import Refused
from office import tiles
from office.sweep import sweep
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import AttestationFactory, UserFactory, moment

NOW = moment("2026-02-09 10:00")
LATER = moment("2026-06-09 10:00")
PAPER = "Медициналық анықтама № 5"

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Attestation:
    """Absent from testing."""
    made: Attestation = AttestationFactory()
    end_testing_stages(now=moment("2026-02-07 00:30"))
    made.refresh_from_db()
    assert made.status == "absent"
    return made


@pytest.fixture
def officer(case: Attestation) -> User:
    user: User = UserFactory(role=Role.HR, center=case.cycle.center, language="en")
    return user


def said(case: Attestation) -> list[Any]:
    case.refresh_from_db()
    return case.status_reason


def test_an_excused_absence_has_its_document_and_an_unexcused_one_needs_none(
    case: Attestation, officer: User
) -> None:
    record_absence(case, "excused", document=f" {PAPER} ", reason="Ill.", by=By(officer, NOW))
    assert said(case) == [{"absence": "excused", "document": PAPER, "text": "Ill."}]
    entry = JournalEntry.objects.filter(attestation=case).latest("seq")
    assert (entry.act, entry.data) == ("record_absence", said(case)[0])
    # Found out later: it is recorded anew, and what was said before stays in the journal.
    record_absence(case, "unexcused", by=By(officer, NOW))
    assert said(case) == [{"absence": "unexcused"}]
    assert JournalEntry.objects.filter(attestation=case, act="record_absence").count() == 2


def test_the_same_said_again_changes_nothing(case: Attestation, officer: User) -> None:
    for _time in range(2):
        record_absence(case, "excused", document=PAPER, by=By(officer, NOW))
        case.refresh_from_db()
    assert JournalEntry.objects.filter(attestation=case, act="record_absence").count() == 1
    version = case.version
    record_absence(case, "excused", document=PAPER, reason="Ill.", by=By(officer, NOW))
    case.refresh_from_db()
    assert case.version == version + 1


@pytest.mark.parametrize(
    ("absence", "document", "code", "message"),
    [
        ("excused", " ", "text_missing", "needs its document"),
        ("excused", "x" * 201, "text_too_long", "at most 200"),
        ("late", PAPER, "unknown_absence", "excused or unexcused"),
        ("", PAPER, "unknown_absence", "excused or unexcused"),
    ],
)
def test_what_is_refused(
    case: Attestation, officer: User, absence: str, document: str, code: str, message: str
) -> None:
    with pytest.raises(Refused, match=message) as refused:
        record_absence(case, absence, document=document, by=By(officer, NOW))
    assert refused.value.code == code
    assert said(case) == []


def test_only_of_one_who_was_absent(officer: User) -> None:
    there = AttestationFactory(center=officer.center, cycle__center=officer.center)
    with pytest.raises(Refused) as refused:
        record_absence(there, "unexcused", by=By(officer, NOW))
    assert refused.value.code == "not_absent"


@pytest.mark.parametrize("absence", ["excused", "unexcused"])
def test_nothing_follows_by_itself(case: Attestation, officer: User, absence: str) -> None:
    """The case is shown as one on which nothing is decided, however long ago it was."""
    record_absence(case, absence, document=PAPER, by=By(officer, NOW))
    told = Notice.objects.count()
    sweep.run(LATER)
    case.refresh_from_db()
    assert case.status == "absent"
    assert not Decision.objects.exists()
    assert not Consequence.objects.exists()
    assert Notice.objects.count() == told
    assert set(waiting.absent(tiles.cases(officer), NOW)) == {case}


@pytest.mark.parametrize(
    ("language", "excused", "document"),
    [
        ("en", "absent for a good reason", "Document: "),
        ("kk", "дәлелді себеппен келмеді", "Құжат: "),
        ("ru", "неявка по уважительной причине", "Документ: "),
    ],
)
def test_page_list_story_and_journal_say_it_in_the_readers_language(
    case: Attestation, officer: User, language: str, excused: str, document: str
) -> None:
    record_absence(case, "excused", document=PAPER, reason="Ауырған.", by=By(officer, NOW))
    officer.language = language
    officer.save()
    case.refresh_from_db()
    client = client_of(officer)
    page = text_of(client.get(url("attestation_attestation_change", case.pk)))
    assert excused in page
    assert f"{document}{PAPER}" in page
    assert "Ауырған." in page
    assert language == "en" or "excused" not in page
    assert excused in text_of(client.get(url("attestation_attestation_changelist")))
    with translation.override(language):
        assert story.why_status(case) == [f"{excused}\n{document}{PAPER}\nАуырған."]
        stages = story.stages_of(case, list(JournalEntry.objects.filter(attestation=case)))
        assert excused in {stage.note for stage in stages}
        latest = lines(JournalEntry.objects.filter(attestation=case))[0]
        assert latest.details == (excused, "Ауырған.", PAPER)


def test_what_was_recorded_before_is_still_shown(case: Attestation, officer: User) -> None:
    Attestation.objects.filter(pk=case.pk).update(status_reason=[{"text": "Жол жабық болған."}])
    client = client_of(officer)
    page = text_of(client.get(url("attestation_attestation_change", case.pk)))
    assert "Жол жабық болған." in page
    assert "absent from testing" in text_of(client.get(url("attestation_attestation_changelist")))
    form = text_of(client.get(url("attestation_attestation_act", case.pk, "record-absence")))
    assert "Жол жабық болған." in form


def test_the_officer_answers_the_form(case: Attestation, officer: User) -> None:
    client: Client = client_of(officer)
    address = url("attestation_attestation_act", case.pk, "record-absence")
    answer = client.post(address, {"absence": "excused", "document": "", "reason": ""})
    assert answer.status_code == 422
    assert "needs its document" in text_of(answer)
    assert client.post(address, {"document": PAPER}).status_code == 422
    answer = client.post(address, {"absence": "excused", "document": PAPER, "reason": ""}, follow=True)
    assert "The absence is on record." in text_of(answer)
    assert said(case) == [{"absence": "excused", "document": PAPER}]
    # The form shows what is on record.
    assert PAPER in text_of(client.get(address))
