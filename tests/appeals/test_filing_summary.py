"""¶21: grounds by type, the summary before it is sent and its warnings, and filing a question again."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appeals.models import Appeal, AppealItem
from appeals.services.attachments import Paper
from appeals.services.filing import file_appeal
from appeals.services.hints import is_short, names
from appeals.services.ruling import rule_item
from appeals.services.staged_papers import stage, staged
from appeals.services.withdrawal import withdraw, withdraw_item
from attestation.by import By
from attestation.models import Attestation, Employee, JournalEntry
from attestation.refusals import Refused
from tests.appeals.filing_cast import PDF, WHY, file_of, officer_of, page_of, send, typed
from tests.attestation.admin_cast import at, client_of, messages_of, text_of, url
from tests.factories import UserFactory, moment
from tests.siblings_cast import APPEAL_CLOSES, footprint, fresh, made_once, published, seated

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at", "media")]
FRIDAY, MONDAY = moment("2026-02-06 12:00"), moment("2026-02-09 12:00")
made = made_once(lambda: published(60))


@pytest.fixture
def case(made: Attestation, db: None) -> Attestation:
    """A case below 70 % that may appeal."""
    return deepcopy(made)


def file(case: Attestation, *questions: int, now: datetime = FRIDAY, **more: Any) -> Appeal:
    items = more.pop("items", [(question, WHY) for question in questions])
    return file_appeal(fresh(case), filed_at=now, items=items, by=By(None, now), **more)


def again(answer: Any, **changed: Any) -> dict[str, Any]:
    """What the buttons of the page that came back send."""
    form = answer.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name != "papers"}
    return {**sent, "kept": [word for word, _paper in form.kept], **changed}


class TestGround:
    def test_each_question_has_its_own_on_record_and_in_the_journal(self, case: Attestation) -> None:
        appeal = file(case, items=[(12, WHY, "several_right"), (47, WHY)])
        assert list(appeal.items.values_list("question", "ground")) == [(12, "several_right"), (47, "other")]
        entry = JournalEntry.objects.get(act="file_appeal", attestation=case)
        assert entry.data["grounds"] == ["several_right", "other"]

    def test_one_that_is_none_is_refused_naming_those_that_are(self, case: Attestation) -> None:
        before = footprint()
        with pytest.raises(Refused, match=r"“bad” is no type of ground.*no_right_answer, several_right"):
            file(case, items=[(12, WHY, "bad")])
        assert footprint() == before

    def test_it_is_chosen_on_the_page_and_shown_on_the_appeals(self, case: Attestation) -> None:
        officer = officer_of(case)
        send(officer, case, typed((12, WHY), (47, WHY), ground_0="technical"))
        appeal = Appeal.objects.get()
        assert [item.ground for item in appeal.items.all()] == ["technical", "other"]
        assert "technical fault" in text_of(client_of(officer).get(url("appeals_appeal_change", appeal.pk)))

    def test_it_is_shown_to_whoever_rules(self, case: Attestation) -> None:
        item = file(case, items=[(12, WHY, "no_right_answer")]).items.get()
        page = client_of(seated("chair")).get(url("appeals_appealitem_act", item.pk, "rule"))
        assert "no answer is right" in text_of(page)


class TestSummary:
    def test_nothing_is_filed_before_it_is_confirmed(self, case: Attestation) -> None:
        officer, before = officer_of(case), footprint()
        answer = send(officer, case, typed((27, WHY), (14, WHY), ground_0="faulty", step=""))
        page = text_of(answer)
        assert "2 questions: 14, 27; filed 09.02.2026" in page
        assert "can be filed until 09.02.2026 23:59:59." in page
        assert "the question is faulty" in page
        assert 'id="filing-warnings"' not in page
        assert footprint() == before
        send(officer, case, again(answer, step="save"))
        items = Appeal.objects.get().items.values_list("question", "argument", "ground")
        assert list(items) == [(14, WHY, "other"), (27, WHY, "faulty")]

    def test_what_was_typed_and_attached_comes_back_to_be_changed(self, case: Attestation) -> None:
        officer = officer_of(case)
        sent = typed((12, WHY), receipt_note="вх. 4", filed_at="2026-02-06T10:00:00", step="")
        answer = send(officer, case, {**sent, "papers": [file_of("a.pdf", PDF)]})
        assert "a.pdf" in text_of(answer)
        form = send(officer, case, again(answer, step="edit"))
        assert form.status_code == 200
        page = text_of(form)
        assert WHY in page
        assert "вх. 4" in page
        assert "2026-02-06T10:00:00" in page
        second = send(officer, case, again(form, step="", argument_0=f"{WHY} 2"))
        send(officer, case, again(second, step="save"))
        appeal = Appeal.objects.get()
        assert (appeal.filed_at, appeal.items.get().argument) == (moment("2026-02-06 10:00"), f"{WHY} 2")
        assert [paper.name for paper in appeal.attachments.all()] == ["a.pdf"]

    def test_a_file_whose_mark_was_cleared_is_left_out(self, case: Attestation) -> None:
        officer = officer_of(case)
        papers = [file_of("a.pdf", PDF), file_of("b.pdf", PDF + b"%")]
        answer = send(officer, case, typed((12, WHY), papers=papers, step=""))
        sent = again(answer, step="save")
        send(officer, case, {**sent, "kept": sent["kept"][1:]})
        assert [paper.name for paper in Appeal.objects.get().attachments.all()] == ["b.pdf"]

    def test_f_c2_confirmed_twice_it_is_filed_once(self, case: Attestation) -> None:
        officer = officer_of(case)
        answer = send(officer, case, typed((12, WHY), papers=[file_of("a.pdf", PDF)], step=""))
        first, second = (send(officer, case, again(answer, step="save")) for _press in range(2))
        assert messages_of(first)[0] == messages_of(second)[0]
        assert Appeal.objects.get().attachments.count() == 1

    def test_what_would_be_refused_is_refused_at_once(self, case: Attestation) -> None:
        first = file(case, 12)
        answer = send(officer_of(case), fresh(case), typed((12, WHY), step=""))
        assert answer.status_code == 422
        assert f"question 12 is under appeal {first.external_id} already" in text_of(answer)

    def test_i_14_a_late_one_says_so_before_it_is_sent(self, case: Attestation, at: Any) -> None:
        at(APPEAL_CLOSES)
        page = text_of(send(officer_of(case), case, typed((12, WHY), step="")))
        assert "after the term ended on 09.02.2026 23:59:59" in page
        assert not Appeal.objects.exists()


class TestStaged:
    """F-W13: files that wait for the confirmation are of one account and case, and not for ever."""

    def test_another_account_or_case_does_not_get_them(self, case: Attestation) -> None:
        officer, paper = officer_of(case), Paper("a.pdf", "application/pdf", PDF)
        words = stage(case, [paper], by=By(officer, MONDAY))
        assert staged(case, words, user=officer) == [paper]
        for strange, who in ((case, UserFactory()), (published(60), officer)):
            with pytest.raises(Refused, match="Attach it again"):
                staged(strange, words, user=who)
        with pytest.raises(Refused, match="Attach it again"):
            staged(case, ["appeals/…"], user=officer)

    def test_those_of_the_day_before_yesterday_are_removed(self, case: Attestation, media: Path) -> None:
        officer, paper = officer_of(case), Paper("a.pdf", "application/pdf", PDF)
        first = stage(case, [paper], by=By(officer, MONDAY))
        stage(case, [paper], by=By(officer, MONDAY + timedelta(days=1)))
        assert staged(case, first, user=officer) == [paper]
        stage(case, [paper], by=By(officer, MONDAY + timedelta(days=2)))
        with pytest.raises(Refused, match="Attach it again"):
            staged(case, first, user=officer)
        assert sorted(day.name for day in (media / "staged").iterdir()) == ["2026-02-10", "2026-02-11"]


class TestWarnings:
    @pytest.mark.parametrize("argument", ["жоқ", "12 – б", "дұрысемес", "абвгдежзиклмнопрст", "нет, не то"])
    def test_a_few_letters_are_short(self, argument: str) -> None:
        assert is_short(argument)

    @pytest.mark.parametrize("argument", [WHY, "Екі жауап та дұрыс", "Ответов два, оба"])
    def test_two_words_of_fifteen_letters_are_not_unless_shorter(self, argument: str) -> None:
        assert is_short(argument) == (argument == "Ответов два, оба")

    @pytest.mark.parametrize(
        ("text", "surname", "found"),
        [
            ("Жауап Ахметоваға берілмеді", "Ахметова", True),
            ("у Ахметовой верный ответ", "Ахметова", True),
            ("хат_АХМЕТОВ.pdf", "Ахметов", True),
            ("Королёва подала", "Королева", True),
            ("Ким подал", "Ким", True),
            ("какими ответами", "Ким", False),
            ("Кимге берілді", "Ким", False),
            ("предахметовский", "Ахметов", False),
            ("без фамилии", "", False),
        ],
    )
    def test_the_surname_in_its_forms_and_not_in_other_words(
        self, text: str, surname: str, found: bool
    ) -> None:
        assert names(text, surname) is found

    def test_the_page_warns_and_files_all_the_same(self, case: Attestation) -> None:
        Employee.objects.filter(pk=case.employee_id).update(last_name="Ахметова")
        officer = officer_of(case)
        sent = typed((12, "жоқ"), (47, f"{WHY} Ахметовой"), step="")
        answer = send(officer, case, {**sent, "papers": [file_of("Ахметова.pdf", PDF)]})
        page = text_of(answer)
        assert "Question 12: the explanation has a few letters only." in page
        assert "Question 47: the explanation names the employee." in page
        assert "“Ахметова.pdf”: the name of the file names the employee." in page
        send(officer, case, again(answer, step="save"))
        assert Appeal.objects.get().items.count() == 2


class TestFiledAgain:
    def test_a_withdrawn_question_within_the_term(self, case: Attestation) -> None:
        first = file(case, 12, 47)
        withdraw_item(first.items.get(question=12), reason="…", by=By(None, FRIDAY))
        second = file(case, 12, now=MONDAY)
        assert (first.state, second.state, fresh(case).open_appeals) == ("open", "open", 2)
        # Whichever of the two is ruled on, it is the one that is not withdrawn; it counts once.
        chair = seated()
        for item in AppealItem.objects.unclosed():
            rule_item(item, ruling="uphold", reason="…", by=By(chair, moment("2026-02-12 11:00")))
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 62
        assert not AppealItem.objects.get(appeal=first, question=12).ruling

    def test_of_an_appeal_withdrawn_as_a_whole_and_then_not_twice(self, case: Attestation) -> None:
        withdraw(file(case, 12), reason="…", by=By(None, FRIDAY))
        file(case, 12, now=MONDAY)
        with pytest.raises(Refused) as refused:
            file(case, 12, now=MONDAY)
        assert refused.value.code == "question_taken"

    def test_of_an_appeal_that_was_resolved_without_it(self, case: Attestation) -> None:
        first = file(case, 12, 47)
        withdraw_item(first.items.get(question=12), reason="…", by=By(None, FRIDAY))
        rule_item(first.items.get(question=47), ruling="uphold", reason="…", by=By(seated(), FRIDAY))
        assert file(case, 12, now=MONDAY).state == "open"
        with pytest.raises(Refused) as refused:
            file(case, 47, now=MONDAY)
        assert refused.value.code == "question_taken"

    @pytest.mark.parametrize(
        ("now", "state"), [(APPEAL_CLOSES - timedelta(microseconds=1), "open"), (APPEAL_CLOSES, "late")]
    )
    def test_i_08_both_sides_of_the_end_of_the_term(
        self, case: Attestation, now: datetime, state: str
    ) -> None:
        withdraw(file(case, 12), reason="…", by=By(None, FRIDAY))
        assert file(case, 12, now=now).state == state


def test_i_08_the_list_of_appeals_has_the_end_of_the_term_as_the_page_has_it(case: Attestation) -> None:
    appeal = file(case, 12)
    client = client_of(officer_of(case))
    for address in (url("appeals_appeal_changelist"), url("appeals_appeal_change", appeal.pk)):
        page = text_of(client.get(address))
        assert "09.02.2026 23:59:59" in page
        assert "10.02.2026" not in page
    assert "09.02.2026 23:59:59" in text_of(client.get(page_of(case)))
    assert date(2026, 2, 9) == appeal.attestation.deadlines.get(kind="appeal").due_on
