"""I-32: which cases that ended before the readings were revised those readings would not carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.reattestation import one_duty, repeats_alike
from attestation.law.calendar import local_day
from attestation.law.vocabulary import Category, Position, Purpose
from attestation.law.vocabulary import Consequence as Kind
from attestation.models import (
    Annulment,
    Attestation,
    CategoryTerm,
    Decision,
    Employee,
    GroundMark,
    JournalEntry,
    Result,
    Status,
)
from attestation.models import Consequence as ConsequenceRow
from attestation.work import batches

State, Why = ConsequenceRow.State, ConsequenceRow.Why
SPECIALIST = Position.CAREER_SPECIALIST.value
# Which windows `between` would begin on another day: `scoring`, which keeps them, says that.
_WINDOWS: list[Callable[[Mapping[int, Attestation]], set[int]]] = []


def register_past_windows(otherwise: Callable[[Mapping[int, Attestation]], set[int]]) -> None:
    """Let `scoring` say which cases' windows are others by `between`: this app does not know that one."""
    _WINDOWS[:] = [otherwise]


@dataclass
class Career:
    """What is on record of one person; `cases` are the final ones, by the end of the testing stage."""

    person: Employee
    cases: list[Attestation] = field(default_factory=list)
    closed: list[Attestation] = field(default_factory=list)
    decisions: dict[int, Decision] = field(default_factory=dict)
    first_final: dict[int, date] = field(default_factory=dict)
    consequences: dict[int, list[ConsequenceRow]] = field(default_factory=dict)
    # Days on which a page or a list tells the position, and which it was then.
    positions: list[tuple[date, str]] = field(default_factory=list)
    # Days on which a page moved the person out of a position.
    left_position: list[tuple[date, str]] = field(default_factory=list)

    def before(self, case: Attestation) -> list[Attestation]:
        """The final cases whose testing stage ended before."""
        return self.cases[: self.cases.index(case)]


@dataclass
class Stock:
    """The careers of some people, and what is told of their cases by key."""

    careers: dict[int, Career]
    published: set[int]
    annulled: set[int]
    settled: set[int]
    windows: set[int]
    last_staff_file: date | None


Check = Callable[[Attestation, Career, Stock], bool]


