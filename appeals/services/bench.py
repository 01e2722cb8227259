"""Who rules on questions on a day: the members in office, and who of them takes no part (I-12, F-R8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, cached_property

from appeals import rules
from appeals.models import AppealItem, Commission, CommissionRules, Membership
from appeals.services.commission import VOTING_SEATS, members_in_office
from appeals.services.lines import commission_of_item
from appeals.services.recusals import background, ground_by
from attestation import access
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import User


class Bench:
    """The members of a commission in office on a day, read once for all the questions it rules on."""

    def __init__(self, commission: Commission, day: date) -> None:
        self.commission, self.day = commission, day
        self.members = list(members_in_office(commission, day).select_related("user__center"))
        self._background = cache(background)

    @property
    def voting(self) -> list[Membership]:
        """The chair, the deputy and the members: those who vote."""
        return [member for member in self.members if member.seat in VOTING_SEATS]

    @property
    def is_of_one(self) -> bool:
        """Whether a single member has a vote: then that one rules alone, without a sitting."""
        return len(self.voting) == 1

    @cached_property
    def in_force(self) -> CommissionRules:
        """The rules in force on the day."""
        return CommissionRules.objects.in_force_on(self.day)

    def is_recused(self, user: User, item: AppealItem) -> bool:
        """F-R8: whether the user takes no part: by an own statement, or by the rule as things stand."""
        if user.pk in {recusal.user_id for recusal in item.recusals.all()}:
            return True
        known = self._background(user)
        return ground_by(known, item.appeal.attestation, self.day, self.in_force.recusal_months) is not None

    def facts(self, item: AppealItem, there: Iterable[str]) -> list[rules.MemberFact]:
        """Those who vote, for the pure rules; ids are user names, `there` are those present."""
        present = set(there)
        return [
            rules.MemberFact(
                member.user.username,
                present=member.user.username in present,
                recused=self.is_recused(member.user, item),
                seat=member.seat,
            )
            for member in self.voting
        ]


class Benches:
    """Who rules on each of many questions, and the centres in sight of whoever acts: read for all of them."""

    def __init__(self, items: Iterable[AppealItem], by: By) -> None:
        self._by, self._bench = by, cache(Bench)
        self.seen = access.seen_among(by.user, {item.appeal.attestation.center_id for item in items})

    def of(self, item: AppealItem) -> Bench:
        """Those who rule on the question."""
        return self._bench(commission_of_item(item, self._by.at), local_day(self._by.at))
