"""I-39: the order amended from 2027: what a case is decided by, what its page prints, and what waits."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from attestation.by import By
from attestation.cases.decisions import form_due
from attestation.cases.finality import appeal_opened, finalise, finalise_due
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import end_testing_stages
from attestation.deadlines.words import Derivations
from attestation.law import parameters, points
from attestation.law.parameters import Parameter
from attestation.law.points import TEXTS, Text
from attestation.lookup import current_decision
from attestation.models import Attestation, Deadline, Decision, JournalEntry, Notice, Role, User
from attestation.notices.letters import texts
from attestation.refusals import Refused
from office.replay.replay import replay
from office.report import report
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import (
    AttestationFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.law.build import amended

__all__ = ["at"]

pytestmark = pytest.mark.django_db

NEW_YEAR = date(2027, 1, 1)
OF_17 = Parameter("threshold_manager", 80, "percent", "¶17.3", NEW_YEAR)
OF_30 = Parameter("conforms_manager", 80, "points", "¶30.3", NEW_YEAR)
# The last days of two testing stages, and the moments when stage and grace are over.
IN_2026, IN_2027 = date(2026, 12, 18), date(2027, 1, 15)
OVER_2026, FINAL_2026 = moment("2026-12-19 00:05"), moment("2026-12-24 00:05")
OVER_2027, FINAL_2027 = moment("2027-01-16 00:05"), moment("2027-01-21 00:05")
LATER = moment("2027-02-01 09:00")
# The order's own words of ¶17.3 and ¶30.3 with their numbers, as a page prints them.
SENTENCES = {
    "en": (
        "head of a structural unit, deputy director, director – {0}%.",
        "conforms to the position – {0} and above; does not conform – {1} and below.",
    ),
    "kk": (
        "құрылымдық бөлімшенің басшысы, директордың орынбасары, директор үшін – {0}%.",
        "сәйкес келеді – {0} және одан жоғары балл; "
        "атқаратын лауазымына сәйкес келмейді – {1} және одан аз балл.",
    ),
    "ru": (
        "для руководителя структурного подразделения, заместителя директора, директора – {0}%.",
        "соответствует занимаемой должности – {0} и более баллов; "
        "не соответствует занимаемой должности – {1} и менее баллов.",
    ),
}

Amend = Callable[..., None]


@pytest.fixture
def amend(monkeypatch: pytest.MonkeyPatch) -> Amend:
    """Enter rows beside those of the order, as the next release would."""

    def enter(*rows: Parameter) -> None:
        monkeypatch.setattr(parameters, "REVISIONS", amended(*rows))

    return enter


def director(testing_ends: date, correct: int = 82, position: str = "director") -> Attestation:
    """A published result of one whose stage ends that day."""
    closes = moment(f"{testing_ends + timedelta(days=1)} 00:00")
    employee = EmployeeFactory(position=position)
    cycle = CycleFactory(
        center=employee.center.labour_mobility_center,
        testing_starts=testing_ends - timedelta(days=4),
        testing_ends=testing_ends,
        stage_closes_at=closes,
    )
    case = AttestationFactory(employee=employee, cycle=cycle, purpose="position", status="tested")
    published = moment(f"{testing_ends - timedelta(days=1)} 17:40")
    done = {"finished_at": published - timedelta(hours=2), "recorded_at": published - timedelta(hours=1)}
    ResultFactory(attestation=case, correct_answers=correct, published_at=None, **done)
    publish_results(cycle, by=By(None, published))
    return case


def sweep(case: Attestation, *moments: Any) -> Attestation:
    for now in moments:
        end_testing_stages(now=now)
        form_due(now=now)
        finalise_due(now=now)
    return Attestation.objects.get(pk=case.pk)


def page(case: Attestation, user: User, language: str) -> str:
    """The page of the case as text on one line, in the language of the account."""
    User.objects.filter(pk=user.pk).update(language=language)
    client = client_of(User.objects.get(pk=user.pk))
    shown = text_of(client.get(url("attestation_attestation_change", case.pk)))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


@pytest.fixture
def reader(at: Callable[[Any], None]) -> User:
    at(LATER)
    return UserFactory()


def test_director_is_decided_by_80_in_2027_and_by_85_in_2026(amend: Amend, reader: User) -> None:
    amend(OF_17, OF_30)
    old = sweep(director(IN_2026), OVER_2026, FINAL_2026)
    new = sweep(director(IN_2027), OVER_2027, FINAL_2027)
    outcomes = {case: Decision.objects.current().get(attestation=case) for case in (old, new)}
    assert (old.status, outcomes[old].outcome) == ("final", "does_not_conform")
    assert (new.status, outcomes[new].outcome) == ("final", "conforms")
    assert not replay().differences
    for language, (of_17, of_30) in SENTENCES.items():
        before, after = page(old, reader, language), page(new, reader, language)
        for sentence in (of_17, of_30):
            assert sentence.format(85, 84) in before
            assert sentence.format(80, 79) in after
            assert sentence.format(80, 79) not in before
            assert sentence.format(85, 84) not in after


def test_an_amended_sentence_is_shown_from_its_day(
    amend: Amend, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(OF_17, OF_30)
    later = Text("¶17.3", "A director passes with %(threshold_manager)s%%.", NEW_YEAR)
    monkeypatch.setattr(points, "TEXTS", [*TEXTS, later])
    old = sweep(director(IN_2026), OVER_2026, FINAL_2026)
    new = sweep(director(IN_2027), OVER_2027, FINAL_2027)
    assert "A director passes with" not in page(old, reader, "en")
    assert "A director passes with 80%." in page(new, reader, "en")


def test_contradicting_points_hold_the_decision_until_they_agree(amend: Amend, reader: User) -> None:
    amend(OF_17)
    case = director(IN_2027)
    UserFactory(role=Role.HR, center=case.center.labour_mobility_center, email="hr@example.kz")
    case = sweep(case, OVER_2027, FINAL_2027)
    assert (case.status, Decision.objects.filter(attestation=case).count()) == ("held", 0)
    assert [reason["code"] for reason in case.status_reason] == ["points_contradict"]
    said = {
        "en": "for this position ¶17.3 prints 80 and ¶30.3 prints 85.",
        "kk": (
            "бұл лауазым үшін 17-тармақтың 3) тармақшасы бойынша – 80, 30-тармақтың 3) тармақшасы бойынша "
            "– 85 белгіленген."
        ),
        "ru": "для этой должности по подп. 3) п. 17 установлено 80, по подп. 3) п. 30 – 85.",
    }
    client = client_of(reader)
    listed = url("attestation_attestation_changelist") + "?contradicting=points"
    assert listed in text_of(client.get(url("index")))
    assert case.case_no in text_of(client.get(listed))
    letter = Notice.objects.filter(attestation=case, kind="held").first()
    assert letter is not None
    for language, sentence in said.items():
        assert sentence in page(case, reader, language)
        assert sentence in " ".join(texts(letter, language)[1].split())
    row = next(row for row in report(case.cycle)["attestations"] if row["iin"] == case.employee.iin)
    assert (row["decision"], row["final"], row["cites"]) == ("held", False, ["¶17.3", "¶30.3"])
    # The same table again changes nothing, and writes nothing.
    version, entries = case.version, JournalEntry.objects.count()
    assert sweep(case, FINAL_2027).version == version
    assert JournalEntry.objects.count() == entries

    amend(OF_17, OF_30)
    case = sweep(case, LATER)
    decision = Decision.objects.current().get(attestation=case)
    assert (case.status, decision.state, decision.outcome) == ("final", "final", "conforms")
    # I-28: what it waited for last came with the table.
    assert decision.dated == LATER.date()
    assert not replay().differences
    with translation.override("en"):
        assert "prints" not in page(case, reader, "en")


def test_the_others_are_decided_meanwhile(amend: Amend) -> None:
    amend(OF_17)
    case = sweep(director(IN_2027, position="assistant"), OVER_2027, FINAL_2027)
    decision = Decision.objects.current().get(attestation=case)
    assert (decision.state, decision.outcome) == ("final", "conforms")
    # The row that agrees came after the decision, which rests on neither point.
    amend(OF_17, OF_30)
    assert not replay().differences


def test_term_is_counted_and_explained_by_the_stages_last_day(amend: Amend) -> None:
    amend(Parameter("appeal_working_days", 3, "working days", "¶21", NEW_YEAR))
    before, after = director(IN_2026), director(IN_2027)
    shown = {}
    for case in (before, after):
        deadline = Deadline.objects.get(attestation=case, kind=Deadline.Kind.APPEAL)
        # A result published in 2027 would begin the deadline of a stage that ended in 2026 as well.
        deadline.counted_from = LATER
        shown[case.pk] = (len(deadline.days), Derivations([deadline]).of(deadline).line.point)
    assert shown[before.pk][0] == 2
    assert "no later than 2 working days" in shown[before.pk][1]
    assert shown[after.pk][0] == 3
    assert "no later than 3 working days" in shown[after.pk][1]


def test_replay_lists_a_decision_whose_own_numbers_were_entered_too_late(amend: Amend) -> None:
    case = sweep(director(IN_2027), OVER_2027, FINAL_2027)
    assert Decision.objects.current().get(attestation=case).outcome == "does_not_conform"
    assert not replay().differences
    amend(OF_17, OF_30)
    fields = {difference.field for difference in replay().differences}
    assert {"outcome", "inputs.parameters"} <= fields


def test_provisional_decision_whose_points_came_to_contradict_is_not_made_final(amend: Amend) -> None:
    case = sweep(director(IN_2027), OVER_2027)
    assert case.status == "provisional"
    amend(OF_17)
    with pytest.raises(Refused, match=r"the points ¶17.3, ¶30.3 print different numbers") as refused:
        finalise(case, by=By(None, FINAL_2027))
    assert (refused.value.code, refused.value.cite) == ("decision_held", "¶30.3")
    case = sweep(case, FINAL_2027, FINAL_2027 + timedelta(minutes=15))
    assert (case.status, current_decision(case)) == ("held", None)
    amend(OF_17, OF_30)
    case = sweep(case, LATER)
    assert Decision.objects.current().get(attestation=case).outcome == "conforms"
    assert case.status == "final"


def test_final_decision_is_reopened_by_an_appeal_whatever_the_points_say(amend: Amend) -> None:
    case = sweep(director(IN_2027), OVER_2027, FINAL_2027)
    amend(OF_17)
    appeal_opened(case, by=By(None, LATER))
    case.refresh_from_db()
    assert (case.status, case.open_appeals) == ("provisional", 1)
