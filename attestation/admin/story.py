"""A case as a story: how far it has come, why it was decided so, what runs, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import explain
from attestation.admin.grounds import grounds_of, repeated
from attestation.cites import cite_label
from attestation.deadlines.words import DeadlineLine as DeadlineLine
from attestation.deadlines.words import deadline_line as deadline_line
from attestation.deadlines.words import point_of as point_of
from attestation.labels import CATEGORIES, CONSEQUENCES, Label
from attestation.law.reasons import Step, cut_text
from attestation.law.vocabulary import Category, Purpose
from attestation.models import Absence, Attestation, Decision, JournalEntry, Result, Status
from attestation.reason_words import REASONS, coded, reason_text

COMPARED = ("points", "percent", "mean", "completed")
SIGNS = {">=": "≥", "<=": "≤", "<": "<", ">": ">", "=": "="}


@dataclass(frozen=True)
class Reason:
    """One step of the reasoning: the sentence, the comparison, the point and its text."""

    sentence: str
    comparison: str
    cite: str
    point: str
    readings: tuple[str, ...]
    tone: str
    # The facts on record behind the step, where it stands in a decision.
    lines: tuple[str, ...] = ()


def reason_of(step: Step, testing_ends: date, lines: tuple[str, ...] = ()) -> Reason:
    """A step of the law in the reader's language, with the points in force when the stage ended (I-39)."""
    try:
        sentence = explain.sentence(step, testing_ends)
    except KeyError:  # a decision of an older release may hold a step that has no sentence any more
        sentence = step.code
    return Reason(
        sentence=sentence,
        comparison=comparison_of(step),
        cite=cite_label(step.cite),
        point=point_of(step.cite, testing_ends),
        readings=tuple(text for reading in step.readings if (text := point_of(reading, testing_ends))),
        tone=tone_of(step),
        lines=lines,
    )


def comparison_of(step: Step) -> str:
    """The numbers compared, such as 78 < 85; empty where the step compares nothing."""
    sign = SIGNS.get(step.comparison)
    value = next((step.inputs[name] for name in COMPARED if step.inputs.get(name) is not None), None)
    if not sign or value is None or step.bound is None:
        return ""
    return f"{explain.shown_value('', value)} {sign} {explain.shown_value('', step.bound)}"


def tone_of(step: Step) -> str:
    """Good, bad, waiting or plain: beside a sign, never by colour alone."""
    if step.result in ("reached", "conforms", "declared", "admitted"):
        return "good"
    if (
        step.result in ("not_reached", "does_not_conform", "lower", "not_admitted")
        or step.code == "dismissal"
    ):
        return "bad"
    return "wait" if step.result == "held" else "plain"


def reasons_of(decision: Decision) -> list[Reason]:
    """¶30, I-28: the stored steps as sentences with the facts behind them; last, why it bears its day."""
    grounds, by = grounds_of(decision), decided_by(decision)
    steps = [said(Step.from_data(step), decision) for step in decision.verdict["steps"]]
    found = [reason_of(step, by, grounds.lines(step)) for step in steps]
    if grounds.day is not None:
        step, lines = grounds.day
        found.append(reason_of(step, by, lines))
    return found


def said(step: Step, decision: Decision) -> Step:
    """I-15: where the declared category is the existing one, no sentence denies conformity with it."""
    if step.code == "declared_bound" and step.result == "not_reached" and decision.confirms_existing:
        return step._replace(result="is_existing")
    return step


def decided_by(decision: Decision) -> date:
    """I-21: the last day of the testing stage, by whose numbers and texts the decision was formed."""
    return date.fromisoformat(decision.inputs["testing_ended_on"])


@dataclass(frozen=True)
class DecisionCard:
    """What a decision says and why, ready to be shown."""

    decision: Decision
    reasons: list[Reason]
    consequences: list[str]
    points: str
    facts: list[tuple[str, str]]


def decision_card(decision: Decision) -> DecisionCard:
    """¶30: inputs, points, bounds, outcome, consequences."""
    verdict = decision.verdict
    labels = {kind.value: label for kind, label in CONSEQUENCES.items()}
    points = verdict.get("points") or {}
    return DecisionCard(
        decision=decision,
        reasons=reasons_of(decision),
        consequences=[str(labels[kind]) for kind in verdict["consequences"]],
        points=shown_points(points.get("total")),
        facts=list(_facts(decision)),
    )


def shown_points(total: str | None) -> str:
    """A stored fraction as people write it, cut after four decimals (I-03)."""
    if not total:
        return ""
    numerator, _slash, denominator = total.partition("/")
    return explain.shown_value("", cut_text(int(numerator), int(denominator or 1)))


FACTS: tuple[tuple[str, Label], ...] = (
    ("position", gettext_lazy("position")),
    ("purpose", gettext_lazy("purpose")),
    ("existing", gettext_lazy("existing category")),
    ("declared", gettext_lazy("declared category")),
)


def _facts(decision: Decision) -> Iterable[tuple[str, str]]:
    inputs = decision.inputs
    for name, label in FACTS:
        if inputs.get(name):
            yield str(label), explain.shown_value(name, inputs[name])
    if inputs.get("repeat"):
        yield _("re-attestation"), repeated(decision)
    yield _("test"), _("%(correct)s of %(total)s") % inputs
    if inputs.get("testing_ended_on"):
        yield _("testing stage ended"), explain.shown_value("", inputs["testing_ended_on"])


# --- the way so far --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """One station of a case: `state` is done, now, bad, wait or ahead."""

    title: str
    state: str
    at: datetime | None = None
    who: str = ""
    note: str = ""


