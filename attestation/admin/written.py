"""What was written at one moment, as lines for people: acts, effects held back, notices.

Of a rehearsal, or of an act whose transaction is not over yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Model, Q
from django.utils import formats
from django.utils.translation import gettext as _

from attestation.admin.journal_lines import name_of
from attestation.admin.ready import safeguard_words
from attestation.admin.work_words import error_words, work_words
from attestation.cites import cite_labels
from attestation.deadlines.safeguards import HARMFUL_TO_CLOSE, is_harmful
from attestation.labels import CONSEQUENCES, outcome_label
from attestation.law.calendar import ALMATY
from attestation.law.reasons import Verdict
from attestation.law.vocabulary import Outcome
from attestation.models import Attestation, Cycle, Deadline, Decision, JournalEntry, Notice
from attestation.notices.kinds import TITLES

ACT, HELD, NOTICE = "act", "held", "notice"
# An act that another line of the same case and moment tells of already.
SAID_OTHERWISE = frozenset({"effect_lifted"})
CITES = {
    "pin": "I-21",
    "testing_stage_ended": "I-21",
    "mark_absent": "I-23",
    "reattestation_met": "I-25",
    "duty_settled": "I-25",
    "category_settled": "I-36",
}


@dataclass(frozen=True)
class Line:
    """One thing that will happen. `act` is its code in the journal, or the kind of the notice; `centers` are
    those whose people may read it, `person` the employee it is about; `recipients` counts the notices."""

    at: datetime
    sort: str
    act: str
    what: str
    case_no: str
    case_id: int | None
    centers: frozenset[int]
    person: int | None = None
    center: str = ""
    cites: tuple[str, ...] = ()
    harmful: bool = False
    held_by: tuple[str, ...] = ()
    recipients: int = 0

    def as_data(self) -> dict[str, Any]:
        """For --json: moments in Almaty, safeguards by their codes."""
        return {
            "at": self.at.astimezone(ALMATY).isoformat(timespec="seconds"),
            "sort": self.sort,
            "act": self.act,
            "what": self.what,
            "case": self.case_no,
            "cites": list(self.cites),
            "harmful": self.harmful,
            "held_by": list(self.held_by),
            "recipients": self.recipients,
        }

    @property
    def cites_shown(self) -> list[str]:
        """The points in the reader's language."""
        return cite_labels(self.cites)

    @property
    def held_in_words(self) -> str:
        """The safeguards in the reader's language."""
        return "; ".join(str(safeguard_words(code)) for code in self.held_by)


class Reader:
    """Reads what is new since it was made, or since the last moment; a few queries a moment."""

    def __init__(self) -> None:
        self.notices_after = newest(Notice)
        self.chained_after = newest(JournalEntry)
        self.rehearsed_after: int | None = None

    def lines_at(self, at: datetime) -> list[Line]:
        """The acts in their order, then the notices."""
        return [*self._acts(at), *self._notices(at)]

    def _acts(self, at: datetime) -> list[Line]:
        rehearsed = Q(seq__lt=0)
        if self.rehearsed_after is not None:
            rehearsed &= Q(seq__gt=self.rehearsed_after)
        rows = JournalEntry.objects.filter(rehearsed | Q(seq__gt=self.chained_after), at=at)
        entries = list(rows.select_related("attestation__center").order_by("seq"))
        if not entries:
            return []
        if entries[-1].seq < 0:
            self.rehearsed_after = entries[-1].seq
        known = _Known(entries)
        return [known.line(entry, at) for entry in entries if entry.act not in SAID_OTHERWISE]

    def _notices(self, at: datetime) -> list[Line]:
        rows = Notice.objects.filter(
            pk__gt=self.notices_after, created_at=at, state=Notice.State.QUEUED
        ).order_by()
        counted = list(rows.values("kind", "attestation", "deadline").annotate(n=Count("pk")))
        if not counted:
            return []
        cases = Attestation.objects.select_related("center").in_bulk(
            {row["attestation"] for row in counted} - {None}
        )
        deadlines = Deadline.objects.select_related("employee__center").in_bulk(
            {row["deadline"] for row in counted} - {None}
        )
        lines = [
            _notice_line(row, cases.get(row["attestation"]), deadlines.get(row["deadline"]), at)
            for row in counted
        ]
        return sorted(lines, key=lambda line: (line.case_no, line.act, line.what))


