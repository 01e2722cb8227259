"""A sitting's random course through the services, beside a model of it in sets and dictionaries.

Each act is tried on the services; the model says whether it is refused, and with which code. At the end each
ruling is compared with a count of the model's votes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from appeals.admin.attendance import appointed_since, attendance_of
from appeals.models import AgendaItem, AppealItem, CommissionRules, Membership, Sitting
from appeals.services.commission import appoint, release
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.recount import recount
from appeals.services.recusals import composition_of, recuse
from appeals.services.sittings import close_sitting, mark_attendance, open_sitting
from appeals.services.voting import vote
from attestation import access
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.refusals import Refused
from tests.appeals.sitting_cast import BEGINS, LATER, PLANNED, WHY, Board, line_of, planned
from tests.appeals.test_sitting_rules import by_the_sentences

QUESTIONS = (12, 47)
AS_QUESTION = {"ten": "uphold", "zero": "reject"}
AS_ROW = {"uphold": "ten", "reject": "zero"}
DAY = timedelta(days=1)


@dataclass
class Scene:
    """Accounts of whom some get seats, the cases, what of them waits, who edits accounts."""

    people: Board
    pool: list[User]
    cases: list[Attestation]
    subjects: list[AppealItem | Attestation]
    administrator: User


@dataclass
class Item:
    """One agenda item in the model."""

    line: AgendaItem
    case: Attestation
    row: bool
    votes: dict[str, str] = field(default_factory=dict)
    recused: set[str] = field(default_factory=set)
    # As expected of the last count: the ruling and the minutes; None where no count stands.
    counted: dict[str, Any] | None = None
    # "": pending; else sealed ("ruled") or without a ruling.
    outcome: str = ""
    reopened: bool = False


class Course:
    """One seed: three to seven voters, maybe a deputy, sixty steps, the closing."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.random, self.met = scene, Random(seed), set[str]()
        self.by_name = {user.username: user for user in (scene.people.chair, *scene.pool)}
        self.now, self.present = BEGINS, set[str]()
        self.released: dict[str, date] = {}
        self.off, self.newcomers = set[str](), list[str]()

    # --- the frame ---

    def play(self) -> None:
        """Everything, with its assertions."""
        self.open()
        for _ in range(60):
            self.step()
        self.tell()
        self.finish()

    def by(self, user: User | None = None) -> By:
        return By(user or self.scene.people.secretary, self.now)

    def name(self, *names: str) -> User:
        return self.by_name[self.random.choice(names or self.voters)]

    def expect(self, act: str, code: str | None, attempt: Callable[[], object]) -> bool:
        """Try it: refused with this code and no other, or, where there is none, done; whether it was."""
        if code is None:
            attempt()
            self.met.add(act)
            return True
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == code, act
        self.met |= {code, f"{act} {code}"}
        return False

    def seat(self, user: User) -> Membership:
        return self.scene.people.seat(user)

    def open(self) -> None:
        """Some of the accounts are seated, the sitting takes what waits and is opened."""
        scene, rng = self.scene, self.random
        self.rule = rng.choice(["more_than_half", "two_thirds"])
        CommissionRules.objects.create(effective_from=date(2026, 2, 1), quorum=self.rule)
        people, (deputy, *others) = scene.people, scene.pool
        seats = [(deputy, "deputy")] if rng.random() < 0.6 else []
        # With the chair three to seven voters; the rest of the accounts may be appointed later.
        members = rng.randint(2, 6) - len(seats)
        seats += [(user, "member") for user in others[:members]]
        self.waiting = others[members:]
        for user, seat in seats:
            appoint(user, seat, None, date(2026, 1, 5), by=By(None, PLANNED))
        self.voters = [people.chair.username, *(user.username for user, _seat in seats)]
        self.deputy = deputy.username if deputy.username in self.voters else None
        self.sitting: Sitting = open_sitting(planned(people), by=self.by())
        row = scene.subjects[-1]
        self.items = [
            Item(line_of(one), one if isinstance(one, Attestation) else one.appeal.attestation, one is row)
            for one in scene.subjects
        ]

    def step(self) -> None:
        """One random act, by or on somebody; most are votes."""
        acts = [self.vote] * 12 + [self.attend] * 3 + [self.release, self.switch, self.role, self.appoint]
        acts += [self.recuse, self.count, self.count, self.reopen, self.seal, self.seal]
        self.now += timedelta(minutes=1)
        if self.random.random() < 0.01:
            self.now += DAY
            self.met.add("midnight")
        self.random.choice(acts)()

    # --- one act each ---

    def attend(self) -> None:
        there = [name for name in self.voters if self.random.random() < 0.85]
        strangers = self.newcomers if self.random.random() < 0.2 else []
        seats = [self.seat(self.by_name[name]) for name in (*there, *strangers)]
        if self.random.random() < 0.5:
            seats.append(self.seat(self.scene.people.secretary))
        code = "not_of_the_composition" if strangers else None
        if self.expect("attend", code, lambda: mark_attendance(self.sitting, seats, by=self.by())):
            self.present = set(there)

    def refused_of_closed(self, item: Item) -> str | None:
        if item.outcome:
            return "item_closed"
        return "counted_already" if item.counted is not None else None

    def vote(self) -> None:
        item, user = self.random.choice(self.items), self.name(*self.voters, *self.newcomers[:1])
        name = user.username
        choice = self.random.choice(
            ["ten", "zero", "abstain"] if item.row else ["uphold", "reject", "abstain"]
        )
        code = self.refused_of_closed(item)
        if code is None and name in item.recused:
            code = "recused"
        elif code is None and name not in self.present:
            code = "absent"
        if name not in self.voters:
            code = "not_of_the_composition"
        if name in self.off:
            code = "no_permission"
        changed = item.votes.get(name, choice) != choice
        act = "vote changed" if changed else "vote"
        if self.expect(act, code, lambda: vote(item.line, choice, by=self.by(user))):
            item.votes[name] = choice

    def release(self) -> None:
        """From a day to come; today's and an earlier one are refused while the sitting is open."""
        user, today = self.name(), local_day(self.now)
        name, on = user.username, today + self.random.choice([-1, 0, 1, 2, 40]) * DAY
        code = "in_open_sitting" if on <= today else None
        if name in self.released and self.released[name] <= today:
            code = "released_already"
        elif self.released.get(name) == on:
            code = None
        corrected = name in self.released and self.released[name] != on
        by = By(self.scene.administrator, self.now)
        act = "release corrected" if corrected else "release"
        if self.expect(act, code, lambda: release(self.seat(user), on, by=by)):
            self.released[name] = on

    def switch(self) -> None:
        """As the page of accounts does: the account is switched off, sometimes on again."""
        user = self.name()
        user.is_active = user.username in self.off
        user.save(update_fields=["is_active"])
        self.off ^= {user.username}
        self.met.add("switch_off")

    def role(self) -> None:
        user = self.name()
        self.expect("role", "in_open_sitting", lambda: access.require_free_of_sittings(user))

    def appoint(self) -> None:
        if not self.waiting:
            return
        user, by = self.waiting.pop(), By(self.scene.administrator, self.now)
        today = local_day(self.now)
        self.expect("appoint", None, lambda: appoint(user, "member", None, today, by=by))
        self.newcomers.append(user.username)

    def recuse(self) -> None:
        case = self.random.choice(self.scene.cases)
        user = self.name(*self.voters, *self.newcomers[:1])
        name = user.username
        waiting = [item for item in self.items if item.case.pk == case.pk and not item.outcome]
        code = "counted_already" if all(item.counted is not None for item in waiting) else None
        if not waiting or name not in self.voters:
            code = "nothing_to_recuse_from"
        if name in self.off:
            code = "no_permission"
        if self.expect("recuse", code, lambda: recuse(case, reason=WHY, by=self.by(user))):
            for item in waiting:
                if item.counted is None:
                    item.recused.add(name)

    def presides(self, item: Item) -> str | None:
        for name in (self.scene.people.chair.username, self.deputy):
            if name is not None and name in self.present - item.recused:
                return name
        return None

    def count_of(self, item: Item) -> dict[str, Any]:
        """Our own count, by the issue's sentences."""
        takes_part = self.present - item.recused
        votes = {name: item.votes[name] for name in self.voters if name in takes_part & set(item.votes)}
        states = [
            "recused"
            if name in item.recused
            else AS_QUESTION.get(votes.get(name, "silent"), votes.get(name, "silent"))
            if name in takes_part
            else "absent"
            for name in self.voters
        ]
        presides = self.presides(item)
        chair = self.voters.index(presides) if presides is not None else None
        ruling = by_the_sentences(states, chair, self.rule)[0] or ""
        return {
            "ruling": AS_ROW[ruling] if item.row and ruling else ruling,
            "votes": votes,
            "present": sorted(self.present),
            "recused": sorted(item.recused),
            "presides": presides or "",
        }

    def count(self, item: Item | None = None) -> None:
        item = item or self.random.choice(self.items)
        code = self.refused_of_closed(item)
        if not self.expect("count", code, lambda: count_item(item.line, by=self.by())):
            return
        item.counted, item.reopened = self.count_of(item), False
        if not item.counted["ruling"]:
            item.outcome = "no_ruling"
            self.met.add("no_ruling")

    def seal(self, item: Item | None = None) -> None:
        item = item or self.random.choice(self.items)
        code = "item_closed" if item.outcome else "not_counted" if item.counted is None else None
        if self.expect("seal", code, lambda: seal_item(item.line, reason=WHY, by=self.by())):
            item.outcome = "ruled"

    def reopen(self) -> None:
        item, user = self.random.choice(self.items), self.name()
        code = None if item.counted is not None else "not_counted"
        if item.outcome == "no_ruling":
            code = "item_closed"
        if self.presides(item) != user.username:
            code = "not_in_the_chair"
        if user.role != "chair" or user.username in self.off:
            code = "no_permission"
        if self.expect("reopen", code, lambda: reopen_item(item.line, why=WHY, by=self.by(user))):
            item.counted, item.outcome, item.reopened = None, "", True

    # --- the end ---

    def tell(self) -> None:
        """The minutes while the sitting is open: the composition with its changes, and the newcomers."""
        seated = attendance_of(self.sitting, composition_of(self.sitting, local_day(self.now)))
        rows = {person.name: person for person in seated}
        secretary = self.scene.people.secretary
        assert set(rows) == {str(self.by_name[name]) for name in self.voters} | {str(secretary)}
        for name in self.voters:
            told = rows[str(self.by_name[name])]
            assert told.state == ("present" if name in self.present else "absent")
            if name in self.released:
                assert f"released from {self.released[name]:%d.%m.%Y}" in told.reason
            else:
                assert ("switched off" in told.reason) == (name in self.off)
        came = {person.name for person in appointed_since(self.sitting)}
        assert came == {str(self.by_name[name]) for name in self.newcomers}

    def finish(self) -> None:
        """Some items are still counted; what is counted is sealed; whoever presides closes the sitting."""
        for item in self.items:
            if not item.outcome and item.counted is None and self.random.random() < 0.5:
                self.count(item)
        user = self.closing()
        self.now = max(self.now, LATER)
        if any(item.counted is not None and not item.outcome for item in self.items):
            self.expect("close", "not_sealed", lambda: close_sitting(self.sitting, by=self.by(user)))
        for item in self.items:
            if item.counted is not None and not item.outcome:
                self.seal(item)
        assert self.expect("close", None, lambda: close_sitting(self.sitting, by=self.by(user)))
        for item in self.items:
            self.compare(item)
        self.sitting.refresh_from_db()
        done = recount(self.sitting)
        counts = sum(item.counted is not None for item in self.items)
        assert (done.differences, done.without_receipts, done.items) == ([], [], counts)
        self.voters_stay_until_their_votes_counted()

    def closing(self) -> User:
        """The chair; where the chair is not there, the deputy who is; an account switched off comes back."""
        chair = self.scene.people.chair.username
        if self.deputy is not None and self.deputy not in self.off and chair in self.off:
            self.present = (self.present - {chair}) | {self.deputy}
            seats = [self.seat(self.by_name[name]) for name in self.present]
            mark_attendance(self.sitting, seats, by=self.by())
        instead = self.deputy is not None and self.deputy in self.present and chair not in self.present
        user = self.by_name[self.deputy if instead and self.deputy is not None else chair]
        if user.username in self.off:
            user.is_active = True
            user.save(update_fields=["is_active"])
        self.met.add("closed by the deputy" if instead else "closed by the chair")
        return user

    def compare(self, item: Item) -> None:
        """The item's record against the model's count."""
        line = AgendaItem.objects.get(pk=item.line.pk)
        if item.counted is None:
            assert (line.outcome, line.ruling, line.minutes) == ("no_ruling", "", {})
            if item.reopened:
                self.met.add("counted, reopened, never counted again")
            return
        assert (line.outcome, line.ruling) == (item.outcome, item.counted["ruling"])
        assert {key: line.minutes[key] for key in item.counted} == item.counted
        assert set(line.minutes["receipts"]) == set(item.counted["votes"])
        self.met.add(f"ruled {line.ruling}")

    def voters_stay_until_their_votes_counted(self) -> None:
        """After the closing too nobody is released from the day of a counted vote, or from one before it."""
        by = By(self.scene.administrator, self.now)
        for name in {name for item in self.items if item.counted for name in item.counted["votes"]}:
            if name in self.released:
                continue
            seat = self.seat(self.by_name[name])
            self.expect(
                "release", "released_before_vote", lambda seat=seat: release(seat, date(2026, 2, 12), by=by)
            )