def stages_of(case: Attestation, entries: list[JournalEntry]) -> list[Stage]:
    """¶8: list, admission, testing, assessment, decision, with who and when of those behind."""
    latest = {entry.act: entry for entry in entries}
    status = case.status
    stages = [_done(_("On the list"), latest.get("list"), case.listed_at)]
    stages.append(_admission(status, latest))
    stages.append(_testing(case, latest))
    annulled = status == Status.CLOSED and "annul" in latest
    if case.purpose == Purpose.CATEGORY:
        stages.append(_assessment(Status.FINAL if annulled else status, latest))
    elif status == Status.HELD:
        stages.append(_done(_("Decision held"), latest.get("hold"), state="wait"))
    decided = annulled or status in (Status.PROVISIONAL, Status.FINAL)
    stages.append(
        _done(_("Provisional decision"), latest.get("decide"))
        if decided
        else Stage(_("Provisional decision"), "ahead")
    )
    stages.append(
        _done(_("Final decision"), latest.get("finalise"))
        if annulled or status == Status.FINAL
        else Stage(_("Final decision"), "ahead")
    )
    if status == Status.CLOSED:
        stages = [stage for stage in stages if stage.state != "ahead"]
        title, act = _("Closed without a decision"), "close"
        if annulled:
            title, act = _("Decision annulled"), "annul"
        stages.append(_done(title, latest.get(act), state="bad"))
    return stages


def _done(
    title: str, entry: JournalEntry | None, at: datetime | None = None, state: str = "done", note: str = ""
) -> Stage:
    if entry is None:
        return Stage(title, state, at, "", note)
    return Stage(title, state, entry.at, str(entry.actor) if entry.actor else _("the system"), note)


def _admission(status: str, latest: Mapping[str, JournalEntry]) -> Stage:
    if status == Status.LISTED:
        return Stage(_("Admission"), "now")
    if status == Status.NOT_ADMITTED:
        return _done(_("Not admitted"), latest.get("refuse_admission"), state="bad")
    return _done(_("Admitted to testing"), latest.get("admit"))


def _testing(case: Attestation, latest: Mapping[str, JournalEntry]) -> Stage:
    status = case.status
    if status in (Status.LISTED, Status.NOT_ADMITTED):
        return Stage(_("Testing"), "ahead")
    if status == Status.ADMITTED:
        return Stage(_("Testing"), "now")
    if status == Status.ABSENT:
        note = str(case.absence.label) if case.absence else ""
        return _done(_("Absent from testing"), latest.get("mark_absent"), state="bad", note=note)
    if "publish" in latest or "rescind" in latest:
        entry = max((latest[act] for act in ("publish", "rescind") if act in latest), key=lambda e: e.seq)
        return _done(_("Result published"), entry)
    return _done(_("Result on record"), latest.get("record_result"), state="now")


def _assessment(status: str, latest: Mapping[str, JournalEntry]) -> Stage:
    title = _("Assessment")
    if status == Status.HELD:
        return _done(_("Assessment held"), latest.get("hold"), state="wait")
    if status == Status.TESTED:
        return Stage(title, "now")
    if status in (Status.SCORED, Status.PROVISIONAL, Status.FINAL):
        entry = latest.get("score")
        if entry is None:
            return Stage(_("No assessment (¶27.3)"), "plain")
        return _done(_("Assessed"), entry)
    return Stage(title, "ahead")


def why_status(case: Attestation) -> list[Reason | str]:
    """Why the case stands where it stands: steps of admission, held rows, or a person's words."""
    found: list[Reason | str] = []
    for item in case.status_reason:
        if not isinstance(item, dict):
            continue
        if "absence" in item:
            found.append(absence_of(item))
        elif "text" in item:
            found.append(reason_text(str(item["text"])))
        elif "inputs" in item:
            found.append(reason_of(Step.from_data(item), case.cycle.testing_ends))
        elif "annulled" in item:
            found.append(annulled_by(item["annulled"]))
        elif item.get("code") == "carried":
            found.append(_("The employee was put on the list again: case %(case)s.") % {"case": item["case"]})
        elif item.get("code") == "category_on_record":
            said = _("A category was put on record: %(category)s. The initial attestation ends.")
            found.append(said % {"category": CATEGORIES[Category(item["category"])]})
        elif item.get("code") in REASONS and item["code"] not in explain.HELD:
            found.append(reason_text(coded(item["code"])))
        elif "code" in item:
            found.append(explain.held_text(item["code"]))
    return found


def absence_of(said: Mapping[str, str]) -> str:
    """I-23: excused or not, by which document, and why, a line each."""
    lines = [str(Absence(said["absence"]).label)]
    if "document" in said:
        lines.append(_("Document: %(document)s") % {"document": said["document"]})
    return "\n".join([*lines, said.get("text", "")]).strip()


ANNULLED: dict[str, Label] = {
    "court": gettext_lazy("The decision was annulled by a court, by document %(number)s of %(day)s."),
    "higher": gettext_lazy("The decision was annulled by a higher body, by document %(number)s of %(day)s."),
}


def annulled_by(document: Mapping[str, str]) -> str:
    """By whose document a decision was annulled, as the reason of the case's status keeps it."""
    return str(ANNULLED[document["body"]]) % {
        "number": document["number"],
        "day": explain.shown_value("", document["date"]),
    }


# --- deadlines and results -------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResultLine:
    """A result with its percentage, cut after four decimals (I-03)."""

    result: Result
    percent: str
    reason: str


def result_line(result: Result) -> ResultLine:
    """One row of the results' history."""
    percent = cut_text(result.correct_answers * 100, result.questions_total)
    return ResultLine(result, explain.shown_value("", percent), reason_text(result.reason))