def newest(model: type[Model]) -> int:
    """The key of the newest row; 0 where there is none."""
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _notice_line(
    row: Mapping[str, Any], case: Attestation | None, deadline: Deadline | None, at: datetime
) -> Line:
    what = _("Notice: %(kind)s") % {"kind": TITLES.get(row["kind"], row["kind"])}
    if deadline is not None:
        what += f" ({_due(deadline)})"
    center = case.center if case else deadline.employee.center if deadline else None
    return Line(
        at=at,
        sort=NOTICE,
        act=row["kind"],
        what=what,
        case_no=case.case_no if case else "",
        case_id=case.pk if case else None,
        centers=frozenset({center.pk} if center else ()),
        person=_person(case, deadline),
        center=str(center or ""),
        cites=(deadline.cite,) if deadline and deadline.cite else (),
        recipients=row["n"],
    )


def _person(case: Attestation | None, deadline: Deadline | None) -> int | None:
    about = case or deadline
    return about.employee_id if about is not None else None


def _due(deadline: Deadline) -> str:
    day = formats.date_format(deadline.due_on, "DATE_FORMAT")
    return _("last day %(day)s") % {"day": day}


class _Known:
    """The rows that the entries of one moment speak of."""

    def __init__(self, entries: Iterable[JournalEntry]) -> None:
        entries = list(entries)
        keys = {entry.subject for entry in entries if entry.act.startswith("deadline_")}
        held = {
            _key_number(entry.data.get("key", "")) for entry in entries if entry.act.startswith("effect_")
        }
        deadlines = Deadline.objects.select_related("employee__center")
        self.by_key = {row.key: row for row in deadlines.filter(key__in=keys)}
        self.by_pk = deadlines.in_bulk(held - {0})
        decisions = {entry.data["decision"] for entry in entries if entry.act in ("finalise", "decide")}
        self.decisions = Decision.objects.in_bulk(decisions)
        codes = {entry.subject for entry in entries if entry.act == "testing_stage_ended"}
        self.cycles = {row.code: row for row in Cycle.objects.select_related("center").filter(code__in=codes)}

    def line(self, entry: JournalEntry, at: datetime) -> Line:
        """One entry in words."""
        case, deadline = entry.attestation, self._deadline(entry)
        cycle = self.cycles.get(entry.subject)
        center = case.center if case else deadline.employee.center if deadline else None
        center = center or (cycle.center if cycle else None)
        what, cites, harmful = self._told(entry, deadline)
        return Line(
            at=at,
            sort=HELD if entry.act == "effect_held" else ACT,
            act=entry.act,
            what=what,
            case_no=case.case_no if case else cycle.code if cycle else "",
            case_id=case.pk if case else None,
            centers=frozenset({center.pk} if center else ()),
            person=_person(case, deadline),
            center=str(center or ""),
            cites=cites,
            harmful=harmful,
            held_by=tuple(entry.data.get("brakes", ())) if entry.act == "effect_held" else (),
        )

    def _deadline(self, entry: JournalEntry) -> Deadline | None:
        if entry.act.startswith("effect_"):
            return self.by_pk.get(_key_number(entry.data.get("key", "")))
        return self.by_key.get(entry.subject)

    def _told(self, entry: JournalEntry, deadline: Deadline | None) -> tuple[str, tuple[str, ...], bool]:
        """The sentence, the points it rests on, and whether it can't be taken back by itself."""
        name = name_of(entry.act)
        if deadline is not None:
            harmful = deadline.kind in HARMFUL_TO_CLOSE and entry.act in ("deadline_met", "effect_held")
            told = f"{name}: {deadline.get_kind_display()}, {_due(deadline)}"
            return told, (deadline.cite,) if deadline.cite else (), harmful
        if entry.act in ("finalise", "decide"):
            return self._decided(entry, name)
        if entry.act == "needs_attention":
            told = f"{work_words(entry.data.get('act', ''))}, {error_words(entry.data.get('error', ''))}"
            return f"{name}: {told}", (), False
        cites = entry.data.get("cites") or ([CITES[entry.act]] if entry.act in CITES else [])
        return name, tuple(cites), False

    def _decided(self, entry: JournalEntry, name: str) -> tuple[str, tuple[str, ...], bool]:
        decision = self.decisions.get(entry.data["decision"])
        same = decision is not None and decision.confirms_existing
        outcome = outcome_label(Outcome(entry.data["outcome"]), confirms_existing=same)
        verdict = Verdict.from_data(decision.verdict) if decision else None
        brought = [str(CONSEQUENCES[kind]) for kind in verdict.consequences] if verdict else []
        told = "; ".join([f"{name}: {outcome}", *brought])
        harmful = entry.act == "finalise" and verdict is not None and is_harmful(verdict)
        return told, tuple(entry.data["cites"]), harmful


def _key_number(key: str) -> int:
    """The deadline of an effect that closes a deadline; 0 for another."""
    kind, _colon, number = key.partition(":")
    return int(number) if kind == "close" and number.isdigit() else 0
