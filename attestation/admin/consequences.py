"""What an act that binds will do: shown before it is done, and compared with what it then does.

The act is done as a rehearsal and what it writes is read, so that the page can say nothing else than the act
does: who is concerned, what becomes of each, which terms begin with their last day, which letters go.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.db import OperationalError
from django.http import HttpResponse, QueryDict
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import access
from attestation.admin.exports import as_file
from attestation.admin.story import Reason, why_status
from attestation.admin.written import ACT, NOTICE, Line, Reader, newest
from attestation.by import By
from attestation.models import Attestation, Deadline, Employee, User
from attestation.names import fits
from attestation.patience import patiently
from attestation.refusals import Refused
from attestation.rehearsing import rehearsing

MOST_SHOWN = 50
# What goes against somebody, or is left undone: said in amber, with its reasons.
NOT_DONE = frozenset({"refuse_admission", "hold", "effect_held", "needs_attention"})
BUSY = gettext_lazy(
    "Somebody is working on these records just now; nothing was changed. Try again in a minute."
)

# PostgreSQL's code where a lock was waited for too long.
LOCK_NOT_AVAILABLE = "55P03"

T = TypeVar("T")
Key = tuple[int | None, int | None]


@dataclass(frozen=True)
class Concerned:
    """A case, or a person without one, and what becomes of it; a case that the act makes has no key yet."""

    case_id: int | None
    case_no: str
    person: str
    center: str
    acts: tuple[str, ...]
    what: tuple[str, ...]
    why: tuple[str, ...]
    begins: tuple[str, ...]
    letters: int

    @property
    def refused(self) -> bool:
        """Whether it goes against the person, or is left undone."""
        return bool(NOT_DONE & set(self.acts))

    @property
    def head(self) -> str:
        """What becomes of it first of all: by this the rows can be narrowed down."""
        return self.what[0] if self.what else ""


@dataclass(frozen=True)
class Consequences:
    """Whom an act concerns, in the order of the cases, and what follows for all of them together.

    `also`: what it does to no person's case. `others`: cases that the reader may not see. `begins`: a term,
    its last day, how many. `letters`: which letter, how many. `left`: of several records those for which the
    act is refused, each with the reason.
    """

    rows: tuple[Concerned, ...]
    also: tuple[str, ...]
    others: int
    begins: tuple[tuple[str, str, int], ...]
    letters: tuple[tuple[str, int], ...]
    left: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of every word that is said: what the person at the screen has seen."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @property
    def refused(self) -> list[Concerned]:
        """Those against whom it goes."""
        return [row for row in self.rows if row.refused]

    @property
    def heads(self) -> list[tuple[str, int, bool]]:
        """What becomes of how many, the most frequent first, and whether it goes against them."""
        against = {row.head for row in self.rows if row.refused}
        counted = Counter(row.head for row in self.rows if row.head).most_common()
        return [(head, count, head in against) for head, count in counted]


def _nothing_left(done: object) -> tuple[str, ...]:
    return ()


def rehearse(
    run: Callable[[], T], by: By, left: Callable[[T], tuple[str, ...]] = _nothing_left
) -> Consequences:
    """What the act would do now; `left` says of its answer what it leaves undone.

    Raises like the act, and Refused where somebody else is at it.
    """

    def work() -> Consequences:
        with rehearsing():
            witness = Witness()
            done = run()
            return replace(witness.read(by), left=left(done))

    try:
        return patiently(work, "a rehearsal")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise Refused("busy", BUSY) from error


class OtherThanShown(Exception):
    """The act would do something else by now than the page had said; nothing is done."""

    def __init__(self, found: Consequences) -> None:
        super().__init__()
        self.found = found


def do_as_shown(
    run: Callable[[], T], by: By, shown: str, left: Callable[[T], tuple[str, ...]] = _nothing_left
) -> tuple[T, Consequences]:
    """Do the act if it does what the digest `shown` stands for. Raises like `rehearse`; OtherThanShown."""

    def work() -> tuple[T, Consequences]:
        witness = Witness()
        done = run()
        found = replace(witness.read(by), left=left(done))
        if found.digest != shown:
            raise OtherThanShown(found)
        return done, found

    return patiently(work, "an act that binds")


@dataclass
class _Case:
    lines: list[Line] = field(default_factory=list)
    begins: list[Deadline] = field(default_factory=list)
    letters: int = 0


class Witness:
    """Reads what is written from now on, in one transaction."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.deadlines_after, self.cases_after = newest(Deadline), newest(Attestation)

    def read(self, by: By) -> Consequences:
        """What was written at the moment of the act, as this person may see it."""
        found: dict[Key, _Case] = {}
        also: list[str] = []
        letters: Counter[str] = Counter()
        for line in self.reader.lines_at(by.at):
            if line.sort == NOTICE:
                letters[line.what] += line.recipients
            if line.case_id is None and line.person is None:
                also += [line.what] if line.sort == ACT else []
                continue
            case = found.setdefault((line.case_id, line.person), _Case())
            if line.sort == NOTICE:
                case.letters += line.recipients
            else:
                case.lines.append(line)
        begun = Deadline.objects.filter(pk__gt=self.deadlines_after, opened_at=by.at).order_by(
            "closes_at", "pk"
        )
        for deadline in begun:
            key = (deadline.attestation_id, deadline.employee_id)
            found.setdefault(key, _Case()).begins.append(deadline)
        rows, others = _rows(found, by.user, self.cases_after)
        return Consequences(
            rows=tuple(rows),
            also=tuple(also),
            others=others,
            begins=_counted(deadline for case in found.values() for deadline in case.begins),
            letters=tuple(sorted(letters.items())),
        )


