"""One office with everybody in it and something of everything on record, for the tables of rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from appeals.models import AgendaItem, AppealItem, Sitting
from attestation.by import By
from attestation.deadlines.outages import record_outage
from attestation.law.vocabulary import Consequence as Kind
from attestation.lookup import locked
from attestation.models import (
    Attestation,
    Consequence,
    Cycle,
    Deadline,
    Decision,
    Notice,
    Outage,
    Result,
    Role,
    TermChange,
    User,
    WorkFailure,
)
from scoring.models import Rating
from tests.appeals.sitting_cast import Board, board, line_of, opened
from tests.attestation.admin_cast import Region, make_region
from tests.factories import UserFactory, moment

# In the middle of a sitting; every deadline of the cases is over.
NOW = moment("2026-02-12 10:30")


@dataclass
class Office:
    """A region, the central commission in an open sitting, and the keys of the rows that acts are about.

    Rows are read anew each time: a call that was taken back leaves nothing behind in them.
    """

    region: Region
    board: Board
    people: dict[str, User | None]
    item_id: int
    line_id: int
    outage_id: int
    change_id: int
    failure_id: int
    consequence_id: int

    @property
    def case(self) -> Attestation:
        """Decided, and nothing keeps the decision from becoming final."""
        return locked(self.region.case)

    @property
    def cycle(self) -> Cycle:
        """The cycle of both cases."""
        return Cycle.objects.get(pk=self.region.case.cycle_id)

    @property
    def result(self) -> Result:
        """The published result of the case."""
        return self.case.results.get(superseded_at=None)

    @property
    def decision(self) -> Decision:
        """The decision on record of the case."""
        return self.case.decisions.get(superseded_at=None)

    @property
    def item(self) -> AppealItem:
        """A question under appeal, of the other case."""
        return AppealItem.objects.get(pk=self.item_id)

    @property
    def line(self) -> AgendaItem:
        """Where it stands on the agenda."""
        return AgendaItem.objects.get(pk=self.line_id)

    @property
    def sitting(self) -> Sitting:
        """The sitting, open."""
        return self.line.sitting

    @property
    def outage(self) -> Outage:
        """An outage that nobody has settled."""
        return Outage.objects.get(pk=self.outage_id)

    @property
    def change(self) -> TermChange:
        """A shorter deadline that waits for a decision."""
        return TermChange.objects.get(pk=self.change_id)

    @property
    def failure(self) -> WorkFailure:
        """Work that failed."""
        return WorkFailure.objects.get(pk=self.failure_id)

    @property
    def rating_id(self) -> str:
        """The external id of a rating of the case's employee."""
        found = Rating.objects.filter(employee=self.case.employee).order_by("pk").first()
        assert found is not None
        return str(found.external_id)

    @property
    def consequence(self) -> Consequence:
        """A dismissal that the employer has not reported yet."""
        return Consequence.objects.get(pk=self.consequence_id)

    @property
    def letter(self) -> Notice:
        """A letter to the employee of the case."""
        found = Notice.objects.filter(attestation=self.case, employee__isnull=False).order_by("pk").first()
        assert found is not None
        return found

    @property
    def put_off(self) -> Notice:
        """The same, as if the mail server had not taken it until an hour from now."""
        row = {"state": "queued", "attempts": 1, "last_error": "x", "not_before": NOW + timedelta(hours=1)}
        Notice.objects.filter(pk=self.letter.pk).update(**row)
        return self.letter


def make_office() -> Office:
    """Everybody at work, and three who may do nothing: one switched off, one without a role, the system."""
    region = make_region("Ю9")
    people = board(2)
    sitting = opened(people)
    item = region.appeal.items.order_by("question")[0]
    outage = record_outage(
        began_at=moment("2026-02-06 09:00"),
        ended_at=moment("2026-02-06 11:00"),
        reason="жарық сөнді",
        by=By(None, moment("2026-02-06 12:00")),
    )
    deadline = Deadline.objects.get(attestation=region.case, kind=Deadline.Kind.APPEAL)
    change = TermChange.objects.create(
        deadline=deadline,
        cause=TermChange.Cause.CALENDAR,
        was_due_on=deadline.due_on,
        due_on=date(2026, 2, 8),
        state=TermChange.State.PROPOSED,
        made_at=NOW,
    )
    failure = WorkFailure.objects.create(
        act="score", subject="attestation:1", error="…", first_at=NOW, last_at=NOW, next_try_at=NOW
    )
    consequence = Consequence.objects.create(
        decision=region.case.decisions.get(superseded_at=None),
        attestation=region.case,
        kind=Kind.DISMISSAL,
        cite="¶28.1",
        effective_on=date(2026, 2, 10),
    )
    everybody: dict[str, User | None] = {
        Role.ADMINISTRATOR: UserFactory(role=Role.ADMINISTRATOR),
        Role.AUDITOR: UserFactory(role=Role.AUDITOR),
        Role.HR: region.officer,
        Role.SECRETARY: people.secretary,
        Role.CHAIR: people.chair,
        Role.MEMBER: people.members[0],
        "switched off": UserFactory(role=Role.ADMINISTRATOR, is_superuser=True, is_active=False),
        "without a role": UserFactory(role=""),
        "system": None,
    }
    return Office(
        region,
        people,
        everybody,
        item_id=item.pk,
        line_id=line_of(item, sitting=sitting).pk,
        outage_id=outage.pk,
        change_id=change.pk,
        failure_id=failure.pk,
        consequence_id=consequence.pk,
    )
