"""The acts of the chain from the pages: one service call, a refusal in words, a second click harmless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import pytest

from appeals.models import Appeal
from attestation.by import By
from attestation.law import parameters
from attestation.law.parameters import TABLE, Parameter, revisions
from attestation.models import Attestation, Consequence, Cycle, Decision, Result, Role, RuleSet, Status
from scoring.models import RatingRuling
from tests.appeals.filing_cast import PDF, file_of
from tests.attestation.admin_cast import (
    NEXT_WEEK,
    Region,
    at,
    client_of,
    make_region,
    member_of,
    messages_of,
    text_of,
    url,
)
from tests.binding import done
from tests.factories import AttestationFactory, EmployeeFactory, moment
from tests.records import CourseRow, save_courses
from tests.siblings_cast import decided, examined, footprint, fresh, rate, read, sweep
from tests.tables.test_sent_twice import everything, key_in, twice

__all__ = ["at"]
SetClock = Callable[[datetime], None]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]


def made_once() -> Region:
    return make_region("Ю9")


@pytest.fixture
def region(shared: Region) -> Region:
    """A region with a decided and an appealed case."""
    return shared


def act(client: Any, name: str, row: Any, slug: str, **answers: Any) -> Any:
    """Answer the form of an act."""
    return done(client, url(f"{name}_act", row.pk, slug), answers, follow=True)


def form_errors(response: Any) -> list[str]:
    """What the form of a refused act says."""
    return [error for errors in response.context["form"].errors.values() for error in errors]


# --- a cycle, from its opening to publication -------------------------------------------------------------


def opened(client: Any, region: Region, **changed: Any) -> Any:
    form = {
        "center": region.center.pk,
        "code": "AQM-7",
        "testing_starts": "2026-03-02",
        "testing_ends": "2026-03-06",
    }
    return client.post(url("attestation_cycle_add"), {**form, **changed}, follow=True)


def test_an_officer_opens_a_cycle_and_forms_its_list(region: Region) -> None:
    client = client_of(region.officer)
    answer = opened(client, region)
    assert messages_of(answer) == [
        "Cycle AQM-7 is open, its testing stage is 02.03.2026 – 06.03.2026. Form the list."
    ]
    cycle = Cycle.objects.get(code="AQM-7")
    person = EmployeeFactory(center=region.career, last_name="Қыдырова", first_name="Ботагөз")
    answer = act(client, "attestation_cycle", cycle, "list", people=f"{person.pk}:category:consultant")
    assert messages_of(answer) == ["Қыдырова Ботагөз is on the list: case AQM-7-0001."]
    case = Attestation.objects.get(cycle=cycle)
    assert (case.status, case.existing, case.declared) == ("listed", "none", "consultant")


def test_a_refused_cycle_says_why_and_leaves_nothing(region: Region) -> None:
    client = client_of(region.officer)
    answer = opened(client, region, testing_ends="2026-03-01")
    assert answer.status_code == 422
    assert form_errors(answer) == [
        "The testing stage ends (01.03.2026) before it begins (02.03.2026). Correct the dates."
    ]
    assert not Cycle.objects.filter(code="AQM-7").exists()


def test_opening_a_cycle_twice_is_a_message_not_a_fault(region: Region) -> None:
    client = client_of(region.officer)
    opened(client, region)
    answer = opened(client, region, testing_ends="2026-03-01")
    assert form_errors(answer) == [
        "There is a cycle with the code AQM-7 already. Choose another.",
        "The testing stage ends (01.03.2026) before it begins (02.03.2026). Correct the dates.",
    ]
    assert Cycle.objects.filter(code="AQM-7").count() == 1


def test_a_cycle_proposes_its_code_and_days_and_names_weekends(region: Region) -> None:
    client = client_of(region.officer)
    opened(client, region, testing_starts="2026-02-28", testing_ends="2026-03-03")
    cycle = Cycle.objects.get(code="AQM-7")
    assert "28.02.2026 (saturday) – 03.03.2026" in text_of(
        client.get(url("attestation_cycle_change", cycle.pk))
    )
    initial = client.get(url("attestation_cycle_add")).context["form"].initial
    # A Monday in four weeks from Monday, 9 February, as long as the stage before.
    days = (date(2026, 3, 9), date(2026, 3, 12))
    assert (initial["code"], initial["testing_starts"], initial["testing_ends"]) == ("AQM-8", *days)


@pytest.mark.parametrize(
    ("statuses", "at_day", "sentence", "leads_to"),
    [
        ((), "2026-02-20", "Nobody is on the list yet. It can be formed through 01.03.2026.", "do/list"),
        (("listed",), "2026-02-20", "Course hours of 1 person are not on record yet.", "upload/courses"),
        ((), "2026-03-03", "it can't be formed any more", "do/stage"),
        (("admitted", "tested"), "2026-03-03", "1 admitted person has no result on record yet.", "results"),
        (("closed", "closed"), "2026-03-30", "Nothing is left to do here.", ""),
        (("held", "closed"), "2026-03-30", "1 decision is held: its case says what is missing.", ""),
    ],
)
def test_a_cycle_says_what_comes_next(
    region: Region, at: SetClock, statuses: tuple[str, ...], at_day: str, sentence: str, leads_to: str
) -> None:
    client = client_of(region.officer)
    opened(client, region)
    cycle = Cycle.objects.get(code="AQM-7")
    for status in statuses:
        pinned = RuleSet.objects.first() if status == "held" else None
        person = EmployeeFactory(center=region.career)
        AttestationFactory(cycle=cycle, employee=person, status=status, rule_set=pinned)
    at(moment(f"{at_day} 10:00"))
    page = client.get(url("attestation_cycle_change", cycle.pk))
    said = page.context["next"]
    assert sentence in said.sentence
    assert leads_to in said.url
    assert bool(leads_to) == bool(said.url)
    assert text_of(page).count('class="btn primary"') == bool(leads_to)


def test_a_purpose_that_the_position_has_not_is_refused_i_22(region: Region) -> None:
    client = client_of(region.officer)
    opened(client, region)
    cycle = Cycle.objects.get(code="AQM-7")
    person = EmployeeFactory(center=region.career)
    answer = act(client, "attestation_cycle", cycle, "list", people=f"{person.pk}:position:")
    assert answer.status_code == 422
    assert "does not exist for the position" in form_errors(answer)[0]
    assert not cycle.attestations.exists()


def test_admission_is_decided_and_counted(region: Region) -> None:
    client = client_of(region.officer)
    opened(client, region)
    cycle = Cycle.objects.get(code="AQM-7")
    for number in range(2):
        person = EmployeeFactory(center=region.career)
        act(client, "attestation_cycle", cycle, "list", people=f"{person.pk}:category:consultant")
        if number:
            save_courses(
                cycle,
                [CourseRow(person.pk, "consultant", None, None)],
                by=By(None, moment("2026-02-09 10:00")),
            )
    answer = act(client, "attestation_cycle", cycle, "admit")
    refused = cycle.attestations.get(status="not_admitted")
    said, against = messages_of(answer)
    assert said == "Admitted to testing: 1; not admitted: 1."
    assert against.startswith(f"{refused.case_no}, {refused.employee.full_name}: Not admitted: no course")
    page = text_of(client.get(url("attestation_attestation_change", refused.pk)))
    assert "no course in the profile of the declared category" in page
    assert "¶14.2" in page


def test_publishing_twice_is_a_message_not_a_fault(region: Region) -> None:
    client = client_of(region.officer)
    answer = act(client, "attestation_cycle", region.case.cycle, "publish")
    assert messages_of(answer) == ["Nothing to publish: every result on record is published."]
    assert "/do/publish/" not in text_of(answer)


# --- assessment ------------------------------------------------------------------------------------------


def held(region: Region) -> Attestation:
    """E11: a mean of 4.0 lies between the two lines of row 2."""
    case = examined(90, employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    rate(case, "4")
    read(case)
    sweep(moment("2026-02-08 10:00"))
    assert fresh(case).status == Status.HELD
    return fresh(case)


def test_the_chair_rules_on_a_held_row_with_a_reason_i_04(region: Region) -> None:
    case = held(region)
    client = client_of(member_of(Role.CHAIR, region))
    page = text_of(client.get(url("scoring_heldrow_change", case.pk)))
    assert "The rating lies between the two lines of row 2" in page
    assert "/do/rule-rating/" in page
    answer = act(client, "scoring_heldrow", case, "rule-rating", points="10", reason="Бәрі оң")
    assert messages_of(answer) == ["Ruled: 10 points for row 2. The case is assessed anew."]
    assert fresh(case).status == Status.PROVISIONAL
    assert "92 points, at least 85" in text_of(client.get(url("attestation_attestation_change", case.pk)))
    assert RatingRuling.objects.get().reason == "Бәрі оң"


def test_i_04_the_ruling_offers_the_points_in_force(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    case = held(region)
    client = client_of(member_of(Role.CHAIR, region))
    address = url("scoring_heldrow_act", case.pk, "rule-rating")
    assert "10 points" in text_of(client.get(address))
    row = Parameter("rating_points_high", 12, "points", "App. 1-2 row 2", case.cycle.testing_ends)
    monkeypatch.setattr(parameters, "REVISIONS", revisions([*TABLE, row]))
    page = text_of(client.get(address))
    assert "12 points" in page
    assert "0 points" in page
    assert "10 points" not in page
    assert client.post(address, {"points": "10", "reason": "Бәрі оң"}).status_code == 422


def test_ruling_a_second_time_is_refused_in_words(region: Region) -> None:
    case = held(region)
    client = client_of(member_of(Role.CHAIR, region))
    act(client, "scoring_heldrow", case, "rule-rating", points="10", reason="Бәрі оң")
    before = footprint()
    answer = act(client, "attestation_attestation", case, "rule-rating", points="0", reason="Жоқ")
    assert answer.status_code == 422
    assert form_errors(answer)
    assert footprint() == before


def test_nobody_but_the_chair_rules_on_row_2(region: Region) -> None:
    case = held(region)
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR, Role.SECRETARY, Role.MEMBER):
        client = client_of(member_of(role, region))
        answers = {
            name: client.post(url(f"{name}_act", case.pk, "rule-rating"), {"points": "10", "reason": "x"})
            for name in ("attestation_attestation", "scoring_heldrow")
        }
        statuses = {name: answer.status_code for name, answer in answers.items()}
        # To whoever may have to vote on it the case is not there.
        there = 302 if role == Role.MEMBER else 403
        assert statuses == {"attestation_attestation": there, "scoring_heldrow": 302}, role
        assert RatingRuling.objects.count() == 0
        assert "/do/rule-rating/" not in text_of(client.get(url("attestation_attestation_change", case.pk)))


def test_selected_cases_are_assessed_and_each_refusal_is_named(region: Region) -> None:
    waiting = examined(89, employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    absent = AttestationFactory(employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    client = client_of(region.officer)
    path = url("attestation_attestation_changelist")
    chosen = {"action": "score_selected", "_selected_action": [waiting.pk, absent.pk]}
    before = footprint()
    look = client.post(path, chosen)
    assert look.context["found"].left[0].startswith(f"{absent.case_no}: Case {absent.case_no}")
    assert waiting.employee.full_name in text_of(look)
    assert footprint() == before
    said = messages_of(done(client, path, chosen, follow=True))
    assert said[0] == "Assess now: 1 record."
    assert said[1].startswith(f"{absent.case_no}: Case {absent.case_no}")
    assert len(said) == 2
    assert fresh(waiting).status == Status.HELD


# --- decisions -------------------------------------------------------------------------------------------


def test_a_decision_becomes_final_once_its_terms_are_over_i_12(region: Region, at: SetClock) -> None:
    chair = client_of(member_of(Role.CHAIR, region))
    early = act(chair, "attestation_attestation", region.case, "finalise")
    assert form_errors(early) == [
        f"Case {region.case.case_no}: the appeal term and the grace after it run until the end of "
        "10.02.2026. The decision is made final after that."
    ]
    at(NEXT_WEEK)
    answer = act(chair, "attestation_attestation", region.case, "finalise")
    assert messages_of(answer) == ["The decision is final: conforms to the declared category."]
    decision = Decision.objects.current().get(attestation=region.case)
    assert (decision.state, f"{decision.dated}") == ("final", "2026-02-10")
    again = act(chair, "attestation_attestation", region.case, "finalise")
    assert again.status_code == 422
    assert Decision.objects.filter(attestation=region.case, state="final").count() == 1


def test_a_case_under_appeal_is_not_finalised_by_selection(region: Region, at: SetClock) -> None:
    at(NEXT_WEEK)
    client = client_of(member_of(Role.SECRETARY, region))
    chosen = {"action": "finalise_selected", "_selected_action": [region.case.pk, region.appealed.pk]}
    said = messages_of(done(client, url("attestation_attestation_changelist"), chosen, follow=True))
    assert said[0] == "Make the decision final: 1 record."
    assert said[1].startswith(str(region.appealed))


@pytest.mark.parametrize(
    ("name", "role"), [("score_selected", Role.HR), ("finalise_selected", Role.SECRETARY)]
)
def test_f_c2_a_selection_sent_twice_acts_once(region: Region, at: SetClock, name: str, role: str) -> None:
    waiting = examined(89, employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    if role != Role.HR:
        at(NEXT_WEEK)
    client = client_of(region.officer if role == Role.HR else member_of(role, region))
    path = url("attestation_attestation_changelist")
    chosen = {"action": name, "_selected_action": [region.case.pk, waiting.pk]}
    look = client.post(path, chosen)
    form = {**chosen, "step": "save", "shown": look.context["digest"], "page_key": key_in(look)}
    first = client.post(path, form)
    said, left = messages_of(client.get(first["Location"])), everything()
    second = client.post(path, form)
    assert (second.status_code, second["Location"], everything()) == (302, first["Location"], left)
    again = messages_of(client.get(second["Location"]))
    assert again[0].startswith("This was already done at ")
    assert again[1:] == said


def test_a_clerical_error_is_corrected_with_a_reason_and_a_new_term(region: Region) -> None:
    client = client_of(region.officer)
    form = {
        "questions_total": "100",
        "correct_answers": "98",
        "wrong_questions": "",
        "test_variant": "",
        "finished_at": "2026-02-04T11:00",
        "reason": "Скан екінші бетсіз оқылған",
        "document": "2026 жылғы 6 ақпандағы № 4 акт",
    }
    answer = act(client, "attestation_attestation", region.case, "correct-result", **form)
    assert messages_of(answer) == ["The result is corrected to 98/100; a new appeal term runs."]
    rows = list(Result.objects.filter(attestation=region.case).order_by("pk"))
    assert [row.superseded_at is None for row in rows] == [False, True]
    assert rows[1].reason == "Скан екінші бетсіз оқылған"
    without = act(client, "attestation_attestation", region.case, "correct-result", **{**form, "reason": " "})
    assert without.status_code == 422


def test_a_wrong_list_of_questions_is_refused_i_13(region: Region) -> None:
    client = client_of(region.officer)
    form = {
        "questions_total": "100",
        "correct_answers": "98",
        "wrong_questions": "1, x",
        "finished_at": "2026-02-04T11:00",
        "reason": "қате",
        "document": "№ 4 акт",
    }
    answer = act(client, "attestation_attestation", region.case, "correct-result", **form)
    assert answer.context["form"].errors["wrong_questions"] == [
        "“x” is no number of a question. Write numbers separated by commas."
    ]
    form["wrong_questions"] = "1, 2, 3"
    answer = act(client, "attestation_attestation", region.case, "correct-result", **form)
    assert "must have exactly 2" in form_errors(answer)[0]


def test_what_the_employer_did_is_put_on_record_i_19(region: Region, at: SetClock) -> None:
    person = EmployeeFactory(center=region.career)
    case = decided(60, employee=person, cycle=region.case.cycle, repeat=True)
    sweep(moment("2026-02-11 00:05"))
    duty = Consequence.objects.get(attestation=case, kind="dismissal")
    at(NEXT_WEEK)
    client = client_of(region.officer)
    page = text_of(client.get(url("attestation_consequence_change", duty.pk)))
    assert "/do/done/" in page
    assert "¶28.1" in page
    answer = act(client, "attestation_consequence", duty, "done", text="№ 12-к бұйрық, 16.02.2026")
    assert messages_of(answer) == ["It is on record what the employer did."]
    again = act(client, "attestation_consequence", duty, "done", text="тағы")
    assert again.status_code == 422
    duty.refresh_from_db()
    assert duty.done_text == "№ 12-к бұйрық, 16.02.2026"


def test_a_case_is_closed_with_a_reason_alone(region: Region) -> None:
    client = client_of(region.officer)
    opened(client, region)
    cycle = Cycle.objects.get(code="AQM-7")
    person = EmployeeFactory(center=region.career)
    act(client, "attestation_cycle", cycle, "list", people=f"{person.pk}:category:consultant")
    case = cycle.attestations.get()
    assert act(client, "attestation_attestation", case, "close", reason="").status_code == 422
    assert fresh(case).status == Status.LISTED
    answer = act(client, "attestation_attestation", case, "close", reason="Өтінішін қайтып алды")
    assert messages_of(answer) == [f"Case {case.case_no} is closed."]
    assert "Өтінішін қайтып алды" in text_of(answer)


# --- appeals ---------------------------------------------------------------------------------------------


def filing(**changed: Any) -> dict[str, Any]:
    return {
        "filed_at": "2026-02-09T09:30",
        "receipt_note": "кеңсе, № 4",
        "external_id": "",
        "rows": "2",
        "question_0": "17",
        "argument_0": "Екі жауап та дұрыс",
        "question_1": "",
        "argument_1": "",
        "step": "save",
        **changed,
    }


def test_an_appeal_is_recorded_question_by_question(region: Region) -> None:
    client = client_of(region.officer)
    answer = act(client, "attestation_attestation", region.case, "file-appeal", **filing())
    appeal = Appeal.objects.exclude(pk=region.appeal.pk).get()
    assert messages_of(answer) == [f"Appeal {appeal.external_id} is on record."]
    assert [(item.question, item.argument) for item in appeal.items.all()] == [(17, "Екі жауап та дұрыс")]
    assert appeal.filed_at == moment("2026-02-09 09:30")


def test_an_appeal_after_the_term_is_kept_as_late_i_14(region: Region, at: SetClock) -> None:
    at(NEXT_WEEK)
    client = client_of(region.officer)
    late = filing(filed_at="2026-02-10T00:00")
    answer = act(client, "attestation_attestation", region.case, "file-appeal", **late)
    assert "after the term ended on 09.02.2026 23:59:59" in messages_of(answer)[0]
    assert Appeal.objects.exclude(pk=region.appeal.pk).get().state == "late"


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        ({"receipt_note": ""}, "__all__", "say how it was received"),
        ({"question_0": "101"}, "__all__", "There is no question 101"),
        ({"argument_0": ""}, "argument_0", "Each question needs its argument"),
        ({"question_0": "", "argument_0": "x"}, "question_0", "Which question?"),
        ({"question_0": "", "argument_0": ""}, "__all__", "Name at least one question"),
        ({"filed_at": "2026-02-01T09:30"}, "__all__", "before the result was published"),
        ({"filed_at": "31.02.2026"}, "filed_at", "valid date"),
        ({"rows": "9999999"}, "rows", "less than or equal to 100"),
    ],
)
def test_a_filing_that_is_refused_says_why(
    changed: dict[str, str], where: str, words: str, region: Region
) -> None:
    client = client_of(region.officer)
    before = footprint()
    answer = act(client, "attestation_attestation", region.case, "file-appeal", **filing(**changed))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[where])
    assert footprint() == before


def seat(role: str, region: Region) -> Any:
    """A seat in the centre's own commission, before which the region's appeal then is."""
    user = member_of(role, region)
    region.appeal.items.update(commission=user.memberships.get().commission)
    return user


def test_the_chair_upholds_a_question_and_the_decision_follows_i_12(region: Region) -> None:
    chair = client_of(seat(Role.CHAIR, region))
    first, second = region.appeal.items.all()
    page = text_of(chair.get(url("appeals_appealitem_change", first.pk)))
    assert url("appeals_appealitem_act", first.pk, "rule") in page
    answer = act(chair, "appeals_appealitem", first, "rule", ruling="uphold", reason="Кілтте қате бар")
    assert messages_of(answer) == ["Question 17: upheld."]
    again = act(chair, "appeals_appealitem", first, "rule", ruling="reject", reason="жоқ")
    assert again.status_code == 422
    assert "ruled on it already" in form_errors(again)[0]
    act(chair, "appeals_appealitem", second, "rule", ruling="reject", reason="Кілт дұрыс")
    region.appeal.refresh_from_db()
    assert region.appeal.state == "resolved"
    current = Result.objects.current().get(attestation=region.appealed)
    assert (current.correct_answers, current.source) == (90, "appeal")


def test_a_ruling_needs_a_reason_and_a_choice(region: Region) -> None:
    chair = client_of(seat(Role.CHAIR, region))
    item = region.appeal.items.first()
    answer = act(chair, "appeals_appealitem", item, "rule", ruling="maybe", reason="")
    assert set(answer.context["form"].errors) == {"ruling", "reason"}
    item.refresh_from_db()
    assert item.ruling == ""


def test_the_secretary_types_in_a_sitting_held_elsewhere(region: Region) -> None:
    chair = seat(Role.CHAIR, region)
    secretary = client_of(member_of(Role.SECRETARY, region))
    item = region.appeal.items.first()
    page = text_of(secretary.get(url("appeals_appealitem_act", item.pk, "rule")))
    assert chair.username in page
    answer = act(
        secretary,
        "appeals_appealitem",
        item,
        "rule",
        ruling="uphold",
        reason="Отырыс шешімі",
        present=[chair.username],
        **{"for": [chair.username]},
    )
    assert messages_of(answer) == ["Question 17: upheld."]
    item.refresh_from_db()
    assert item.minutes == {"present": [chair.username], "for": [chair.username]}


def paper() -> dict[str, Any]:
    """The applicant's, as the browser sends it."""
    return {"paper": file_of("a.pdf", PDF), "received_on": "2026-02-09"}


