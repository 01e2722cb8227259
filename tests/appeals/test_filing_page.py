"""¶21 on our own page: what is in view, who files, when it counts, and that no typed word is lost."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from appeals.models import Appeal, Commission
from appeals.services.filing_here import file_here
from attestation.by import By
from attestation.models import Attestation, Deadline, JournalEntry, Role, User
from attestation.refusals import Refused
from tests.appeals.filing_cast import (
    JPG,
    KEY,
    PDF,
    WHY,
    file_of,
    officer_of,
    page_of,
    send,
    typed,
)
from tests.attestation.admin_cast import at, client_of, messages_of, text_of, url
from tests.factories import AttestationFactory, UserFactory, moment
from tests.siblings_cast import APPEAL_CLOSES, decided, footprint, fresh, made_once, published, seated, sweep

__all__ = ["at"]
SetClock = Callable[[datetime], None]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at", "media")]
LAST_MOMENT = APPEAL_CLOSES - timedelta(milliseconds=1)
made = made_once(lambda: published(60))
XSS = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def case(made: Attestation, db: None) -> Attestation:
    """A case below 70 % that may appeal."""
    return deepcopy(made)


def errors_of(answer: Any) -> str:
    """Everything that the form complains about."""
    return " ".join(text for texts in answer.context["form"].errors.values() for text in texts)


def kept_of(answer: Any) -> list[str]:
    """The words by which the page that came back finds its files again."""
    return [word for word, _paper in answer.context["form"].kept]


class TestInView:
    def test_result_deadline_days_and_time_left(self, at: SetClock) -> None:
        case = published(97, wrong=[12, 47, 80])
        at(moment("2026-02-09 21:30"))
        page = text_of(client_of(officer_of(case)).get(page_of(case)))
        assert "97/100" in page
        assert "12, 47, 80" in page
        assert "09.02.2026 23:59:59" in page
        assert "counted: 06.02.2026, 09.02.2026" in page
        assert "Time left at 21:30:00: 2\xa0hours, 30\xa0minutes." in page
        assert case.employee.full_name in page

    def test_after_the_term_it_says_what_becomes_of_it(self, case: Attestation, at: SetClock) -> None:
        at(APPEAL_CLOSES)
        page = text_of(client_of(officer_of(case)).get(page_of(case)))
        assert "The term is over. What is filed now is kept on record as late" in page
        assert "Time left" not in page

    def test_i_13_only_a_listed_question_can_be_chosen(self) -> None:
        case = published(97, wrong=[12, 47, 80])
        officer = officer_of(case)
        page = text_of(client_of(officer).get(page_of(case)))
        assert '<option value="47">47</option>' in page
        assert '<option value="48">' not in page
        answer = send(officer, case, typed((48, WHY)))
        assert answer.status_code == 422
        assert "Question 48 is not among the wrong ones. Choose one of the list." in errors_of(answer)
        assert WHY in text_of(answer)
        assert not Appeal.objects.exists()
        assert send(officer, case, typed((47, WHY))).status_code == 200
        assert Appeal.objects.get().items.get().question == 47

    def test_without_a_list_any_number_of_the_test(self, case: Attestation) -> None:
        assert 'name="question_0"' in text_of(client_of(officer_of(case)).get(page_of(case)))
        assert send(officer_of(case), case, typed((100, WHY))).status_code == 200
        assert Appeal.objects.get().items.get().question == 100


class TestOffered:
    """The button stands where the service would take an appeal, in time or late (I-14)."""

    def offered(self, case: Attestation) -> bool:
        page = text_of(client_of(officer_of(case)).get(url("attestation_attestation_change", case.pk)))
        return "/do/file-appeal/" in page

    def test_while_the_term_runs_and_after_it(self, case: Attestation, at: SetClock) -> None:
        assert self.offered(case)
        at(APPEAL_CLOSES)
        assert self.offered(case)

    def test_not_on_a_closed_case_nor_without_a_published_result(self, case: Attestation) -> None:
        unpublished = AttestationFactory()
        assert not self.offered(unpublished)
        Attestation.objects.filter(pk=case.pk).update(status="closed")  # as versions before I-23 closed it
        assert not self.offered(fresh(case))
        answer = send(officer_of(case), fresh(case), typed((12, WHY)))
        assert answer.status_code == 422
        assert "was closed without a decision; there is nothing to appeal against." in errors_of(answer)


class TestMoment:
    """F-D15: the moment at which the server receives it decides, not the one at which the form was opened."""

    @pytest.mark.parametrize(
        ("received", "state"),
        [
            (LAST_MOMENT, "open"),  # 23:59:59.999
            (APPEAL_CLOSES, "late"),  # 00:00:00
            (APPEAL_CLOSES + timedelta(microseconds=1), "late"),
        ],
    )
    def test_f_d15_both_sides_of_midnight_with_the_form_opened_before(
        self, case: Attestation, received: datetime, state: str, at: SetClock
    ) -> None:
        officer = officer_of(case)
        client = client_of(officer)
        at(LAST_MOMENT - timedelta(minutes=20))
        form = client.get(page_of(case)).context["form"]
        assert form["filed_at"].value() in (None, "")
        at(received)
        answer = client.post(page_of(case), typed((12, WHY), form_key=form["form_key"].value()), follow=True)
        appeal = Appeal.objects.get()
        assert (appeal.state, appeal.filed_at, appeal.recorded_at) == (state, received, received)
        assert [(item.question, item.argument) for item in appeal.items.all()] == [(12, WHY)]
        assert fresh(case).open_appeals == (1 if state == "open" else 0)
        if state == "late":
            assert "after the term ended on 09.02.2026 23:59:59" in messages_of(answer)[0]
            assert "the employee turns to the secretary of the commission" in messages_of(answer)[0]
            assert not Deadline.objects.filter(kind="ruling").exists()

    def test_i_14_an_earlier_filing_is_stated_with_a_note(self, case: Attestation, at: SetClock) -> None:
        at(moment("2026-02-10 11:00"))
        officer = officer_of(case)
        sent = typed((12, WHY), filed_at="2026-02-09T16:30")
        answer = send(officer, case, sent)
        assert answer.status_code == 422
        assert "say how it was received" in errors_of(answer)
        assert WHY in text_of(answer)
        assert send(officer, case, {**sent, "receipt_note": "хат, № 17"}).status_code == 200
        appeal = Appeal.objects.get()
        assert (appeal.state, appeal.filed_at) == ("open", moment("2026-02-09 16:30"))
        assert appeal.receipt_note == "хат, № 17"

    def test_a_filing_stated_in_the_future_is_refused(self, case: Attestation) -> None:
        answer = send(officer_of(case), case, typed((12, WHY), filed_at="2026-02-09T23:59", receipt_note="x"))
        assert answer.status_code == 422
        assert not Appeal.objects.exists()

    def test_i_14_a_timely_one_recorded_late_reopens_the_final_decision(self, at: SetClock) -> None:
        case = decided(60)
        sweep(moment("2026-02-11 00:05"))
        assert fresh(case).status == "final"
        at(moment("2026-02-18 10:00"))
        sent = typed((12, WHY), filed_at="2026-02-09T16:30", receipt_note="хат")
        assert send(officer_of(case), case, sent).status_code == 200
        assert (fresh(case).status, fresh(case).open_appeals) == ("provisional", 1)


class TestNothingTypedIsLost:
    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"argument_1": ""}, "Each question needs its argument: a full explanation (¶21)."),
            ({"question_1": ""}, "Which question? Give its number."),
            ({"question_1": "x"}, "Enter a whole number."),
            ({"question_1": "101"}, "There is no question 101"),
            ({"question_1": "12"}, "Question 12 is named twice"),
            ({"argument_1": "a\x00b"}, "Null characters are not allowed"),
            ({"argument_1": "ә" * 10_001}, "at most 10000 characters"),
            ({"filed_at": "нет"}, "valid date"),
            ({"receipt_note": "х" * 256}, "at most 255 characters"),
            ({"external_id": "х" * 121}, "at most 120 characters"),
        ],
    )
    def test_a_form_with_errors_keeps_every_word_and_says_what_to_do(
        self, case: Attestation, changed: dict[str, str], words: str
    ) -> None:
        before = footprint()
        sent = typed((12, WHY), (47, "Кілт ескі"), **changed)
        answer = send(officer_of(case), case, sent)
        assert answer.status_code == 422
        assert words in errors_of(answer)
        form = answer.context["form"]
        for name in ("question_0", "argument_0", "question_1", "argument_1", "receipt_note"):
            assert (form[name].value() or "") == sent[name]
        assert WHY in text_of(answer)
        assert footprint() == before

    def test_ten_questions_that_were_added_are_ten_questions_after_an_error(self, case: Attestation) -> None:
        sent = typed(*((number, f"{WHY} {number}") for number in range(1, 11)), argument_9="")
        page = text_of(send(officer_of(case), case, sent))
        assert all(f"{WHY} {number}" in page for number in range(1, 10))
        assert 'name="question_9"' in page

    def test_a_file_stays_with_the_form_that_comes_back(self, case: Attestation) -> None:
        officer = officer_of(case)
        first = typed((12, ""), papers=[file_of("a.pdf", PDF)], step="")
        answer = send(officer, case, first)
        assert "a.pdf" in text_of(answer)
        send(officer, case, typed((12, WHY), kept=kept_of(answer)))
        assert [paper.name for paper in Appeal.objects.get().attachments.all()] == ["a.pdf"]

    def test_refused_files_must_be_attached_again_and_it_says_so(self, case: Attestation) -> None:
        answer = send(officer_of(case), case, typed((12, WHY), papers=[file_of("a.pdf", JPG)], step=""))
        assert "Attach the files again" in errors_of(answer)

    def test_a_question_ruled_faulty_while_the_form_was_open_is_kept_as_text(self) -> None:
        case = published(97, wrong=[12, 47, 80])
        officer = officer_of(case)
        client_of(officer).get(page_of(case))
        from attestation.cases.result_changes import amend_by_ruling

        amend_by_ruling(case, correct=98, wrong=[47, 80], reason="…", by=By(None, moment("2026-02-09 09:00")))
        answer = send(officer, case, typed((12, WHY)))
        assert answer.status_code == 422
        assert WHY in text_of(answer)


class TestTwice:
    """F-C2: the same form a second time is the first result."""

    def test_f_c2_a_second_press_shows_the_first_result(self, case: Attestation) -> None:
        officer = officer_of(case)
        papers = {"papers": [file_of("a.jpg", JPG)]}
        first = send(officer, case, typed((12, WHY), **papers))
        before = footprint()
        second = send(officer, case, typed((12, WHY), papers=[file_of("a.jpg", JPG)]))
        assert messages_of(first)[0] == messages_of(second)[0]
        assert footprint() == before
        assert Appeal.objects.get().attachments.count() == 1

    def test_other_contents_under_the_same_key_are_not_dropped(self, case: Attestation) -> None:
        officer = officer_of(case)
        send(officer, case, typed((12, WHY)), follow=False)
        answer = send(officer, case, typed((47, "Басқа мәтін")))
        assert answer.status_code == 422
        assert "This form was filed already, as appeal" in errors_of(answer)
        assert "Басқа мәтін" in text_of(answer)
        assert Appeal.objects.count() == 1

    def test_another_form_is_another_appeal(self, case: Attestation) -> None:
        officer = officer_of(case)
        send(officer, case, typed((12, WHY)), follow=False)
        assert send(officer, case, typed((47, WHY), form_key="f" * 32)).status_code == 200
        assert Appeal.objects.count() == 2

    def test_a_key_of_another_case_is_not_its_appeal(self, case: Attestation) -> None:
        one, other = case, published(60)
        send(officer_of(one), one, typed((12, WHY)), follow=False)
        assert send(officer_of(other), other, typed((12, WHY))).status_code == 200
        assert {appeal.attestation_id for appeal in Appeal.objects.all()} == {one.pk, other.pk}


class TestWho:
    def test_f_a6_an_officer_never_files_their_own(self, case: Attestation) -> None:
        own = officer_of(case, employee=case.employee)
        assert client_of(own).get(page_of(case)).status_code == 403
        assert send(own, case, typed((12, WHY))).status_code == 403
        assert not Appeal.objects.exists()
        with pytest.raises(Refused) as refused:
            file_here(
                case,
                stated_at=None,
                items=[(12, WHY)],
                receipt_note="",
                external_id="",
                papers=[],
                form_key=KEY,
                by=By(own, moment("2026-02-09 10:00")),
            )
        assert refused.value.code == "own_record"

    def test_f_a6_a_secretary_never_files_their_own_either(self, case: Attestation) -> None:
        secretary = seated(Role.SECRETARY, employee=case.employee)
        assert send(secretary, case, typed((12, WHY))).status_code == 403

    def test_the_secretary_files_where_the_only_officer_is_the_appellant(self, case: Attestation) -> None:
        officer_of(case, employee=case.employee)
        secretary = seated(Role.SECRETARY, case.center.labour_mobility_center)
        assert send(secretary, case, typed((12, WHY))).status_code == 200
        assert Appeal.objects.get().recorded_by == secretary

    def test_the_secretary_does_not_where_there_is_another_officer(self, case: Attestation) -> None:
        officer_of(case, employee=case.employee)
        officer_of(case, username="other-officer")
        secretary = seated(Role.SECRETARY)
        page = text_of(client_of(secretary).get(page_of(case)))
        assert "the HR officer of the centre files appeals: other-officer" in page
        answer = send(secretary, case, typed((12, WHY)))
        assert answer.status_code == 422
        assert WHY in text_of(answer)
        assert not Appeal.objects.exists()

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.CHAIR, Role.MEMBER])
    def test_nobody_else_files(self, case: Attestation, role: str) -> None:
        user = UserFactory(role=role) if role == Role.AUDITOR else seated(role)
        assert send(user, case, typed((12, WHY))).status_code == 403

    def test_an_officer_of_another_centre_does_not_see_the_case(self, case: Attestation) -> None:
        other = published(60)
        before = footprint()
        answer = send(officer_of(other), case, typed((12, WHY)))
        assert messages_of(answer) == ["There is no such record among those in your sight."]
        assert footprint() == before


class TestCommission:
    def test_the_commission_of_the_labour_mobility_centre_where_it_has_one(self, case: Attestation) -> None:
        own = seated(Role.CHAIR, case.center.labour_mobility_center)
        send(officer_of(case), case, typed((12, WHY)), follow=False)
        item = Appeal.objects.get().items.get()
        assert item.commission == own.memberships.get().commission

    def test_else_the_central_one(self, case: Attestation) -> None:
        Commission.objects.create(center=case.center.labour_mobility_center)
        send(officer_of(case), case, typed((12, WHY)), follow=False)
        commission = Appeal.objects.get().items.get().commission
        assert commission is not None
        assert commission.center is None


class TestStoredScript:
    def test_f_w2_script_in_argument_note_and_file_name_is_shown_as_text(self, case: Attestation) -> None:
        officer = officer_of(case)
        name = "<img src=x onerror=alert(1)>.pdf"
        sent = typed((12, XSS), filed_at="2026-02-06T10:00", receipt_note=XSS, papers=[file_of(name, PDF)])
        assert send(officer, case, sent).status_code == 200
        appeal = Appeal.objects.get()
        paper = appeal.attachments.get()
        assert paper.name == name
        for address in (
            url("appeals_appeal_change", appeal.pk),
            url("attestation_attestation_change", case.pk),
            url("appeals_appeal_changelist"),
            url("appeals_appealitem_changelist"),
            url("attestation_attestation_history", case.pk),
        ):
            page = text_of(client_of(officer).get(address))
            assert "<script>alert" not in page, address
            assert "<img src=x" not in page, address
        assert "&lt;script&gt;alert(1)" in text_of(
            client_of(officer).get(url("appeals_appeal_change", appeal.pk))
        )

    def test_f_w2_in_a_form_that_comes_back(self, case: Attestation) -> None:
        page = text_of(send(officer_of(case), case, typed(("", XSS))))
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestRulingDeadline:
    """Five working days after the filing, a setting of ours; day 0 is the day of filing."""

    def test_it_is_in_the_ledger_with_its_days(self, case: Attestation) -> None:
        send(officer_of(case), case, typed((12, WHY)), follow=False)  # Monday 9 February
        deadline = Deadline.objects.get(kind="ruling")
        assert deadline.key == f"ruling:{Appeal.objects.get().pk}"
        assert deadline.days == ["2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13", "2026-02-16"]
        assert (str(deadline.due_on), deadline.closes_at) == ("2026-02-16", moment("2026-02-17 00:00"))
        page = text_of(
            client_of(User.objects.get(role=Role.HR)).get(url("attestation_attestation_change", case.pk))
        )
        assert "a term of ours, not the order" in page

    def test_it_does_not_hold_up_a_decision(self) -> None:
        case = decided(60)
        send(officer_of(case), case, typed((12, WHY)), follow=False)
        from appeals.services.withdrawal import withdraw

        withdraw(Appeal.objects.get(), reason="…", by=By(None, moment("2026-02-10 10:00")))
        sweep(moment("2026-02-11 00:05"))
        assert fresh(case).status == "final"

    def test_missed_by_the_sweep_and_never_changed_again(self, case: Attestation) -> None:
        from appeals.services.ruling import rule_item

        send(officer_of(case), case, typed((12, WHY)), follow=False)
        sweep(moment("2026-02-17 00:00"))
        deadline = Deadline.objects.get(kind="ruling")
        assert deadline.state == "missed"
        rule_item(
            Appeal.objects.get().items.get(),
            ruling="uphold",
            reason="…",
            by=By(seated(), moment("2026-02-18 10:00")),
        )
        deadline.refresh_from_db()
        assert (deadline.state, deadline.closed_by) == ("missed", "sweep")

    def test_met_when_ruled_on_in_time_void_when_withdrawn(self, case: Attestation) -> None:
        from appeals.services.ruling import rule_item
        from appeals.services.withdrawal import withdraw

        ruled, left = case, published(60)
        for case in (ruled, left):
            send(officer_of(case), case, typed((12, WHY)), follow=False)
        rule_item(
            Appeal.objects.get(attestation=ruled).items.get(),
            ruling="reject",
            reason="…",
            by=By(seated(), moment("2026-02-16 23:59")),
        )
        withdraw(Appeal.objects.get(attestation=left), reason="…", by=By(None, moment("2026-02-16 23:59")))
        states = {
            deadline.attestation_id: deadline.state for deadline in Deadline.objects.filter(kind="ruling")
        }
        assert states == {ruled.pk: "met", left.pk: "void"}

    def test_reminders_go_to_secretary_and_chair_and_to_nobody_else(self, case: Attestation) -> None:
        from attestation.models import Notice
        from attestation.notices.reminders import queue_reminders

        chair, secretary = seated(Role.CHAIR), seated(Role.SECRETARY)
        seated(Role.MEMBER)
        send(officer_of(case), case, typed((12, WHY)), follow=False)
        told = []
        for now in ("2026-02-09 10:05", "2026-02-15 09:00", "2026-02-16 09:00", "2026-02-16 09:05"):
            queue_reminders(now=moment(now))
            rows = Notice.objects.filter(kind="reminder_ruling").order_by("pk")
            told.append([(row.rung, row.user) for row in rows[sum(map(len, told)) :]])
        both = [chair, secretary]
        assert told == [
            [("open", user) for user in both],
            [("1-days", user) for user in both],
            [("last-morning", user) for user in both],
            [],
        ]

    def test_the_letter_names_nobody(self, case: Attestation) -> None:
        from attestation.models import Notice
        from attestation.notices.letters import texts
        from attestation.notices.reminders import queue_reminders

        seated(Role.CHAIR)
        seated(Role.SECRETARY)
        send(officer_of(case), case, typed((12, WHY)), follow=False)
        queue_reminders(now=moment("2026-02-09 10:05"))
        to = {
            notice.user.role: texts(notice, "en") for notice in Notice.objects.filter(kind="reminder_ruling")
        }
        subject, body = to["secretary"]
        assert case.case_no in subject
        assert "not by the order" in body
        assert case.case_no not in " ".join(to["chair"])
        for subject, body in to.values():
            assert "16.02.2026, 23:59:59" in body
            assert case.employee.last_name not in subject + body
            assert f"/attestation/{case.pk}/" not in body


def test_the_journal_tells_the_filing_with_its_papers(case: Attestation) -> None:
    send(officer_of(case), case, typed((12, WHY), papers=[file_of("Хат.pdf", PDF)]), follow=False)
    entry = JournalEntry.objects.get(act="file_appeal", attestation=case)
    assert [paper["name"] for paper in entry.data["papers"]] == ["Хат.pdf"]


def test_the_page_says_no_for_a_case_without_a_result() -> None:
    from tests.factories import AttestationFactory

    case: Attestation = AttestationFactory()
    answer = send(officer_of(case), case, typed((12, WHY)))
    assert answer.status_code == 422
    assert "no test result is published" in errors_of(answer)
    assert WHY in text_of(answer)
