"""The deadlines an outage cut into, as its pages show them: line by line, in totals, as a file.

A form of thousands of tick boxes would be neither read nor taken by the server: past `MOST_LINES` the choice
is made by region and kind of deadline, every line stands in the file, single cases are left out by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from attestation import access
from attestation.admin.base import visible
from attestation.admin.files import csv_text
from attestation.deadlines.outage_deadlines import CutDeadline
from attestation.labels import Label
from attestation.models import Attestation, Center, Deadline, Outage, Status, TermChange, User

MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """One deadline as the pages show it; `why_not` says why nothing can be made good."""

    cut: CutDeadline
    checked: bool
    own: bool

    @property
    def key(self) -> int:
        return self.cut.deadline.pk

    @property
    def case_url(self) -> str:
        return reverse("admin:attestation_attestation_change", args=(self.cut.deadline.attestation_id,))

    @property
    def why_not(self) -> Label:
        deadline, case = self.cut.deadline, self.cut.deadline.attestation
        if self.cut.counted is not None:
            return ""
        if case is not None and case.status == Status.CLOSED:
            return _("The case is closed.")
        if not self.cut.touched:
            return _("No day that counts was touched.")
        if deadline.kind == Deadline.Kind.GRACE:
            return _("The grace is over; an appeal filed in time still counts when it is recorded.")
        return _("The term is closed, and a closed one never changes.")


def lines_of(cuts: Iterable[CutDeadline], user: User, checked: set[int] | None = None) -> list[Line]:
    """The lines with their ticks: as proposed, or as the person had set them."""
    return [
        Line(
            cut,
            cut.proposed if checked is None else cut.deadline.pk in checked,
            access.is_own(user, cut.deadline.employee),
        )
        for cut in cuts
    ]


def in_sight(user: User, cuts: list[CutDeadline]) -> list[CutDeadline]:
    """The lines whose case the person may see."""
    if access.sees_everything(user):
        hidden = access.hidden_among(user, {cut.deadline.employee_id for cut in cuts})
        return [cut for cut in cuts if cut.deadline.employee_id not in hidden]
    keys = [cut.deadline.pk for cut in cuts]
    seen = set(visible(user, Deadline.objects.filter(pk__in=keys)).values_list("pk", flat=True))
    return [cut for cut in cuts if cut.deadline.pk in seen]


@dataclass
class Total:
    """The deadlines of one kind in one region: how many there are, and how many of them can be made good."""

    key: str
    region: str
    kind: str
    checked: bool
    count: int = 0
    deadlines: list[int] = field(default_factory=list)


def totals_of(cuts: Sequence[CutDeadline], ticked: set[str] | None = None) -> list[Total]:
    """By labour mobility centre and kind; ticked as proposed, or as the person had set them."""
    regions = Center.objects.in_bulk({region_key(cut) for cut in cuts})
    found: dict[str, Total] = {}
    for cut in cuts:
        deadline, region = cut.deadline, region_key(cut)
        key = f"{region}:{deadline.kind}"
        total = found.setdefault(key, Total(key, str(regions[region]), deadline.get_kind_display(), False))
        total.count += 1
        if cut.counted is not None:
            total.deadlines.append(deadline.pk)
            total.checked |= cut.proposed if ticked is None else key in ticked
    return sorted(found.values(), key=lambda total: (total.region, total.kind))


def case_of(deadline: Deadline) -> Attestation:
    """The case that the deadline is of: every deadline that an outage cuts into is of one."""
    assert deadline.attestation is not None  # selected by it
    return deadline.attestation


def case_no_of(cut: CutDeadline) -> str:
    """The number of the case that the deadline is of."""
    return case_of(cut.deadline).case_no


def region_key(cut: CutDeadline) -> int:
    """The labour mobility centre that the case's centre is or belongs to."""
    center = case_of(cut.deadline).center
    return center.parent_id or center.pk


def deadlines_csv(lines: Iterable[Line]) -> str:
    """Every deadline that the outage cut into, with what is proposed."""
    header = [_("case"), _("employee"), _("centre"), _("term"), _("state"), _("days touched")]
    return csv_text([*header, _("last day"), _("new last day"), _("note")], map(csv_row, lines))


def csv_row(line: Line) -> list[str]:
    """One deadline of the file."""
    deadline, counted = line.cut.deadline, line.cut.counted
    case = case_of(deadline)
    note = str(line.why_not)
    if counted is not None:
        note = _("opened again") if line.cut.reopens else "" if line.cut.proposed else _("not by default")
    return [
        case.case_no,
        deadline.employee.full_name,
        str(case.center),
        deadline.get_kind_display(),
        deadline.get_state_display(),
        " ".join(day.isoformat() for day in line.cut.touched),
        deadline.due_on.isoformat(),
        counted.due_on.isoformat() if counted else "",
        note,
    ]


def changes_of(outage: Outage, user: User) -> QuerySet[TermChange]:
    """What a settlement made longer or opened again, of the cases the person may see."""
    changes = TermChange.objects.filter(outage=outage).select_related(
        "deadline__attestation__employee", "deadline__attestation__center"
    )
    return visible(user, changes).order_by("deadline__attestation__case_no", "pk")


def changes_csv(changes: Iterable[TermChange]) -> str:
    """Every deadline that the settlement made longer or opened again."""
    rows = []
    for change in changes:
        deadline, case = change.deadline, case_of(change.deadline)
        note = _("opened again") if deadline.replaces_id else ""
        days = [change.was_due_on.isoformat(), change.due_on.isoformat()]
        person, center = case.employee.full_name, str(case.center)
        rows.append([case.case_no, person, center, deadline.get_kind_display(), *days, note])
    header = [_("case"), _("employee"), _("centre"), _("term"), _("last day"), _("new last day"), _("note")]
    return csv_text(header, rows)