def test_an_appeal_is_withdrawn_with_a_reason(region: Region) -> None:
    client = client_of(region.officer)
    answer = act(client, "appeals_appeal", region.appeal, "withdraw", reason="Өзі сұрады", **paper())
    assert messages_of(answer) == [f"Appeal {region.appeal.external_id} is withdrawn."]
    again = act(client, "appeals_appeal", region.appeal, "withdraw", reason="тағы", **paper())
    assert again.status_code == 422


def test_a_member_reads_and_rules_on_nothing(region: Region) -> None:
    client = client_of(member_of(Role.MEMBER, region))
    page = text_of(client.get(url("appeals_appealitem_change", region.appeal.items.first().pk)))
    assert "екі жауап та дұрыс" in page
    assert "/do/" not in page


# --- rules and calendar ------------------------------------------------------------------------------------


def test_of_a_pinned_rule_set_the_reminders_alone_change_and_a_new_one_is_added(region: Region) -> None:
    from attestation.models import RuleSet

    client = client_of(member_of(Role.ADMINISTRATOR, region))
    pinned = RuleSet.objects.get()
    page = url("attestation_ruleset_change", pinned.pk)
    asked = {"title": "x", "low_total": "existing", "ladder_appeal": "Open, 1-days; last-morning"}
    assert client.post(page, {**asked, "escalation_address": "duty@ministry.example"}).status_code == 302
    was = pinned.title, pinned.low_total
    pinned.refresh_from_db()
    assert (pinned.title, pinned.low_total) == was
    assert pinned.ladders["appeal"] == ["open", "1-days", "last-morning"]
    assert pinned.ladders["scoring"] == ["open", "12-hours"]
    assert pinned.escalation_address == "duty@ministry.example"
    refused = client.post(page, {"ladder_appeal": "tomorrow", "ladder_scoring": "open open"})
    assert "“tomorrow” is no moment of a reminder." in text_of(refused)
    assert "“at the opening” stands twice." in text_of(refused)
    assert "taken" not in refused.cookies  # the browser keeps what was typed
    assert client_of(member_of(Role.AUDITOR, region)).post(page, asked).status_code == 403
    answer = client.post(
        url("attestation_ruleset_add"),
        {
            "title": "2027",
            "effective_from": "2027-01-01",
            "managers_initial": "position",
            "category_basis": "total",
            "rating_gap": "ten",
            "no_rating": "commission",
            "low_total": "below_existing",
            "kept_term": "declared",
            "window": "twelve_months",
            "finalise_after": "1",
        },
    )
    assert answer.status_code == 302
    assert answer.cookies["taken"].value == quote(url("attestation_ruleset_add"), safe="")
    added = RuleSet.objects.get(title="2027")
    assert (added.rating_gap, added.kept_term, added.window) == ("ten", "declared", "twelve_months")


