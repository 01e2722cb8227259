"""The page of a comparison with the Platform: what differs, with our reasons, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from attestation import access, explain
from attestation.admin.import_rows import errors_of
from attestation.admin.story import decided_by, said
from attestation.bulk import batched
from attestation.cites import cite_labels
from attestation.intake import compared
from attestation.intake.spec import resource_of
from attestation.labels import OUTCOMES, PURPOSES
from attestation.law.reasons import Step
from attestation.models import Attestation, Decision, ImportJob, ImportRow, Status

Kind = ImportRow.Kind
HERE = "here"
ROWS_A_PAGE = 50
BATCH = 500
STATE_COLOURS = {"held": "warning", "provisional": "primary", "final": "success"}


@dataclass(frozen=True)
class Field:
    """A field in which the Platform and we part."""

    title: str
    theirs: str
    ours: str


@dataclass(frozen=True)
class Line:
    """A row of the comparison: of the Platform's file (`number`), or a decision of ours that it lacks."""

    kind: str
    iin: str
    number: int | None = None
    about: str = ""
    case: Attestation | None = None
    state: str = ""
    fields: list[Field] = field(default_factory=list)
    cites: Sequence[str] = ()
    reasons: list[str] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def cites_shown(self) -> list[str]:
        """The points in the reader's language."""
        return cite_labels(self.cites)

    @property
    def url(self) -> str:
        """The page of our case, where there is one."""
        return reverse("admin:attestation_attestation_change", args=(self.case.pk,)) if self.case else ""

    @property
    def state_shown(self) -> str:
        """How our decision, or our case without one, stands."""
        if self.state == "annulled":
            return pgettext("decision", "annulled")
        states = {**dict(Status.choices), **dict(Decision.State.choices)}
        return str(states.get(self.state, ""))

    @property
    def colour(self) -> str:
        """Of what is final, provisional or held."""
        return STATE_COLOURS.get(self.state, "")


def state_words(job: ImportJob) -> str:
    """What a comparison's state is called: nothing of it waits for a confirm."""
    previewed = job.state == ImportJob.State.PREVIEWED
    return pgettext("comparison", "compared") if previewed else job.get_state_display()


def shown(request: HttpRequest, job: ImportJob) -> dict[str, Any]:
    """What the page shows of a comparison in place of an import's rows."""
    user = access.actor_of(request)
    here = compared.only_here(job, user)
    count = here.count()
    kind = request.GET.get("kind", Kind.CHANGED)
    source: Any = here if kind == HERE else compared.rows_of(job, kind)
    page = Paginator(source, ROWS_A_PAGE).get_page(request.GET.get("p"))
    some = list(page.object_list)
    tabs = _tabs(job, count, kind)
    done = job.state == ImportJob.State.PREVIEWED
    return {
        "comparison": True,
        "state_words": state_words(job),
        "only_here": count,
        "page": page,
        "rows": decision_lines(some) if kind == HERE else row_lines(job, some, user),
        "kind": kind,
        "kind_query": f"kind={kind}",
        "tabs": tabs,
        "forgotten": job.rows_read > 0 and not job.rows.exists(),
        "failed_url": "",
        "file_url": reverse("admin:attestation_importjob_differences", args=(job.pk,)) if done else "",
    }


def _tabs(job: ImportJob, here: int, active: str) -> list[dict[str, Any]]:
    counts = [
        (Kind.CHANGED.value, _("differ"), job.rows_changed),
        (HERE, _("only here"), here),
        (Kind.NEW.value, _("only on the Platform"), job.rows_new),
        (Kind.ERROR.value, _("with errors"), job.rows_error),
    ]
    return [
        {"title": title, "count": count, "query": f"kind={kind}", "active": kind == active, "kind": kind}
        for kind, title, count in counts
    ]


