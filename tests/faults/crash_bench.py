"""An afternoon of the commission and its officer: which acts are killed in it, and what is done again.

One database for all of these acts. On Monday 9 February 2026 at 18:00 a result can still be appealed against;
of two open sittings one has a vote to come and an item to be sealed, the other waits to be closed; a question
that three got wrong is faulty; and the stage of another cycle, which has ended, is to be moved.
"""

from __future__ import annotations

from datetime import date, datetime

from appeals.models import AgendaItem, FaultyQuestion
from appeals.services.attachments import KINDS, Paper
from appeals.services.commission import appoint, commission_for
from appeals.services.counting import count_item, seal_item
from appeals.services.faulty import digest_of, faulty_dry_run, mark_faulty
from appeals.services.filing import file_appeal
from appeals.services.filing_here import file_here
from appeals.services.sittings import close_sitting, mark_attendance, open_sitting, plan_sitting
from appeals.services.voting import vote
from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.cases.stage_moves import Stage, move_stage
from attestation.models import Attestation, Cycle, Employee, Role, User
from tests.faults.crash_cast import ADMITTED, Act, Evening, hr, swept, unless
from tests.jobs.story import PUBLISHED, at

APPEALED = {"votes": 3, "seals": 4, "closes": 5, "waits": 6}  # name: the question that is disputed
FAULTY = 12
TO_MOVE = "T-MOVE"
OPENED, VOTED, AFTERNOON = at("2026-02-09 10:00"), at("2026-02-09 11:00"), at("2026-02-09 18:00")
WHY = "The key differs from the order in force."
PAPERS = tuple(Paper(f"{n}.pdf", KINDS["pdf"], b"%%PDF-1.7 %d" % n) for n in (1, 2))
FORM = "f" * 32


def prepare() -> None:
    """Fill an empty database up to the afternoon."""
    bench = Evening()
    for name, role in (("secretary", Role.SECRETARY), ("one", Role.MEMBER), ("two", Role.MEMBER)):
        appoint(bench.account(name, role), role, None, date(2026, 1, 5), by=By(None, ADMITTED))
    people = {name: bench.person(name) for name in (*APPEALED, "files", "right")}
    for employee in people.values():
        bench.enter(bench.cycle, employee)
    moved = bench.open_cycle(TO_MOVE, date(2026, 2, 4), date(2026, 2, 6))
    later = bench.person("later", "career_specialist")
    bench.enter(moved, later, "category", "consultant")
    for cycle, tested in ((bench.cycle, people), (moved, {"later": later})):
        admit_cycle(cycle, by=By(None, ADMITTED))
        for name, employee in tested.items():
            take_test(cycle, employee, 90 if name in ("right", "later") else 66)
        publish_results(cycle, by=By(None, PUBLISHED))
    swept(at("2026-02-07 00:30"))
    sit(people, "votes", "seals")
    sit(people, "closes", "waits")
    swept(at("2026-02-09 17:30"))


def take_test(cycle: Cycle, employee: Employee, correct: int) -> None:
    """Of 100 questions those from the third on are wrong, 34 of them or ten."""
    case = Attestation.objects.get(cycle=cycle, employee=employee)
    wrong = list(range(3, 103 - correct)) if correct < 90 else list(range(91, 101))
    found = ResultFacts(100, correct, wrong, "1", at(f"{cycle.testing_starts} 11:00"))
    record_result(case, found, by=By(None, PUBLISHED))


def sit(people: dict[str, Employee], *names: str) -> None:
    """An open sitting on the appeals of these; each is voted on as its act needs it."""
    for name in names:
        case = Attestation.objects.get(employee=people[name])
        filed, recorded = at("2026-02-06 12:00"), By(hr(), at("2026-02-06 15:00"))
        file_appeal(case, filed_at=filed, items=[(APPEALED[name], WHY)], receipt_note="on paper", by=recorded)
    secretary = By(user("secretary"), OPENED)
    board = commission_for(None)
    sitting = plan_sitting(board, starts_at=OPENED, place=f"Room {names[0]}", by=secretary)
    open_sitting(sitting, by=secretary)
    mark_attendance(sitting, board.memberships.exclude(seat="secretary"), by=secretary)
    for name in names:
        for who in ("chair", "one", "two") if name in ("seals", "closes") else ("chair", "one"):
            vote(line_of(name), "uphold", by=By(user(who), VOTED))
    if "seals" in names:
        count_item(line_of("seals"), by=By(user("secretary"), VOTED))
    else:
        seal_item(
            count_item(line_of("closes"), by=By(user("secretary"), VOTED)),
            reason=WHY,
            by=By(user("secretary"), VOTED),
        )


def user(name: str) -> User:
    return User.objects.get(username=name)


def line_of(name: str) -> AgendaItem:
    """Where the appeal of somebody stands on the agenda."""
    return AgendaItem.objects.get(item__appeal__attestation__employee__email=f"{name}@mail.example")


# --- the acts -----------------------------------------------------------------------------------------------


def file_with_papers(now: datetime) -> object:
    """¶21, F-W13: on our own page, with two files; the same form again is the first appeal."""
    return file_here(
        Attestation.objects.get(employee__email="files@mail.example"),
        stated_at=None,
        items=[(7, WHY)],
        receipt_note="",
        external_id="",
        papers=PAPERS,
        form_key=FORM,
        by=By(hr(), now),
    )


def cast_vote(now: datetime) -> object:
    """F-C9: the last member's; the same vote again changes nothing."""
    return vote(line_of("votes"), "reject", by=By(user("two"), now))


def seal(now: datetime) -> object:
    """The reason for what was counted."""
    return seal_item(line_of("seals"), reason=WHY, by=By(user("secretary"), now))


def close(now: datetime) -> object:
    """What is sealed takes effect; what was not counted goes to the next sitting."""
    return close_sitting(line_of("closes").sitting, by=By(user("chair"), now))


def rule_faulty(now: datetime) -> object:
    """I-12: one question for everyone who got it wrong; the same table again is the ruling on record."""
    cycle = Attestation.objects.filter(employee__email="files@mail.example").get().cycle
    done = FaultyQuestion.objects.filter(cycle=cycle).first()
    seen = done.digest if done else digest_of(faulty_dry_run(cycle, "1", FAULTY, now=now))
    return mark_faulty(cycle, "1", FAULTY, reason=WHY, by=By(user("chair"), now), seen=seen)


def move(now: datetime) -> object:
    """I-10: the stage that ended goes on until Thursday, and the assessment with it."""
    wanted = Stage(date(2026, 2, 4), date(2026, 2, 12))
    return move_stage(Cycle.objects.get(code=TO_MOVE), wanted, reason="No power.", by=By(hr(), now))


BENCH = {
    act.name: act
    for act in (
        Act("filing, with papers", AFTERNOON, file_with_papers, file_with_papers),
        Act("vote", AFTERNOON, cast_vote, cast_vote),
        Act("sealing", AFTERNOON, seal, unless("item_closed", seal)),
        Act("closing a sitting", AFTERNOON, close, unless("sitting_closed", close)),
        Act("faulty question", AFTERNOON, rule_faulty, rule_faulty),
        Act("stage move", AFTERNOON, move, unless("stage_unmoved", move)),
    )
}
