"""The journal: append-only, hash-chained, written in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from attestation import bulk, sent
from attestation.by import By
from attestation.models import Attestation, JournalEntry, JournalHead

FIRST_HASH = "0" * 64

_numbers: ContextVar[Callable[[], int] | None] = ContextVar("rehearsed_numbers", default=None)


@contextmanager
def rehearsing(number: Callable[[], int]) -> Iterator[None]:
    """Inside a transaction that will be rolled back: entries get these (negative) numbers and no place in
    the chain, so that the head, which every real act waits for, is not locked."""
    token = _numbers.set(number)
    try:
        yield
    finally:
        _numbers.reset(token)


def canonical(data: Mapping[str, Any]) -> str:
    """The one JSON text of a record, for hashing."""
    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_hash(prev_hash: str, entry: JournalEntry) -> str:
    """SHA-256 (hex) over the entry's content and the hash before it."""
    content = canonical(
        {
            "seq": entry.seq,
            "at": entry.at.astimezone(UTC).isoformat(),
            "actor": entry.actor_id,
            "act": entry.act,
            "attestation": entry.attestation_id,
            "subject": entry.subject,
            "data": entry.data,
        }
    )
    return hashlib.sha256(f"{prev_hash}\n{content}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Action:
    """What was done, to which case or subject, as an entry tells it."""

    act: str
    attestation: Attestation | None = None
    subject: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def entry(self, seq: int, by: By) -> JournalEntry:
        """The entry of this number, not chained yet."""
        return JournalEntry(
            seq=seq,
            at=by.at,
            actor=by.user,
            act=self.act,
            attestation=self.attestation,
            subject=self.subject or (self.attestation.case_no if self.attestation else ""),
            # Through JSON once, so that what is hashed is what is read back.
            data=json.loads(canonical(self.data)),
        )


@transaction.atomic
def record(
    act: str,
    *,
    by: By,
    attestation: Attestation | None = None,
    subject: str = "",
    data: Mapping[str, Any] | None = None,
) -> JournalEntry:
    """Append one act; without an actor it is the system's. Locks the head until the act commits."""
    (entry,) = _chained([Action(act, attestation, subject, data or {})], by)
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def record_all(actions: Iterable[Action], *, by: By) -> None:
    """Append actions in this order, by a few statements: the entries that `record` leaves of each."""
    if actions := list(actions):
        bulk.insert_objects(_chained(actions, by))


def _chained(actions: Iterable[Action], by: By) -> list[JournalEntry]:
    """The entries, unsaved; the head, locked, knows of them."""
    if number := _numbers.get():
        return [_rehearsed(action, number(), by) for action in actions]
    sent.put_down(by)
    head = JournalHead.objects.select_for_update().get(pk=1)
    entries = []
    for action in actions:
        entry = action.entry(head.seq + 1, by)
        entry.prev_hash = head.hash or FIRST_HASH
        entry.hash = entry_hash(entry.prev_hash, entry)
        head.seq, head.hash = entry.seq, entry.hash
        entries.append(entry)
    head.save(update_fields=["seq", "hash"])
    return entries


def _rehearsed(action: Action, seq: int, by: By) -> JournalEntry:
    """An entry that a rehearsal reads and takes away: a row, so that a failed act takes its own along."""
    if seq >= 0:
        raise ValueError("a rehearsed entry has a number below zero")
    return action.entry(seq, by)


@dataclass(frozen=True)
class Broken:
    """The first entry that does not fit the chain, and why."""

    seq: int
    why: str


def verify() -> Broken | None:
    """F-T2: walk the chain; None when it is whole, else the first broken entry."""
    expected, prev_hash = 1, FIRST_HASH
    for entry in JournalEntry.objects.order_by("seq").iterator(chunk_size=2000):
        if entry.seq != expected:
            return Broken(expected, "missing")
        if entry.prev_hash != prev_hash:
            return Broken(entry.seq, "not chained to the entry before it")
        if entry.hash != entry_hash(prev_hash, entry):
            return Broken(entry.seq, "changed")
        expected, prev_hash = expected + 1, entry.hash
    head = JournalHead.objects.get(pk=1)
    if (head.seq, head.hash or FIRST_HASH) != (expected - 1, prev_hash):
        return Broken(expected, "the tail was cut: the head knows more entries")
    return None
