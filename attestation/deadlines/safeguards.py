"""F-D2, F-D8, I-09: what holds a harmful effect back until a person confirms it. Pure but for its last
function.

Harmful is what can't be taken back by itself: an appeal term (with the grace after it) or a category that is
closed, a lowered category, "subject to dismissal". Where the clock can't be trusted, closing any deadline is:
a closed one never changes again (F-D14).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attestation.law.reasons import Verdict
from attestation.law.vocabulary import Consequence
from attestation.models import Deadline, Outage

Kind = Deadline.Kind


class Code(StrEnum):
    """Why an effect waits."""

    GAP = "gap"  # the last sweep is too long ago: nobody knows yet what happened meanwhile
    CLOCK = "clock"  # the clock jumped
    CALENDAR = "calendar"  # the deadline was counted by days of a year that nobody has confirmed
    OUTAGE = "outage"  # filing was impossible for a part of its time, and nobody has decided about it


# These wait for a person even when the brake is off again; the other two let go by themselves.
STICKY = frozenset({Code.GAP, Code.CLOCK})
HARMFUL_TO_CLOSE = frozenset({Kind.APPEAL, Kind.GRACE, Kind.CATEGORY})
# Filing is what an outage makes impossible.
CUT_BY_OUTAGE = frozenset({Kind.APPEAL, Kind.GRACE})
HARMFUL_CONSEQUENCES = frozenset({Consequence.LOWER_CATEGORY, Consequence.DISMISSAL})


class DeadlineLike(Protocol):
    """What the safeguards look at: a Deadline, or a test's stand-in. In time is: at < closes_at."""

    kind: str
    provisional: bool
    counted_from: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Down:
    """F-D2: an outage about whose deadlines nobody has decided; without an end it goes on."""

    began_at: datetime
    ended_at: datetime | None

    def cuts_into(self, deadline: DeadlineLike) -> bool:
        """Whether a part of the deadline's time fell into it."""
        return self.began_at < deadline.closes_at and (
            self.ended_at is None or self.ended_at > deadline.counted_from
        )


@dataclass(frozen=True, slots=True)
class Safeguards:
    """Every brake as it stood when a sweep began: `clock` holds GAP or CLOCK, where one of them is on."""

    clock: tuple[Code, ...] = ()
    down: tuple[Down, ...] = ()

    def on_closing(self, deadline: DeadlineLike) -> list[Code]:
        """The safeguards on closing a deadline; none for a harmless one while the clock can be trusted."""
        found = list(self.clock)
        if deadline.kind in HARMFUL_TO_CLOSE:
            found += self._of_deadline(deadline)
        return found

    def on_finalising(self, deadlines: Sequence[DeadlineLike], *, harmful: bool) -> list[Code]:
        """The safeguards on a final decision, by its appeal term and grace.

        A harmless decision waits for a clock that jumped alone: it is early by what the clock is wrong, and
        must not forestall an appeal.
        """
        if not harmful:
            return [code for code in self.clock if code == Code.CLOCK]
        found = {code for deadline in deadlines for code in self._of_deadline(deadline)}
        return [*self.clock, *sorted(found)]

    def _of_deadline(self, deadline: DeadlineLike) -> list[Code]:
        found = [Code.CALENDAR] if deadline.provisional else []
        if deadline.kind in CUT_BY_OUTAGE and any(outage.cuts_into(deadline) for outage in self.down):
            found.append(Code.OUTAGE)
        return found


def is_sticky(codes: Iterable[str]) -> bool:
    """Whether an effect held by these waits for a person whatever comes."""
    return any(code in STICKY for code in codes)


def is_harmful(verdict: Verdict) -> bool:
    """¶27.1, ¶28.1, ¶30.2: whether a final decision of this content lowers or dismisses."""
    return bool(HARMFUL_CONSEQUENCES & set(verdict.consequences))


def read_safeguards(clock: Iterable[Code] = ()) -> Safeguards:
    """The safeguards as they stand: those of the clock as given, the outages read once a sweep."""
    unsettled = Outage.objects.open().order_by("pk").values_list("began_at", "ended_at")
    return Safeguards(tuple(clock), tuple(Down(*row) for row in unsettled))