@pytest.mark.parametrize(("window", "shown"), [("since_final", True), ("between", False)])
def test_i_06_a_rule_set_to_come_that_nobody_has_chosen_for_is_shown(
    region: Region, window: str, shown: bool
) -> None:
    from attestation.models import RuleSet

    RuleSet.objects.create(title="2028", effective_from=date(2028, 1, 1), kept_term="own_end", window=window)
    page = client_of(member_of(Role.ADMINISTRATOR, region)).get(url("index"))
    assert ("rule sets to come: choose the readings" in text_of(page)) is shown
    officer = client_of(member_of(Role.HR, region)).get(url("index"))
    assert "rule sets to come" not in text_of(officer)


def test_a_calendar_is_confirmed_and_a_decreed_day_makes_a_new_version(region: Region) -> None:
    from attestation.models import CalendarYear

    client = client_of(member_of(Role.ADMINISTRATOR, region))
    year = CalendarYear.objects.get(year=2026)
    answer = act(client, "attestation_calendaryear", year, "confirm")
    (said,) = messages_of(answer)
    assert said.startswith("The calendar of 2026 is confirmed.")
    done(
        client,
        url("attestation_calendaryear_act", year.pk, "transfer"),
        {"off_1": "2026-08-31", "working_1": "2026-02-14", "source": "№ 1 қаулы"},
    )
    year.refresh_from_db()
    assert (year.version, year.confirmed_at) == (2, None)


@pytest.mark.daily(3)
def test_f_c2_a_withdrawal_an_assessment_and_a_ruling_sent_twice(region: Region) -> None:
    officer, chair = client_of(region.officer), client_of(member_of(Role.CHAIR, region))
    withdrawal = {"reason": "Өзі сұрады", "received_on": "2026-02-09", "paper": [file_of("a.pdf", PDF)]}
    assert twice(officer, url("appeals_appeal_act", region.appeal.pk, "withdraw"), withdrawal) == ""
    waiting = examined(89, employee=EmployeeFactory(center=region.career), cycle=region.case.cycle)
    assert twice(officer, url("attestation_attestation_act", waiting.pk, "score"), {}) == ""
    # The case's own page is shut to whoever rules on it blind.
    ruling = url("scoring_heldrow_act", held(region).pk, "rule-rating")
    assert twice(chair, ruling, {"points": "10", "reason": "Бәрі оң"}) == ""
    assert RatingRuling.objects.count() == 1
