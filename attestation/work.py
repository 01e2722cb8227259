"""A batch over rows: each in its own transaction; a poisoned one backs off, the rest go on (F-D18, F-D19)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.by import By
from attestation.models import Attestation, JournalEntry, WorkFailure
from attestation.patience import patiently
from attestation.refusals import Refused

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Model)
Work = Callable[[M, datetime], bool]

BATCH = 200
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


class Told:
    """Whom the work tells of something, while it runs: the caller of the caller, or nobody."""

    def __init__(self, name: str) -> None:
        self._call: ContextVar[Callable[[], object]] = ContextVar(name, default=lambda: None)

    @contextmanager
    def __call__(self, call: Callable[[], object]) -> Iterator[None]:
        """Call this each time, as long as the context lasts."""
        token = self._call.set(call)
        try:
            yield
        finally:
            self._call.reset(token)

    def tell(self) -> None:
        """It came to that."""
        self._call.get()()


# Before each batch: the sweep holds on to its lease that way, however long a step is.
between_batches = Told("between_batches")
# For each row that was not looked at: somebody was at it, or it could not be held back.
on_row_left = Told("on_row_left")
# The open failures of every act, while a sweep holds them: next tries by act and subject.
_known: ContextVar[dict[str, dict[str, datetime]] | None] = ContextVar("known_failures", default=None)


def wait_after(tries: int) -> timedelta:
    """F-D18: 5 minutes after the first failure, twice as long after each further one, 6 hours at most."""
    # 2**7 times five minutes is over six hours already; a row that failed for years must not overflow.
    return min(FIRST_WAIT * (1 << min(tries - 1, 7)), LONGEST_WAIT)


def subject_of(model: type[Model], pk: int) -> str:
    """How a failure names its row, such as `deadline:17`."""
    return f"{model._meta.model_name}:{pk}"


def batches(rows: QuerySet[M], order: str = "pk", size: int = BATCH) -> Iterator[list[int]]:
    """The keys of the rows, so many at a time, in the order of one field and the key.

    Read by the last key of the batch before and not by an offset: rows that the work takes out of the set
    meanwhile shift nothing, and no batch walks over the ones before it.
    """
    fields = ["pk"] if order == "pk" else [order, "pk"]
    unordered = rows.order_by(*fields).values_list(*fields)
    after = Q()
    while found := list(unordered.filter(after)[:size]):
        between_batches.tell()
        yield [row[-1] for row in found]
        if len(found) < size:
            return
        last, pk = found[-1][0], found[-1][-1]
        after = Q(pk__gt=pk)
        if order != "pk":
            # Both bounds on the first field: an index on it is entered at the right place.
            after = Q(**{f"{order}__gte": last}) & (Q(**{f"{order}__gt": last}) | after)


def each(
    rows: QuerySet[M],
    work: Work[M],
    *,
    now: datetime,
    act: str,
    order: str = "pk",
    claim: bool = True,
    hold: Work[M] | None = None,
) -> int:
    """How many rows the work changed.

    Each row has a transaction of its own, tried again where the database was busy (F-C6). On PostgreSQL the
    row is claimed first, and one that somebody holds is left to the next sweep; `claim=False` where the work
    takes another lock first. A row the work fails on goes to "needs attention" and backs off.

    `hold`: what is done to a due row that failed or backs off, where it must not be taken up later by itself.
    """
    done = 0
    failures = Failures(rows.model, act, now)
    for keys in batches(rows, order):
        for pk in keys:
            what = f"{rows.model.__name__} {pk}"
            if failures.backs_off(pk):
                _hold_back(hold, rows.model, pk, now, claim)
                continue
            try:
                changed = patiently(partial(_one, rows.model, pk, work, now, claim), what)
            except Refused as refusal:
                # Somebody was quicker, or it has to wait: the next sweep looks again.
                log.info("%s: %s refused: %s", what, act, refusal.code)
            except Exception as error:  # whatever it is, the other rows must go on (F-D18)
                log.exception("%s: %s failed", what, act)
                failures.add(pk, error)
                _hold_back(hold, rows.model, pk, now, claim)
                continue
            else:
                if changed is None:
                    failures.leave(pk)
                    on_row_left.tell()
                    continue
                done += changed
            failures.solve(pk)
    failures.forget_the_rest()
    return done


def _one(model: type[M], pk: int, work: Work[M], now: datetime, claim: bool) -> bool | None:
    """What the work says; None where somebody else holds the row."""
    found = model._default_manager.filter(pk=pk)
    if claim:
        found = found.select_for_update(skip_locked=True, of=("self",), no_key=True)
    row = found.first()
    return None if row is None else bool(work(row, now))


def _hold_back(hold: Work[M] | None, model: type[M], pk: int, now: datetime, claim: bool) -> None:
    """Hold a row in a transaction of its own; where that can't be done either, it counts as left."""
    if hold is None:
        return
    what = f"{model.__name__} {pk}"
    try:
        if patiently(partial(_one, model, pk, hold, now, claim), what) is None:
            on_row_left.tell()
    except Exception:  # whatever it is, the other rows must go on (F-D18)
        log.exception("%s: could not be held back", what)
        on_row_left.tell()


