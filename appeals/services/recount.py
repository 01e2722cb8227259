"""A closed sitting counted again from the journal alone, and compared with what is on record (I-12).

Each vote's receipt stands in the journal since it was cast; choices and random values stand there since the
count. So nobody can change, add or take away a vote afterwards without a receipt that does not fit. Ours, not
the order's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from appeals import rules
from appeals.models import AgendaItem, Sitting, Vote
from appeals.services.counting import as_rules, as_worded
from appeals.services.voting import receipt_of
from appeals.sitting_lifecycle import AgendaEvent
from attestation.models import JournalEntry
from attestation.refusals import Refused

Difference = dict[str, Any]
# Of the first the last one says whether a count stands; the last of the others keeps the minutes once more.
COUNTS = (AgendaEvent.COUNT, AgendaEvent.REOPEN)
CLOSINGS = (AgendaEvent.RULE, AgendaEvent.NO_RULING, AgendaEvent.TO_CENTRAL, AgendaEvent.LEAVE)


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
            sitting=sitting.full,
        )
    done = Recount(sitting.pk)
    receipts, unproven = _receipts(sitting)
    users = dict(sitting.attendance.values_list("membership_id", "membership__user__username"))
    for line in sitting.agenda.order_by("position").prefetch_related("votes__membership__user"):
        done.items += "votes" in line.minutes
        if line.pk in unproven:
            done.without_receipts.append(line.position)
            continue
        found = _differences(line, _last(line, COUNTS), receipts.get(line.pk, {}), users)
        done.differences += [{"item": line.position, **one} for one in found]
    return done


def _last(line: AgendaItem, events: Iterable[AgendaEvent]) -> JournalEntry | None:
    """The last entry on the line of one of these events."""
    return JournalEntry.objects.filter(act__in=events, data__agenda_item=line.pk).order_by("seq").last()


def _receipts(sitting: Sitting) -> tuple[dict[int, dict[int, str]], set[int]]:
    """The last receipt of each member by line, as the journal had them before anybody counted; and the lines
    with a vote that the journal knows from before there were receipts."""
    lines = list(sitting.agenda.values_list("pk", flat=True))
    found: dict[int, dict[int, str]] = {}
    without: set[tuple[int, int | None]] = set()
    for entry in JournalEntry.objects.filter(act="vote", data__agenda_item__in=lines).order_by("seq"):
        line, who = entry.data["agenda_item"], (entry.data["agenda_item"], entry.actor_id)
        if "receipt" in entry.data:
            found.setdefault(line, {})[entry.data["member"]] = entry.data["receipt"]
            without.discard(who)
        else:
            without.add(who)
    return found, {line for line, _actor in without}


def _differences(
    line: AgendaItem, last: JournalEntry | None, receipts: dict[int, str], users: dict[int, str]
) -> Iterator[Difference]:
    """What does not fit: a choice and its receipt, the count, the minutes, the ruling, the rows of votes."""
    votes = {vote.membership_id: vote for vote in line.votes.all()}
    closing = _last(line, CLOSINGS)
    same = closing is None or closing.data["minutes"] == line.minutes
    if last is None or last.act == AgendaEvent.REOPEN:
        # No count stands: the item was closed with the sitting, or passed on, without one.
        if not same:
            yield {"what": "minutes"}
        if line.ruling:
            yield {"what": "ruling", "counted": "", "recorded": line.ruling}
        yield from _rows_that_differ(line, {}, receipts, votes, users)
        return
    told = last.data
    names = users | {member["member"]: member["user"] for member in told["members"]}
    counted = {vote["member"]: vote for vote in told["votes"]}
    for member, vote in counted.items():
        if receipts.get(member) != receipt_of(line.pk, member, vote["choice"], vote["nonce"]):
            yield {"member": names.get(member, ""), "what": "receipt"}
    for member in receipts.keys() - counted.keys() - set(told["set_aside"]):
        yield {"member": names.get(member, ""), "what": "vote_not_counted"}
    ruling, why = _counted_again(line, told)
    if (ruling, why) != (told["ruling"], told["basis"]):
        yield {"what": "count", "counted": ruling, "recorded": told["ruling"]}
    recorded = line.minutes.get("votes", {})
    if not same or recorded != {names.get(member): vote["choice"] for member, vote in counted.items()}:
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
    votes: dict[int | str, str] = {
        one["member"]: as_rules(one["choice"])
        for one in told["votes"]
        if one["choice"] in Vote.Choice.values  # the receipt of any other one does not fit
    }
    tally = rules.tally(votes, members, told["rule"])
    return as_worded(line, tally.ruling), tally.why


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
