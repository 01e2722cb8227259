"""A closed sitting counted again from the journal alone, and compared with what is on record (I-12).

Each vote's receipt stands in the journal since it was cast; choices and random values stand there since the
count. So nobody can change, add or take away a vote afterwards without a receipt that does not fit. Ours, not
the order's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals.models import AgendaItem, Sitting, Vote
from appeals.services.counting import AS_RULES, ROW_RULINGS
from appeals.services.voting import receipt_of
from appeals.sitting_lifecycle import AgendaEvent
from attestation.models import JournalEntry
from attestation.refusals import Refused

Difference = dict[str, Any]


@dataclass
class Recount:
    """What came out: the items counted, the differences, the items counted before there were receipts."""

    sitting: int
    items: int = 0
    differences: list[Difference] = field(default_factory=list)
    without_receipts: list[int] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """The contract of the command; positions on the agenda, user names, and codes of what differs."""
        return {
            "sitting": self.sitting,
            "items": self.items,
            "differences": self.differences,
            "without_receipts": self.without_receipts,
        }


def find_sitting(name: str) -> Sitting:
    """The sitting by its id, or as the journal names it (`central-3`, `<BIN>-3`). Raises Refused."""
    sittings = Sitting.objects.select_related("commission__center")
    found = sittings.filter(pk=int(name)) if name.isdecimal() and len(name) < 19 else sittings
    sitting = next((one for one in found if name in (str(one.pk), one.code)), None)
    if sitting is None:
        raise Refused(
            "unknown_sitting",
            _("There is no sitting “%(name)s”. Give its id, or its name as in the journal: central-3."),
            name=name,
        )
    return sitting


def recount(sitting: Sitting) -> Recount:
    """Count every item of a closed sitting again. Raises Refused where it is not closed."""
    if sitting.state != Sitting.State.CLOSED:
        raise Refused(
            "sitting_not_closed",
            _("%(sitting)s is not closed: it is recounted once it is."),
            sitting=str(sitting),
        )
    done = Recount(sitting.pk)
    receipts = _receipts(sitting)
    for line in sitting.agenda.order_by("position").prefetch_related("votes__membership__user"):
        entries = list(_entries(AgendaEvent.COUNT, line))
        votes = {vote.membership_id: vote for vote in line.votes.all()}
        done.items += "votes" in line.minutes
        if any(
            not vote.receipt and vote.membership_id not in receipts.get(line.pk, {})
            for vote in votes.values()
        ):
            done.without_receipts.append(line.position)
        if not entries or line.position in done.without_receipts:
            continue
        found = list(_differences(line, entries[-1], receipts.get(line.pk, {}), votes))
        done.differences += [{"item": line.position, **one} for one in found]
    return done


def _entries(event: AgendaEvent, line: AgendaItem) -> Iterator[JournalEntry]:
    rows = JournalEntry.objects.filter(act=event.value, data__agenda_item=line.pk)
    yield from rows.order_by("seq")


def _receipts(sitting: Sitting) -> dict[int, dict[int, str]]:
    """The last receipt of each member by line, as the journal had them before anybody counted."""
    lines = list(sitting.agenda.values_list("pk", flat=True))
    found: dict[int, dict[int, str]] = {}
    for entry in JournalEntry.objects.filter(act="vote", data__agenda_item__in=lines).order_by("seq"):
        if "receipt" in entry.data:
            found.setdefault(entry.data["agenda_item"], {})[entry.data["member"]] = entry.data["receipt"]
    return found


def _differences(
    line: AgendaItem, entry: JournalEntry, receipts: dict[int, str], votes: dict[int, Vote]
) -> Iterator[Difference]:
    """What does not fit: a choice and its receipt, the count, the minutes, the ruling, the rows of votes."""
    told = entry.data
    names = {member["member"]: member["user"] for member in told["members"]}
    counted = {vote["member"]: vote for vote in told["votes"]}
    for member, vote in counted.items():
        if receipts.get(member) != receipt_of(line.pk, member, vote["choice"], vote["nonce"]):
            yield {"member": names.get(member, ""), "what": "receipt"}
    for member in receipts.keys() - counted.keys() - set(told["set_aside"]):
        yield {"member": names.get(member, ""), "what": "vote_not_counted"}
    ruling, why = _counted_again(line, told)
    if (ruling, why) != (told["ruling"], told["why"]):
        yield {"what": "count", "counted": ruling, "recorded": told["ruling"]}
    recorded = line.minutes.get("votes", {})
    if recorded != {names[member]: vote["choice"] for member, vote in counted.items()}:
        yield {"what": "minutes"}
    if line.ruling != ruling or line.minutes.get("ruling") != ruling:
        yield {"what": "ruling", "counted": ruling, "recorded": line.ruling}
    yield from _rows_that_differ(line, counted, receipts, votes, names)


def _counted_again(line: AgendaItem, told: dict[str, Any]) -> tuple[str, str]:
    """The ruling and its why by the rules, from the members and the votes of the journal's entry."""
    members = [
        rules.MemberFact(one["member"], one["present"], one["recused"], one["seat"])
        for one in told["members"]
    ]
    votes: dict[int | str, str] = {}
    for one in told["votes"]:
        choice = Vote.Choice(one["choice"])
        votes[one["member"]] = AS_RULES.get(choice, choice)
    tally = rules.tally(votes, members, told["rule"])
    if tally.ruling is None or line.item_id is not None:
        return tally.ruling or "", tally.why
    return ROW_RULINGS[rules.Choice(tally.ruling)].value, tally.why


def _rows_that_differ(
    line: AgendaItem,
    counted: dict[int, dict[str, str]],
    receipts: dict[int, str],
    votes: dict[int, Vote],
    names: dict[int, str],
) -> Iterator[Difference]:
    """The rows of votes against the journal: one changed, one added, one gone."""
    for member, vote in votes.items():
        name, kept = names.get(member, vote.membership.user.username), receipts.get(member)
        fits = kept == vote.receipt == receipt_of(line.pk, member, vote.choice, vote.nonce)
        if kept is None:
            yield {"member": name, "what": "vote_added"}
        elif not fits or counted.get(member, {}).get("choice", vote.choice) != vote.choice:
            yield {"member": name, "what": "vote_changed"}
    for member in receipts.keys() - votes.keys():
        yield {"member": names.get(member, ""), "what": "vote_gone"}
