"""A service is called once, and at once again: what the first call left, and what the second did."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from types import CodeType
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from appeals.models import Sitting
from attestation.law.refusals import RuleRefusal
from attestation.models import Cycle, Deadline, JournalEntry, Notice, User
from attestation.refusals import Refused

PRODUCT = ("attestation", "scoring", "appeals")


@dataclass(frozen=True)
class Row:
    """One line of the table: what one call leaves, and what the same call does a second time.

    It leaves entries of the journal ("event: what about, by whom") and notices of these kinds; an entry at
    another moment than the call was told says so. `again` is
    "same" (no row of any table is another one) or the code of the refusal (and nothing changed). Where a
    second act is wanted, it tells which tables it changes, and `leaves_again` what it leaves.
    """

    leaves: tuple[str, ...]
    again: str
    leaves_again: tuple[str, ...] = ()


def row(*leaves: str, again: str = "same", leaves_again: tuple[str, ...] = ()) -> Row:
    """A line of the table."""
    return Row(leaves, again, leaves_again)


@dataclass
class Seen:
    """What the calls of one story did, by the name of the service; and which parts each of them ran."""

    rows: dict[str, Row] = field(default_factory=dict)
    ran: dict[str, set[str]] = field(default_factory=dict)


class Stage:
    """Calls services twice and writes down what they did."""

    def __init__(self, parts: list[str]) -> None:
        self.seen = Seen()
        self._parts = {code_of(part): part for part in parts}

    def play(
        self,
        service: Callable[..., Any],
        *args: Any,
        case: str = "",
        name: str = "",
        twice: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Call it, and again with the arguments as they were before; gives what the first call gave.

        `case` tells the lines of one service apart; `name`: of what is a line and no service; `twice`: off
        where the line says nothing of a second call.
        """
        name = (name or name_of(service)) + (f" ({case})" if case else "")
        assert name not in self.seen.rows, f"{name} is played already: give a case"
        stale = [copy.copy(value) if isinstance(value, Model) else value for value in args]
        before, told = so_far(), told_moment(service, args, kwargs)
        with self._watched(name):
            answer = service(*args, **kwargs)
        leaves = left_since(before, told)
        if not twice:
            self.seen.rows[name] = Row(leaves, "once")
            return answer
        stood, between = everything(), so_far()
        again, leaves_again = "same", ()
        try:
            service(*stale, **kwargs)
        except (Refused, RuleRefusal) as refusal:
            again = refusal.code
        changed = [label for label, rows in everything().items() if rows != stood[label]]
        if changed:
            again = f"{'' if again == 'same' else f'{again}, '}changed: {', '.join(changed)}"
            leaves_again = left_since(between, told)
        self.seen.rows[name] = Row(leaves, again, leaves_again)
        return answer

    @contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """Notes which of the parts ran."""
        ran = self.seen.ran.setdefault(name, set())

        def watch(frame: Any, event: str, _arg: Any) -> None:
            if event == "call" and (part := self._parts.get(frame.f_code)) is not None:
                ran.add(part)

        former = sys.getprofile()
        sys.setprofile(watch)
        try:
            yield
        finally:
            sys.setprofile(former)


def name_of(service: Callable[..., Any]) -> str:
    """`attestation.cases.cycles.open_cycle`."""
    return f"{service.__module__}.{service.__qualname__}"


def code_of(name: str) -> CodeType:
    """The code of a function of that name, below its decorators."""
    module, _, function = name.rpartition(".")
    code: CodeType = inspect.unwrap(getattr(import_module(module), function)).__code__
    return code


def everything() -> dict[str, list[Any]]:
    """Every row of every table of the product, as the database has them."""
    found = {}
    with connection.cursor() as cursor:
        for model in (model for model in apps.get_models() if not model._meta.proxy):
            table, key = model._meta.db_table, model._meta.pk.column
            if model._meta.app_label in PRODUCT and model._meta.managed:
                cursor.execute(f'SELECT * FROM "{table}" ORDER BY "{key}"')
                found[model._meta.label] = cursor.fetchall()
    return found


def so_far() -> tuple[int, int]:
    """The numbers of the journal's last entry and of the last notice."""
    entry = JournalEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    notice = Notice.objects.order_by("-pk").values_list("pk", flat=True).first()
    return entry or 0, notice or 0


def told_moment(
    service: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> datetime | None:
    """The moment that a call tells its service; None where it tells none."""
    told = inspect.signature(service).bind(*args, **kwargs).arguments
    return told["by"].at if "by" in told else told.get("now")


def left_since(numbers: tuple[int, int], told: datetime | None) -> tuple[str, ...]:
    """The entries after that one, in order, as the table names them; then the kinds of the new notices."""
    entry_no, notice_no = numbers
    found = JournalEntry.objects.filter(seq__gt=entry_no).select_related("actor", "attestation")
    entries = [
        f"{entry.act}: {about(entry)}, {by(entry)}" + ("" if told in (None, entry.at) else f", at {entry.at}")
        for entry in found.order_by("seq")
    ]
    notices = Notice.objects.filter(pk__gt=notice_no).order_by("kind").values_list("kind", flat=True)
    return (*entries, *(f"notice {kind}" for kind in notices.distinct()))


def by(entry: JournalEntry) -> str:
    """The role of who acted; the system where nobody did."""
    return entry.actor.role if entry.actor else "system"


def about(entry: JournalEntry) -> str:
    """What kind of object the entry is about."""
    case, subject = entry.attestation, entry.subject
    if case is not None and subject == case.case_no:
        return "case"
    return " of ".join([_kind(subject), *(["a case"] if case is not None else [])])


def _kind(subject: str) -> str:
    if not subject:
        return "nothing"
    for kind, found in (
        ("cycle", Cycle.objects.filter(code=subject)),
        ("term", Deadline.objects.filter(key=subject)),
        ("account", User.objects.filter(username=subject)),
    ):
        if found.exists():
            return kind
    if subject in {sitting.code for sitting in Sitting.objects.all()}:
        return "sitting"
    if subject.isdigit():
        return "year"
    return subject.partition(":")[0].rstrip("0123456789 ")
