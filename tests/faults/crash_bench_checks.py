"""Half-written? Of the commission's acts and of papers: rows, journal and files on the disk agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

from django.core.files.storage import storages

from appeals.models import AgendaItem, Attachment, FaultyQuestion, Sitting, Vote
from appeals.services.attachments import PLACE, UNSETTLED
from attestation.models import Cycle, JournalEntry, Result


def everything_of_the_bench() -> Iterator[str]:
    """All of it, as one list."""
    for check in (_papers, _votes, _sittings, _faulty, _stages):
        yield from (f"{check.__name__.strip('_')}: {said}" for said in check())


def _data(act: str) -> Iterator[tuple[str, dict[str, object]]]:
    return iter(JournalEntry.objects.filter(act=act).order_by("seq").values_list("subject", "data"))


def _papers() -> Iterator[str]:
    """F-W13: what is on record lies on the disk, byte for byte."""
    there = set(files_in(PLACE))
    for paper in Attachment.objects.all():
        place = str(paper.file.name)
        if place not in there:
            yield f"{paper} is on record and not on the disk"
            continue
        with storages["default"].open(place) as file:
            if hashlib.sha256(file.read()).hexdigest() != paper.sha256:
                yield f"{paper} is not on the disk as it was given"


def files_in(place: str) -> Iterator[str]:
    """Every file below a place of the storage."""
    kept = storages["default"]
    if kept.exists(place):
        folders, names = kept.listdir(place)
        yield from (f"{place}/{name}" for name in names)
        for folder in folders:
            yield from files_in(f"{place}/{folder}")


def nobodys_papers() -> list[str]:
    """Files that no record names; where the sweep has come by a day later there are none."""
    known = set(Attachment.objects.values_list("file", flat=True))
    left = [*files_in(UNSETTLED), *(place for place in files_in(PLACE) if place not in known)]
    return [f"the file {place} is nobody's" for place in left]


def _votes() -> Iterator[str]:
    """F-C9: the journal's last receipt of a member and item is the one of the vote."""
    told = {(data["agenda_item"], data["member"]): data["receipt"] for _subject, data in _data("vote")}
    cast = {(one.agenda_item_id, one.membership_id): one.receipt for one in Vote.objects.all()}
    yield from (
        f"vote {key}: the journal does not agree"
        for key in told.keys() | cast.keys()
        if told.get(key) != cast.get(key)
    )


def _sittings() -> Iterator[str]:
    """What is sealed in a closed sitting took effect, and nothing of it is left without an outcome."""
    closed = {subject for subject, _data_ in _data("close_sitting")}
    for sitting in Sitting.objects.all():
        over = sitting.state == Sitting.State.CLOSED
        if over != (sitting.code in closed):
            yield f"{sitting} is {sitting.state}, the journal does not agree"
        for line in sitting.agenda.select_related("item"):
            if over and not line.outcome:
                yield f"{sitting} is closed, item {line.position} is not"
            sealed = line.outcome == AgendaItem.Outcome.RULED
            if sealed and line.item is not None and bool(line.item.ruling) != over:
                yield f"{sitting} is {sitting.state}, item {line.position} says otherwise"


def _faulty() -> Iterator[str]:
    """I-12: of a ruling on a faulty question everyone named in its table has the amended result."""
    for ruling in FaultyQuestion.objects.all():
        for change in ruling.changes:
            result = Result.objects.current().filter(attestation=change["attestation_id"])
            if result.values_list("correct_answers", flat=True).first() != change["after"]:
                yield f"{change['case']} is not as the ruling on question {ruling.question} has it"


def _stages() -> Iterator[str]:
    """I-10: a stage ends when the journal's last word on it says."""
    ends = {subject: data["testing_ends"] for subject, data in _data("move_stage")}
    for cycle in Cycle.objects.filter(code__in=ends):
        if cycle.testing_ends != date.fromisoformat(str(ends[cycle.code])):
            yield f"{cycle} ends on {cycle.testing_ends}, the journal does not agree"