def _counted(deadlines: Iterable[Deadline]) -> tuple[tuple[str, str, int], ...]:
    """Terms of one kind with one last day together, the earliest first."""
    counted = Counter((deadline.due_on, deadline.kind) for deadline in deadlines)
    return tuple(
        (capfirst(str(Deadline.Kind(kind).label)), formats.date_format(day, "DATE_FORMAT"), count)
        for (day, kind), count in sorted(counted.items())
    )


def _rows(found: Mapping[Key, _Case], user: User | None, cases_after: int) -> tuple[list[Concerned], int]:
    """Those in the reader's sight, and the number of the others; nobody is named on whom they vote blind."""
    cases = Attestation.objects.select_related("employee", "center", "cycle").in_bulk(
        {case_id for case_id, _person in found if case_id}
    )
    people = Employee.objects.select_related("center").in_bulk({person for _case, person in found if person})
    centers = {key: cases[key[0]].center if key[0] else people[key[1] or 0].center for key in found}
    seen = {center.pk for center in centers.values()}
    if not access.sees_everything(user):
        seen = access.seen_among(user, seen)
    hidden = access.hidden_among(user, set(people))
    rows = [
        _row(case, cases.get(key[0] or 0), people[key[1] or 0].full_name, str(centers[key]), cases_after)
        for key, case in found.items()
        if centers[key].pk in seen and key[1] not in hidden
    ]
    return sorted(rows, key=lambda row: (row.case_no, row.person)), len(found) - len(rows)


def _row(found: _Case, case: Attestation | None, person: str, center: str, cases_after: int) -> Concerned:
    acts = tuple(line.act for line in found.lines)
    why = why_status(case) if case and NOT_DONE & set(acts) else []
    return Concerned(
        case_id=case.pk if case and case.pk <= cases_after else None,
        case_no=case.case_no if case else "",
        person=person,
        center=center,
        acts=acts,
        what=tuple(_told(line) for line in found.lines),
        why=tuple(reason.sentence if isinstance(reason, Reason) else reason for reason in why),
        begins=tuple(_begun(deadline) for deadline in found.begins),
        letters=found.letters,
    )


def _told(line: Line) -> str:
    return f"{line.what} ({', '.join(line.cites_shown)})" if line.cites else line.what


def _begun(deadline: Deadline) -> str:
    day = formats.date_format(deadline.due_on, "DATE_FORMAT")
    return _("%(term)s through %(day)s") % {"term": capfirst(deadline.get_kind_display()), "day": day}


def shown(found: Consequences, asked: QueryDict) -> dict[str, Any]:
    """What a page shows of it: so many rows, those that were asked for, and what they can be narrowed by."""
    head, who = asked.get("only", ""), asked.get("who", "").strip()
    rows = [row for row in found.rows if (not head or row.head == head) and _is_named(row, who)]
    return {
        "found": found,
        "digest": found.digest,
        "rows": rows[:MOST_SHOWN],
        "more": max(0, len(rows) - MOST_SHOWN),
        "only": head,
        "who": who,
        "narrowed": bool(head or who),
    }


def _is_named(row: Concerned, who: str) -> bool:
    return not who or fits(who, row.person, row.case_no, row.center)


def file_of(found: Consequences, name: str) -> HttpResponse:
    """Every row as a spreadsheet."""
    header = [_("Case"), _("Person"), _("Centre"), _("What happens"), _("Why"), _("Terms"), _("Letters")]
    lines = (
        (
            *(row.case_no, row.person, row.center, "\n".join(row.what)),
            *("\n".join(row.why), "\n".join(row.begins), row.letters),
        )
        for row in found.rows
    )
    return as_file(_("What happens"), header, lines, name)