def decision_lines(decisions: Iterable[Decision]) -> list[Line]:
    """Our decisions of which the Platform's file says nothing."""
    return [
        Line(
            HERE,
            decision.attestation.employee.iin,
            about=_about(decision.attestation.purpose, decision.attestation.cycle.code),
            case=decision.attestation,
            state=decision.state,
            fields=[Field(_("Decision"), "", decision.get_outcome_display())],
            cites=decision.verdict["cites"],
            reasons=reasons_of(decision),
        )
        for decision in decisions
    ]


def row_lines(job: ImportJob, rows: Sequence[ImportRow], user: access.Anyone) -> list[Line]:
    """Rows of the Platform's file, each with our case as far as the reader sees it."""
    titles = resource_of(job.kind).titles()
    keys = [row.derived["case"] for row in rows if row.derived]
    in_sight = access.scoped(user, Attestation.objects.filter(pk__in=keys))
    cases = in_sight.select_related("employee", "cycle").in_bulk()
    decisions = Decision.objects.filter(attestation__in=cases).in_bulk(
        [row.derived["decision"] for row in rows if row.derived and "decision" in row.derived]
    )
    return [_row_line(job, row, titles, cases, decisions) for row in rows]


def _row_line(
    job: ImportJob,
    row: ImportRow,
    titles: dict[str, str],
    cases: dict[int, Attestation],
    decisions: dict[int, Decision],
) -> Line:
    derived, theirs = row.derived or {}, row.after or {}
    case = cases.get(derived.get("case", 0))
    if row.kind == Kind.ERROR:
        return Line(row.kind, row.key, row.row_no, errors=errors_of(row, titles))
    if row.kind == Kind.NEW:
        about = _about(theirs.get("purpose", ""), theirs.get("cycle", ""))
        fields = [Field(titles["decision"], words("decision", theirs.get("decision")), "")]
        state = derived.get("state", "") if case else ""
        return Line(row.kind, row.key, row.row_no, about, case, state, fields)
    if case is None:
        return Line(row.kind, row.key, row.row_no)
    decision = decisions.get(derived.get("decision", 0))
    fields = [
        Field(titles[name], words(name, there), words(name, here))
        for name, there, here in compared.fields_of(job, row)
    ]
    reasons = reasons_of(decision) if decision else held_reasons(derived.get("steps", ()), case)
    about = _about(case.purpose, case.cycle.code)
    return Line(
        row.kind, row.key, row.row_no, about, case, derived["state"], fields, derived["cites"], reasons
    )


def _about(purpose: str, cycle: str) -> str:
    return " · ".join(filter(None, (words("purpose", purpose), cycle)))


LABELS = {"decision": OUTCOMES, "purpose": PURPOSES}


def words(name: str, value: Any) -> str:
    """A value of a field as people write it; empty where there is none."""
    if value is None or value == "":
        return ""
    if name in LABELS:
        return str({key.value: label for key, label in LABELS[name].items()}.get(value, value))
    return explain.shown_value(name, value.isoformat() if isinstance(value, date) else str(value))


def reasons_of(decision: Decision) -> list[str]:
    """¶30: our own reasons, step by step."""
    steps = [said(Step.from_data(step), decision) for step in decision.verdict["steps"]]
    return [explain.sentence(step, decided_by(decision)) for step in steps]


def held_reasons(steps: Iterable[dict[str, Any]], case: Attestation) -> list[str]:
    """Why the case is held."""
    return [explain.sentence(Step.from_data(step), case.cycle.testing_ends) for step in steps]


def all_lines(job: ImportJob, user: access.Anyone) -> Iterator[Line]:
    """Everything that is not the same, in the order of the tabs."""
    kinds = (Kind.CHANGED, Kind.NEW, Kind.ERROR)
    differ, new, errors = (
        chain.from_iterable(
            row_lines(job, some, user)
            for some in batched(compared.rows_of(job, kind).iterator(chunk_size=BATCH), BATCH)
        )
        for kind in kinds
    )
    here = chain.from_iterable(
        decision_lines(some)
        for some in batched(compared.only_here(job, user).iterator(chunk_size=BATCH), BATCH)
    )
    return chain(differ, here, new, errors)
