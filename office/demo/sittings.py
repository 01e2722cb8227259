"""The commission of the demo: who sits, one sitting held and closed, one open on the day of loading."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from appeals.models import AgendaItem, AppealItem, Commission, Sitting
from appeals.services.commission import commission_for
from appeals.services.counting import count_item, seal_item
from appeals.services.recusals import recuse
from appeals.services.sittings import (
    close_sitting,
    mark_attendance,
    names_on_agenda,
    open_sitting,
    plan_sitting,
    put_on_agenda,
)
from appeals.services.voting import record_dissent, vote
from attestation.by import By
from attestation.law.calendar import WorkCalendar
from attestation.models import Role, User
from office.demo.files import moment
from office.demo.steps import Step
from office.demo.story import DemoCycle

# The chair alone rules in the demo's first months; members are appointed before the later cycles.
SEATED_DAYS_BEFORE = 10
PLACE = "Астана қ., Мәңгілік Ел даңғылы, 8, 214-бөлме"
OTHER_MEMBER = "member2"
UPHELD = "Сұрақтың кілті қолданыстағы Қағидаларға сәйкес келмейді: көрсетілген екі жауап та дұрыс."
REJECTED = "Вопрос поставлен однозначно, ответ ключа соответствует действующей редакции Правил."
DISSENT = "Менің ойымша, сұрақтың екінші нұсқасы да дұрыс: ол Қағидалардың 12-тармағынан туындайды."
RECUSAL = "Бұрын бірге жұмыс істегенбіз: бейтарап бола алмаймын."


def seats(usernames: Sequence[tuple[str, str]], cycles: Sequence[DemoCycle]) -> list[Step]:
    """Accounts of the secretary and the members (username, role), in office from a day."""
    day = _of(cycles, "QAR").ends - timedelta(days=SEATED_DAYS_BEFORE)
    return [
        Step(
            moment(day, 10),
            "create_officer",
            (username, "--role", role, "--from", day.isoformat()),
            typed=secrets.token_urlsafe(24),
        )
        for username, role in usernames
    ]


def sittings(cycles: Sequence[DemoCycle], calendar: WorkCalendar, now: datetime) -> list[Step]:
    """I-12, I-13: a sitting before the deadline for a ruling, and one that is open now."""
    held, running = _of(cycles, "QAR"), last_appealed(cycles, now)
    day = calendar.count_working_days(held.ends, 4)[-1]
    return [
        Step(moment(day - timedelta(days=1), 16), "", call=_plan_first),
        Step(moment(day, 10), "", call=_hold_first),
        Step(moment(running, 19, 30), "", call=_plan_second),
        Step(now, "", call=_open_second),
    ]


def last_appealed(cycles: Sequence[DemoCycle], now: datetime) -> date:
    """The last day of the testing stage whose appeals are the youngest on record."""
    return max(cycle.ends for cycle in cycles if moment(cycle.ends, 19) < now and _appealed(cycle))


def _appealed(cycle: DemoCycle) -> bool:
    return any(case.part.appeal == "waiting" for case in cycle.cases)


def _of(cycles: Sequence[DemoCycle], prefix: str) -> DemoCycle:
    return next(cycle for cycle in cycles if cycle.code.startswith(prefix))


def _who(username: str) -> User:
    return User.objects.get(username=username)


def _central() -> Commission:
    return commission_for(None)


def _plan_first(now: datetime) -> None:
    """The questions of one appeal; the others wait for the next sitting."""
    secretary = _who(Role.SECRETARY)
    sitting = plan_sitting(
        _central(), starts_at=now + timedelta(hours=18), place=PLACE, fill=False, by=By(secretary, now)
    )
    first = AppealItem.objects.unclosed().order_by("appeal__filed_at", "pk").first()
    for item in AppealItem.objects.filter(appeal=first.appeal_id) if first else ():
        put_on_agenda(sitting, item=item, by=By(secretary, now))


def _everybody_comes(sitting: Sitting, now: datetime) -> None:
    secretary = _who(Role.SECRETARY)
    open_sitting(sitting, by=By(secretary, now))
    mark_attendance(sitting, sitting.commission.memberships.in_office(now.date()), by=By(secretary, now))


def _cast(line: AgendaItem, now: datetime, **choices: str) -> None:
    for username, choice in choices.items():
        vote(line, choice, by=By(_who(username), now))


def _hold_first(now: datetime) -> None:
    """A majority, then a tie that the chair breaks, with a dissent; closed by the chair."""
    sitting = Sitting.objects.get()
    _everybody_comes(sitting, now)
    votes = (
        ({"chair": "uphold", "member": "uphold", OTHER_MEMBER: "reject"}, UPHELD),
        ({"chair": "reject", "member": "uphold", OTHER_MEMBER: "abstain"}, REJECTED),
    )
    for number, line in enumerate(sitting.agenda.order_by("position")):
        at = now + timedelta(minutes=15 * (number + 1))
        choices, reason = votes[number % 2]
        _cast(line, at, **choices)
        count_item(line, by=By(_who(Role.SECRETARY), at))
        seal_item(line, reason=reason, by=By(_who(Role.SECRETARY), at))
        if number % 2:
            record_dissent(line, DISSENT, by=By(_who("member"), at))
    close_sitting(sitting, by=By(_who("chair"), now + timedelta(hours=1)))


def _plan_second(now: datetime) -> None:
    """Everything that waits."""
    starts_at = now + timedelta(hours=14)
    plan_sitting(_central(), starts_at=starts_at, place=PLACE, by=By(_who(Role.SECRETARY), now))


def _open_second(now: datetime) -> None:
    """Open, one member recused from one person's matters, another's votes cast: the chair's are missing."""
    sitting = Sitting.objects.filter(state=Sitting.State.PLANNED).latest("pk")
    case, _name = names_on_agenda(sitting)[0]
    recuse(case, reason=RECUSAL, by=By(_who(OTHER_MEMBER), now))
    _everybody_comes(sitting, now)
    for line in sitting.agenda.pending().filter(item__isnull=False).order_by("position")[:2]:
        _cast(line, now, member="uphold")