def _parallel(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-31. A later reopening of the other case counts for nothing."""
    listed = local_day(case.listed_at)
    return any(listed < career.first_final[other.pk] for other in career.before(case))


def _second_duty(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-25: at most one duty is open for each position and purpose."""
    return _owes(case, career) and any(
        _owes(other, career) and one_duty(other, case) for other in career.before(case)
    )


def _owes(case: Attestation, career: Career) -> bool:
    rows = career.consequences.get(case.pk, ())
    return any(row.kind == Kind.REATTEST and row.state == State.OPEN for row in rows)


def _other_position(case: Attestation, career: Career, stock: Stock) -> bool:
    return case.repeat and not repeats_alike(case)


def _held_category(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-22."""
    if case.purpose != Purpose.INITIAL or case.position != SPECIALIST:
        return False
    return career.person.category_on(case.cycle.testing_ends) is not Category.NONE


def _not_first(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-22."""
    return case.purpose == Purpose.INITIAL and case.repeats_id is None and bool(career.before(case))


def _window(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-06. A rule set that reads rows 2 and 3 to the letter is left as it is."""
    return case.pk in stock.windows and lookup.settings_of(case).window == "since_final"


def _kept_end(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-15."""
    decision = career.decisions[case.pk]
    rows = career.consequences.get(case.pk, ())
    kept = any(row.kind == Kind.KEEP_CATEGORY and row.decision_id == decision.pk for row in rows)
    if not kept or decision.category_until is not None or lookup.settings_of(case).kept_term != "own_end":
        return False
    assert decision.dated is not None  # the database refuses a final decision without a day
    return career.person.category_on(decision.dated).value == decision.category != Category.NONE


def _backwards(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-16: a period that a decision of its first day cut ends one day before it, and was never in force."""
    return any(
        period.is_void and not (period.ended_by and period.ended_by.dated == period.starts_on)
        for period in _periods_of(case, career)
    )


def _periods_of(case: Attestation, career: Career) -> list[CategoryTerm]:
    decision = career.decisions[case.pk]
    return [period for period in career.person.category_terms.all() if period.decision_id == decision.pk]


def _conferred_elsewhere(case: Attestation, career: Career, stock: Stock) -> bool:
    return any(_was_elsewhere(period.starts_on, career, stock) for period in _periods_of(case, career))


def _was_elsewhere(day: date, career: Career, stock: Stock) -> bool:
    """I-36: whether the record shows that the person was no career specialist on the day.

    The positions that files of staff changed are not kept one by one. Who is something else today was so
    then where neither a list, nor a page, nor a file of staff tells of a change since.
    """
    told = [position for told_on, position in career.positions if told_on <= day]
    if told and told[-1] != SPECIALIST:
        return True
    since = [entry for entry in (*career.positions, *career.left_position) if entry[0] > day]
    if career.person.position == SPECIALIST or any(position == SPECIALIST for _on, position in since):
        return False
    return stock.last_staff_file is None or stock.last_staff_file <= day


def _ground(case: Attestation, career: Career, stock: Stock) -> bool:
    """I-32. What was marked when the earlier decision was annulled is listed, or settled, already."""
    duty = case.repeats if case.repeat else None
    return duty is not None and duty.attestation_id in stock.annulled and case.pk not in stock.settled


# The codes of `GroundMark.grounds`, in the order in which they are told.
CHECKS: dict[str, Check] = {
    "parallel": _parallel,
    "second_duty": _second_duty,
    "other_position": _other_position,
    "held_category": _held_category,
    "not_first": _not_first,
    "window": _window,
    "kept_end": _kept_end,
    "backwards": _backwards,
    "conferred_elsewhere": _conferred_elsewhere,
    "ground": _ground,
}
CLOSED_PUBLISHED = "closed_published"
# I-18: a case that the existing category has outgrown is closed today as well.
OUTGROWN = "existing_above_declared"


@transaction.atomic
def review_past_careers(*, now: datetime) -> int:
    """I-06, I-15, I-22, I-23, I-25, I-31, I-32, I-36: mark the final and closed cases that the revised
    readings would not carry, and suspend their open dismissals until a person decides; how many.

    Nothing else on record changes. A case is marked once: a second run makes nothing. The queries grow with
    the batches of people and with what is marked, not with the cases.
    """
    marked = 0
    staff_file = _last_staff_file()
    some_case = Attestation.objects.filter(employee=OuterRef("pk"), status__in=[Status.FINAL, Status.CLOSED])
    for people in batches(Employee.objects.filter(Exists(some_case))):
        stock = _stock(people, staff_file)
        reviewed = GroundMark.objects.filter(cause=GroundMark.Cause.REVISED, attestation__employee__in=people)
        known = set(reviewed.values_list("attestation_id", flat=True))
        for case, codes in _found(stock):
            if case.pk not in known:
                _mark(case, codes, now=now)
                marked += 1
    return marked


def _found(stock: Stock) -> Iterable[tuple[Attestation, list[str]]]:
    for career in stock.careers.values():
        for case in career.cases:
            if codes := [code for code, check in CHECKS.items() if check(case, career, stock)]:
                yield case, codes
        for case in career.closed:
            reasons = [item.get("code") for item in case.status_reason if isinstance(item, dict)]
            decidable = case.pk in stock.published and case.pk not in stock.annulled
            if decidable and OUTGROWN not in reasons:
                yield case, [CLOSED_PUBLISHED]


def _mark(case: Attestation, codes: list[str], *, now: datetime) -> None:
    case = lookup.locked(case)
    mark = GroundMark.objects.create(
        attestation=case, cause=GroundMark.Cause.REVISED, grounds=codes, marked_at=now
    )
    suspended = []
    for row in ConsequenceRow.objects.filter(attestation=case, kind=Kind.DISMISSAL, state=State.OPEN):
        row.state, row.why = State.SUSPENDED, Why.GROUND
        row.save(update_fields=["state", "why"])
        suspended.append(row.pk)
    data = {"mark": mark.pk, "grounds": codes, "suspended": suspended}
    journal.record("review_past", by=By(None, now), attestation=case, data=data)


def _last_staff_file() -> date | None:
    """The day of the last file that changed people on record."""
    files = JournalEntry.objects.filter(act="import_confirmed", data__kind="staff", data__changed__gt=0)
    last = files.order_by("-seq").values_list("at", flat=True).first()
    return None if last is None else local_day(last)


def _stock(people: list[int], last_staff_file: date | None) -> Stock:
    """The careers of the people, read in a fixed number of queries."""
    found = Employee.objects.prefetch_related("category_terms__ended_by").in_bulk(people)
    careers = {pk: Career(person) for pk, person in found.items()}
    cases = Attestation.objects.filter(employee__in=people).order_by("cycle__testing_ends", "pk")
    owner: dict[int, Career] = {}
    for case in cases.select_related("cycle", "rule_set", "repeats__attestation"):
        career = owner[case.pk] = careers[case.employee_id]
        career.positions.append((local_day(case.listed_at), case.position))
        if case.status in (Status.FINAL, Status.CLOSED):
            (career.cases if case.status == Status.FINAL else career.closed).append(case)
    final = Decision.objects.filter(attestation__employee__in=people, state=Decision.State.FINAL)
    for decision in final.current().defer("inputs", "verdict", "rule_settings"):
        owner[decision.attestation_id].decisions[decision.attestation_id] = decision
    for key, day in final.order_by().values_list("attestation").annotate(Min("dated")):
        owner[key].first_final[key] = day
    for row in ConsequenceRow.objects.filter(attestation__employee__in=people, state__in=_ON_RECORD):
        owner[row.attestation_id].consequences.setdefault(row.attestation_id, []).append(row)
    _read_moves(careers)
    of_people = {"attestation__employee__in": people}
    published = Result.objects.current().filter(**of_people, published_at__isnull=False)
    annulled = Annulment.objects.filter(**of_people)
    grounds = GroundMark.objects.filter(**of_people, cause=GroundMark.Cause.ANNULLED)
    return Stock(
        careers,
        published=set(published.values_list("attestation_id", flat=True)),
        annulled=set(annulled.values_list("attestation_id", flat=True)),
        settled=set(grounds.values_list("attestation_id", flat=True)),
        windows=_windows(careers.values()),
        last_staff_file=last_staff_file,
    )


_ON_RECORD = (State.OPEN, State.DONE)


def _read_moves(careers: Mapping[int, Career]) -> None:
    """The changes of position that were made on a person's page."""
    subjects = {f"employee:{pk}": career for pk, career in careers.items()}
    pages = JournalEntry.objects.filter(act="record_changed", subject__in=list(subjects))
    for subject, moment, data in pages.order_by("seq").values_list("subject", "at", "data"):
        if change := data.get("changes", {}).get("position"):
            career, day = subjects[subject], local_day(moment)
            career.left_position.append((day, change[0]))
            career.positions.append((day, change[1]))
    for career in careers.values():
        career.positions.sort(key=lambda told: told[0])


def _windows(careers: Iterable[Career]) -> set[int]:
    standing = {
        decision.assessment_id: case
        for career in careers
        for case in career.cases
        if (decision := career.decisions[case.pk]).assessment_id is not None
    }
    return {key for otherwise in _WINDOWS for key in otherwise(standing)}