def open_failures() -> dict[str, dict[str, datetime]]:
    """The next try of every row that failed and is not solved, by act and subject."""
    found: dict[str, dict[str, datetime]] = {}
    for act, subject, moment in WorkFailure.objects.filter(solved_at__isnull=True).values_list(
        "act", "subject", "next_try_at"
    ):
        found.setdefault(act, {})[subject] = moment
    return found


@contextmanager
def failures_read_once() -> Iterator[None]:
    """Batches inside go by the failures read here and by what failed since: one query instead of one each."""
    token = _known.set(open_failures())
    try:
        yield
    finally:
        _known.reset(token)


class Failures:
    """The open failures of one act on one kind of row: read before, so that a healthy row costs nothing."""

    def __init__(self, model: type[Model], act: str, now: datetime) -> None:
        self.model, self.act, self.now = model, act, now
        self.prefix = subject_of(model, 0).removesuffix("0")
        known = _known.get()
        self.known = (open_failures() if known is None else known).setdefault(act, {})
        self.next_try = {key: moment for key, moment in self.known.items() if key.startswith(self.prefix)}
        self.unsolved: set[str] = set()

    def backs_off(self, pk: int) -> bool:
        """Whether the row's next try is still to come; one later than any wait is from a clock gone wrong."""
        moment = self.next_try.get(subject_of(self.model, pk))
        return moment is not None and self.now < moment <= self.now + LONGEST_WAIT

    def add(self, pk: int, error: Exception) -> None:
        """One more failure of the row."""
        self.leave(pk)
        failure = needs_attention(self.model, pk, self.act, error, now=self.now)
        self.known[failure.subject] = failure.next_try_at

    def leave(self, pk: int) -> None:
        """The row is due still: its failure stays open."""
        self.unsolved.add(subject_of(self.model, pk))

    def solve(self, pk: int) -> None:
        """The work went through, or was refused by the rules, which is an answer too."""
        subject = subject_of(self.model, pk)
        if subject in self.next_try:
            self._solved([subject])

    def forget_the_rest(self) -> None:
        """Rows whose next try has come and that are not due any more: somebody solved it otherwise."""
        gone = [
            subject
            for subject, moment in self.next_try.items()
            if subject not in self.unsolved and not self.now < moment <= self.now + LONGEST_WAIT
        ]
        if gone:
            self._solved(gone)

    def _solved(self, subjects: list[str]) -> None:
        failed = WorkFailure.objects.filter(act=self.act, subject__in=subjects, solved_at__isnull=True)
        failed.update(solved_at=self.now)
        for subject in subjects:
            self.known.pop(subject, None)


def needs_attention(model: type[Model], pk: int, act: str, error: Exception, *, now: datetime) -> WorkFailure:
    """Put a failed row under "needs attention", with its next try; in the journal once a reason."""
    row: Any = model._default_manager.get(pk=pk)
    case = row if isinstance(row, Attestation) else getattr(row, "attestation", None)
    failure = note_failure(act, subject_of(model, pk), error, now=now, case=case)
    note_once(f"{act}:{pk}:{type(error).__name__}", act, error, now=now, case=case)
    return failure


@transaction.atomic
def note_failure(
    act: str, subject: str, error: Exception, *, now: datetime, case: Attestation | None = None
) -> WorkFailure:
    """F-D18: count the failure and say when the next try is; the error's text stays in the log alone."""
    failure, made = WorkFailure.objects.select_for_update(of=("self",)).get_or_create(
        act=act,
        subject=subject,
        solved_at=None,
        defaults={
            "attestation": case,
            "error": type(error).__name__,
            "first_at": now,
            "last_at": now,
            "next_try_at": now + wait_after(1),
        },
    )
    if not made:
        failure.tries += 1
        failure.error, failure.last_at = type(error).__name__, now
        failure.next_try_at = now + wait_after(failure.tries)
        failure.save(update_fields=["tries", "error", "last_at", "next_try_at"])
    return failure


def note_solved(model: type[Model], pk: int, act: str, *, now: datetime) -> None:
    """What a person's click failed on went through, or nobody has to do it any more."""
    failed = WorkFailure.objects.filter(act=act, subject=subject_of(model, pk), solved_at__isnull=True)
    failed.update(solved_at=now)


def note_once(
    subject: str, act: str, error: Exception, *, now: datetime, case: Attestation | None = None
) -> None:
    """Say it in the journal, once for each act, row and kind of error."""
    if JournalEntry.objects.filter(act="needs_attention", subject=subject).exists():
        return
    journal.record(
        "needs_attention",
        by=By(None, now),
        attestation=case,
        subject=subject,
        data={"act": act, "error": type(error).__name__},
    )


@transaction.atomic
def retry_work(failure: WorkFailure, *, by: By) -> WorkFailure:
    """The next sweep tries the row again, however long it was to back off. Raises Refused once solved.

    What the next sweep tries anyway is left as it is.
    """
    access.require(by.user, "retry_work")
    row = WorkFailure.objects.select_for_update(of=("self",)).select_related("attestation").get(pk=failure.pk)
    if row.solved_at is not None:
        raise Refused("solved", _("This was solved already; there is nothing to try again."))
    if row.next_try_at <= by.at:
        return row
    row.next_try_at = by.at
    row.save(update_fields=["next_try_at"])
    journal.record(
        "retry_work",
        by=by,
        attestation=row.attestation,
        subject="" if row.attestation else row.subject,
        data={"work": row.act, "row": row.subject, "error": row.error, "tries": row.tries},
    )
    return row
