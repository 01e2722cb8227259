"""I-37: who hears of a consequence, rung by rung; what nobody heard of is counted on the health page."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from attestation.by import By
from attestation.cases import proof_of_service
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.models import (
    Attestation,
    Center,
    Consequence,
    Decision,
    Employee,
    Notice,
    Role,
    RuleSet,
    User,
)
from attestation.notices import delivery, reminders
from attestation.notices.reach import unheard
from office.health import health
from tests.attestation.admin_cast import client_of, text_of, url
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story, at, forget_notices

DISMISSED = at("2026-03-10 00:30")
A_WEEK_ON = at("2026-03-12 10:00")
# Whom an office has, and who of them hears; "none" is an account that is switched off.
RUNGS = {
    "the centre's and the parent's officers": (["career", "parent", "boss"], {"career", "parent"}),
    "the centre's officer": (["career", "boss"], {"career"}),
    "the parent's officer": (["parent", "boss"], {"parent"}),
    "the administrators": (["boss", "root"], {"boss", "root"}),
    "nobody": ([], set()),
}
rungs = pytest.mark.parametrize(("staff", "hear"), RUNGS.values(), ids=RUNGS)


def office(story: Story, staff: list[str]) -> None:
    """These accounts alone, beside those that are no office: a member and an auditor."""
    User.objects.update(is_active=False)
    story.account("auditor", Role.AUDITOR)
    story.account("member", Role.MEMBER)
    other = Center.objects.create(
        bin=story.numbers.bin(date(2024, 5, 1)),
        kind="labour_mobility",
        name_kk="Басқа",
        name_ru="Другой",
        region=story.mobility.region,
    )
    story.account("elsewhere", Role.HR, other)
    made = {
        "career": lambda: story.account("career", Role.HR, story.career),
        "parent": lambda: story.account("parent", Role.HR, story.mobility),
        "boss": lambda: story.account("boss", Role.ADMINISTRATOR),
        "root": lambda: User.objects.create(username="root", is_superuser=True),
    }
    for name in staff:
        made[name]()


def failed_twice(story: Story, employee: Employee) -> Attestation:
    """¶28.1: subject to dismissal."""
    story.through((story.listed(employee), 60))
    story.swept(STAGE_OVER, FINAL)
    second = story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 3), at("2026-02-12 10:00"))
    repeat = story.listed(employee, cycle=second)
    admit_cycle(second, by=By(None, at("2026-02-20 10:00")))
    found = ResultFacts(100, 60, None, "1", at("2026-03-02 11:00"))
    record_result(repeat, found, by=By(None, at("2026-03-02 12:00")))
    publish_results(second, by=By(None, at("2026-03-02 12:00")))
    story.swept(DISMISSED)
    return repeat


def heard(kind: str) -> set[str]:
    """The accounts that have a notice of the kind."""
    found = Notice.objects.filter(kind=kind, user__isnull=False).exclude(state=Notice.State.MISSED)
    return {row.user.username for row in found.select_related("user") if row.user}


def unheard_line(now: datetime) -> health.Line:
    return next(line for line in health.lines(now) if line.key == "unheard")


@rungs
def test_an_open_dismissal_and_the_decision_are_told_rung_by_rung(
    story: Story, staff: list[str], hear: set[str]
) -> None:
    office(story, staff)
    failed_twice(story, story.employee(email=""))
    assert heard("decision_final") == hear
    assert heard("dismissal_due") == hear
    forget_notices()
    reminders.queue_reminders(now=A_WEEK_ON)
    assert heard("dismissal_due") == hear


@rungs
def test_reminders_of_a_duty_are_told_rung_by_rung(story: Story, staff: list[str], hear: set[str]) -> None:
    office(story, staff)
    story.through((story.listed(story.employee(email="")), 60))
    story.swept(STAGE_OVER, FINAL)
    reminders.queue_reminders(now=at("2027-02-01 10:00"))
    assert heard("reminder_reattestation") == hear
    forget_notices()
    story.swept(at("2027-02-12 00:30"))
    reminders.queue_reminders(now=at("2027-02-19 10:00"))
    assert heard("reminder_reattestation") == hear


def test_a_batch_of_two_centres_tells_each_its_own(story: Story) -> None:
    """The administrators hear of the centre alone that has nobody."""
    office(story, ["career", "boss"])
    here, there = story.employee(email=""), story.employee(email="")
    there.center = story.mobility
    there.save()
    story.through((story.listed(here), 60), (story.listed(there), 60))
    story.swept(STAGE_OVER, FINAL)
    forget_notices()
    reminders.queue_reminders(now=at("2027-02-01 10:00"))
    told = Notice.objects.filter(kind="reminder_reattestation", state="queued")
    assert {(row.deadline.employee, row.user.username) for row in told if row.deadline and row.user} == {
        (here, "career"),
        (there, "boss"),
    }


def test_an_officer_who_is_the_employee_does_not_hear_alone(story: Story) -> None:
    """F-A6: they can do nothing about their own record."""
    office(story, ["career", "boss"])
    employee = story.employee(email="")
    User.objects.filter(username="career").update(employee=employee)
    story.through((story.listed(employee), 60))
    story.swept(STAGE_OVER, FINAL)
    assert heard("decision_final") == {"career", "boss"}


def test_a_dismissal_is_in_the_digest_whoever_the_officers_are(story: Story) -> None:
    """The letter to the escalation address goes out beside the notices to the administrators."""
    office(story, ["boss"])
    RuleSet.objects.update(escalation_address="duty@ministry.example")
    repeat = failed_twice(story, story.employee(email=""))
    reminders.queue_reminders(now=A_WEEK_ON)
    letter = Notice.objects.get(kind="escalation")
    assert [line["case"] for line in letter.context["lines"]] == [repeat.case_no]
    assert heard("dismissal_due") == {"boss"}


# --- nobody -------------------------------------------------------------------------------------------------


def test_five_consequences_that_reached_nobody_are_counted_until_somebody_hears(story: Story) -> None:
    assert (unheard_line(DISMISSED).tone, unheard_line(DISMISSED).state) == ("good", "none")
    office(story, [])
    people = [story.employee(email="") for _number in range(5)]
    cases = [(story.listed(person), 60) for person in people]
    story.through(*cases)
    story.swept(STAGE_OVER, FINAL)
    delivery.deliver(now=FINAL)
    line = unheard_line(FINAL)
    assert (line.tone, line.state, line.since) == ("wait", "5 people", FINAL)
    assert line.todo
    # The list behind the line shows them.
    boss = story.account("boss", Role.ADMINISTRATOR, language="en")
    page = text_of(client_of(boss).get(url("attestation_decision_changelist") + "?heard=nobody"))
    assert all(case.case_no in page for case, _correct in cases)
    # From now on there is an administrator: the next reminder is told to them.
    reminders.queue_reminders(now=at("2027-02-01 10:00"))
    assert unheard_line(at("2027-02-01 10:00")).state == "none"
    assert not unheard().exists()


@pytest.mark.parametrize("email", ["", "person@mail.example"])
def test_an_employee_with_an_address_has_heard_once_the_letter_left(story: Story, email: str) -> None:
    office(story, [])
    story.through((story.listed(story.employee(email=email)), 60))
    story.swept(STAGE_OVER, FINAL)
    delivery.deliver(now=FINAL)
    assert unheard_line(FINAL).state == ("none" if email else "1 person")
    # What came back has told nobody.
    Notice.objects.filter(kind="decision_final").update(state="failed", bounced_at=FINAL)
    assert unheard_line(FINAL).state == "1 person"


def test_who_was_handed_the_decision_has_heard(story: Story) -> None:
    office(story, [])
    case = story.listed(story.employee(email=""))
    story.through((case, 60))
    story.swept(STAGE_OVER, FINAL)
    delivery.deliver(now=FINAL)
    assert unheard().count() == 1
    case.refresh_from_db()
    service = proof_of_service.Service(FINAL, "in_person", "signed", None)
    boss = story.account("boss", Role.ADMINISTRATOR)
    proof_of_service.prove_service(case, proof_of_service.papers_of(case)[0].of, service, by=By(boss, FINAL))
    assert not unheard().exists()


def test_a_refused_category_is_counted_and_a_conferred_one_is_not(story: Story) -> None:
    """¶30.2: of somebody without a category, too, whose decision has no consequence on record."""
    office(story, [])
    rated = {name: story.employee("career_specialist", email="") for name in ("refused", "conferred")}
    refused, conferred = (
        story.listed(person, "category", declared)
        for person, declared in zip(rated.values(), ("mentor", "consultant"), strict=True)
    )
    conforms = story.listed(story.employee(email=""))
    story.through((refused, 70), (conferred, 95), (conforms, 95))
    story.read(ratings={person: [2 if name == "refused" else 5] for name, person in rated.items()})
    story.swept(STAGE_OVER, READ, FINAL)
    delivery.deliver(now=FINAL)
    outcomes = dict(Decision.objects.current().values_list("attestation", "outcome"))
    assert outcomes == {refused.pk: "lower", conferred.pk: "declared", conforms.pk: "conforms"}
    assert not refused.consequences.exists()
    assert [decision.attestation for decision in unheard()] == [refused]


def test_an_account_switched_off_before_it_read_has_not_heard(story: Story) -> None:
    office(story, ["career"])
    story.through((story.listed(story.employee(email="")), 60))
    story.swept(STAGE_OVER, FINAL)
    assert not unheard().exists()
    User.objects.filter(username="career").update(is_active=False)
    assert unheard().count() == 1
    Notice.objects.filter(user__username="career").update(read_at=FINAL)
    assert not unheard().exists()


def test_what_is_not_open_any_more_is_nobodys_to_hear(story: Story) -> None:
    office(story, [])
    story.through((story.listed(story.employee(email="")), 60))
    story.swept(STAGE_OVER, FINAL)
    delivery.deliver(now=FINAL)
    assert unheard().count() == 1
    Consequence.objects.update(state=Consequence.State.SUSPENDED)
    assert not unheard().exists()
