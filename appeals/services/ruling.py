"""Rulings on appealed questions, and what follows when an appeal has them all (I-12, I-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy

from appeals import lifecycle, rules
from appeals.models import Appeal, AppealItem, Membership, Sitting
from appeals.services.bench import Bench, Benches
from appeals.services.commission import VOTING_SEATS, seat_among
from appeals.services.deadlines import close_ruling_deadline
from appeals.services.differing import put_before_the_chair
from appeals.services.lines import commission_of_item
from attestation import access, bulk, lookup
from attestation.by import By
from attestation.cases.finality import appeal_closed
from attestation.cases.result_changes import Amendment, amend_results
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

Seat = Membership.Seat
Minutes = Mapping[str, Sequence[str]]
UPHOLD, REJECT = AppealItem.Ruling.UPHOLD, AppealItem.Ruling.REJECT


def check_ruling(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    by: By,
    minutes: Minutes | None = None,
    benches: Benches | None = None,
) -> str:
    """Whether the ruling may go on record; returns the reason as it will stand. Raises Refused.

    Without `minutes` the chair of a commission of one rules; with them the secretary types in what a
    sitting held elsewhere ruled, by the same rules of quorum and recusal: user names under present, for,
    against. A commission of several rules in a sitting. `benches`: what was read of many questions.
    """
    attestation = item.appeal.attestation
    benches = benches or Benches([item], by)
    access.require(by.user, "rule_appeal", attestation.center, attestation.employee, benches.seen)
    assert by.user is not None  # `require` never lets the system rule
    lifecycle.guard_ruling(item)
    bench = benches.of(item)
    _require_seat(by.user, bench, typed_in=minutes is not None)
    if ruling not in AppealItem.Ruling.values:
        raise Refused(
            "bad_ruling",
            gettext_lazy("The ruling on a question is uphold or reject, not “%(ruling)s”."),
            ruling=ruling,
        )
    reason = required_text(reason, gettext_lazy("Give the reason of the ruling."))
    if bench.is_of_one:
        _require_taking_part(bench.voting[0].user, item, bench)
    # A file may leave out who was present and how they voted: then the secretary vouches for it.
    if minutes and any(minutes.values()):
        _check_minutes(minutes, ruling, item, bench)
    return reason


def _require_seat(actor: User, bench: Bench, *, typed_in: bool) -> None:
    seats = (Seat.CHAIR, Seat.SECRETARY) if typed_in else (Seat.CHAIR,)
    seat = seat_among(bench.members, actor, bench.commission, seats)
    if seat.seat == Seat.CHAIR and not bench.is_of_one:
        raise Refused(
            "not_a_commission_of_one",
            gettext_lazy(
                "The commission has several members and rules in a sitting. Put the question on an agenda; "
                "of a sitting held elsewhere the secretary types in the rulings."
            ),
        )


def may_rule(item: AppealItem, user: User, now: datetime) -> bool:
    """Whether the person rules on the question without a sitting held here: the chair of a commission of one
    who is not recused, or the secretary who types in the ruling of a sitting held elsewhere."""
    bench = Bench(commission_of_item(item, now), local_day(now))
    try:
        _require_seat(user, bench, typed_in=access.role_of(user) == access.SECRETARY)
        if bench.is_of_one:
            _require_taking_part(bench.voting[0].user, item, bench)
    except Refused:
        return False
    return not item.agenda_items.standing().filter(sitting__state=Sitting.State.OPEN).exists()


def _require_taking_part(user: User, item: AppealItem, bench: Bench) -> None:
    """F-R8: nobody rules on an item they are recused from."""
    if bench.is_recused(user, item):
        raise Refused(
            "recused",
            gettext_lazy("“%(name)s” is recused from question %(question)s and takes no part in it."),
            name=user.username,
            question=item.question,
        )


def _check_minutes(minutes: Minutes, ruling: str, item: AppealItem, bench: Bench) -> None:
    """I-12: names of members in office, votes of those present and not recused, a quorum, and the ruling
    that the votes make. A commission of one needs no names."""
    present, ayes, noes = (list(minutes.get(name, ())) for name in ("present", "for", "against"))
    if not bench.is_of_one and not (present and (ayes or noes)):
        raise Refused(
            "minutes_missing",
            gettext_lazy(
                "Name those present, those for and those against: the commission has several members, and "
                "the ruling rests on their votes."
            ),
        )
    seats = {seat.user.username: seat for seat in bench.members}
    for name in dict.fromkeys([*present, *ayes, *noes]):
        _check_member(name, seats, item.appeal.attestation)
    for name in [*ayes, *noes]:
        _check_voter(name, seats[name], item, bench, present=present, both=name in ayes and name in noes)
    if ayes or noes:
        _check_count(present, ayes, noes, ruling, item, bench)


def _check_voter(
    name: str, seat: Membership, item: AppealItem, bench: Bench, *, present: Sequence[str], both: bool
) -> None:
    if present and name not in present:
        raise Refused(
            "voted_absent",
            gettext_lazy("“%(name)s” voted but is not among those present. Correct the row."),
            name=name,
        )
    if seat.seat not in VOTING_SEATS:
        raise Refused(
            "no_vote",
            gettext_lazy("“%(name)s” is the secretary and has no vote. Correct the row."),
            name=name,
        )
    if both:
        raise Refused(
            "voted_twice",
            gettext_lazy("“%(name)s” stands among those for and those against. Correct the row."),
            name=name,
        )
    _require_taking_part(seat.user, item, bench)


def _check_member(name: str, seats: Mapping[str, Membership], attestation: Attestation) -> None:
    """F-R8: in office, and not the appellant."""
    if name not in seats:
        raise Refused(
            "not_a_member",
            gettext_lazy("“%(name)s” is no member of the commission in office. Correct the user name."),
            name=name,
        )
    if access.is_own(seats[name].user, attestation.employee):
        raise Refused(
            "own_record",
            gettext_lazy("“%(name)s” is the appellant and takes no part in the ruling."),
            name=name,
        )


def _check_count(
    present: Sequence[str],
    ayes: Sequence[str],
    noes: Sequence[str],
    ruling: str,
    item: AppealItem,
    bench: Bench,
) -> None:
    """The quorum, and the ruling that the votes make by the rules of a sitting held here."""
    members = bench.facts(item, present or [*ayes, *noes])
    rule = bench.in_force.quorum
    quorum = rules.quorum(members, rule)
    if not quorum.reached:
        raise Refused(
            "no_quorum",
            gettext_lazy(
                "%(present)s present of %(of)s members who are not recused make no quorum; %(needed)s do. "
                "There is no ruling. Put the question before the next sitting."
            ),
            present=quorum.present,
            of=quorum.of,
            needed=quorum.needed,
        )
    votes: dict[int | str, str] = {**dict.fromkeys(ayes, UPHOLD.value), **dict.fromkeys(noes, REJECT.value)}
    if rules.tally(votes, members, rule).ruling != ruling:
        raise Refused(
            "not_the_majority",
            gettext_lazy(
                "%(ayes)s for and %(noes)s against do not make the ruling “%(ruling)s”. Correct the row."
            ),
            ayes=len(ayes),
            noes=len(noes),
            ruling=str(AppealItem.Ruling(ruling).label),
        )


class Pronounced(NamedTuple):
    """A ruling as it is given, not checked yet."""

    item: AppealItem
    ruling: str
    reason: str
    minutes: Minutes | None = None


def rule_item(
    item: AppealItem,
    *,
    ruling: str,
    reason: str,
    by: By,
    minutes: Minutes | None = None,
) -> AppealItem:
    """`rule_items` of one question."""
    (ruled,) = rule_items([Pronounced(item, ruling, reason, minutes)], by=by)
    return ruled


@transaction.atomic
def rule_items(pronounced: Sequence[Pronounced], *, by: By) -> list[AppealItem]:
    """I-13: uphold or reject questions. With the last one an appeal is resolved: an upheld question counts as
    answered correctly, and score and decision are formed afresh from the amended result (I-12).

    Raises Refused as `check_ruling` does.
    """
    items = _locked([one.item for one in pronounced])
    benches = Benches(items.values(), by)
    rulings = []
    for given, ruling, reason, minutes in pronounced:
        item = items[given.pk]
        reason = check_ruling(item, ruling=ruling, reason=reason, by=by, minutes=minutes, benches=benches)
        kept = {name: list(names) for name, names in (minutes or {}).items() if names}
        rulings.append(lifecycle.Ruled(item, ruling, reason, kept))
    apply_rulings(*rulings, by=by)
    return [each.item for each in rulings]


def _locked(items: Sequence[AppealItem]) -> dict[int, AppealItem]:
    """The questions afresh, by their keys, under the locks of their cases and their own; those of one appeal
    share it."""
    cases = lookup.locked_all({item.appeal.attestation_id for item in items})
    locked = AppealItem.objects.select_for_update(of=("self",)).filter(pk__in=[item.pk for item in items])
    locked = locked.select_related("appeal__result", "ruled_by", "commission").order_by("pk")
    found = list(locked.prefetch_related("recusals"))
    appeals: dict[int, Appeal] = {}
    for item in found:
        item.appeal = appeals.setdefault(item.appeal_id, item.appeal)
        item.appeal.attestation = cases[item.appeal.attestation_id]
    return {item.pk: item for item in found}


def apply_rulings(*rulings: lifecycle.Ruled, by: By) -> None:
    """I-13: checked rulings on record, and what follows. The caller holds the locks of cases and items."""
    lifecycle.rule(*rulings, by=by)
    appeals = {each.item.appeal_id: each.item.appeal for each in rulings}
    for some in bulk.in_rounds(appeals.values(), lambda appeal: appeal.attestation_id):
        settle(*some, by=by)
    put_before_the_chair(*(each.item for each in rulings), by=by)


def settle(*appeals: Appeal, reason: str = "", by: By) -> None:
    """I-12: an appeal none of whose questions is open any more is resolved, or withdrawn where none was
    ruled on; the result follows. Called with every closing of a question; before the last one it waits.
    No two are of one case."""
    closed = {appeal: found for appeal, found in _questions(appeals).items() if found is not None}
    if not closed:
        return
    ruled = [appeal for appeal, found in closed.items() if found["upheld"] or found["rejected"]]
    withdrawn = [appeal for appeal in closed if appeal not in ruled]
    resolve, withdraw = lifecycle.Event.RESOLVE, lifecycle.Event.WITHDRAW
    closings = [lifecycle.Closing(appeal, resolve, "", closed[appeal]) for appeal in ruled]
    closings += [lifecycle.Closing(appeal, withdraw, reason, {}) for appeal in withdrawn]
    lifecycle.close(*closings, by=by)
    _amend({appeal: closed[appeal]["upheld"] for appeal in ruled if closed[appeal]["upheld"]}, by=by)
    close_ruling_deadline(*closed, by=by)
    appeal_closed(*(appeal.attestation for appeal in closed), by=by)
    contexts = {_key(appeal): _context(appeal, found) for appeal, found in closed.items()}
    for kind, those in (("appeal_resolved", ruled), ("appeal_withdrawn", withdrawn)):
        told = {_key(appeal): appeal.attestation for appeal in those}
        outbox.queue_all(kind, told, now=by.at, contexts=contexts)


def _questions(appeals: Sequence[Appeal]) -> dict[Appeal, dict[str, list[int]] | None]:
    """What became of the questions of each appeal; None where one is open."""
    items: dict[int, list[AppealItem]] = {}
    for item in AppealItem.objects.filter(appeal__in=appeals).order_by("question"):
        items.setdefault(item.appeal_id, []).append(item)
    found: dict[Appeal, dict[str, list[int]] | None] = {}
    for appeal in appeals:
        those = items[appeal.pk]
        found[appeal] = None
        if all(item.is_closed for item in those):
            found[appeal] = {
                "upheld": [item.question for item in those if item.ruling == UPHOLD],
                "rejected": [item.question for item in those if item.ruling == REJECT],
                "withdrawn": [item.question for item in those if item.withdrawn_at is not None],
            }
    return found


def _key(appeal: Appeal) -> str:
    return f"appeal:{appeal.pk}"


def _context(appeal: Appeal, found: Mapping[str, Sequence[int]]) -> dict[str, str]:
    numbers = {name: ", ".join(map(str, questions)) for name, questions in found.items()}
    return {"appeal": appeal.external_id, **numbers}


def _amend(upheld: Mapping[Appeal, Sequence[int]], *, by: By) -> None:
    """I-13: the upheld questions applied to each result as it stands now, maybe amended meanwhile."""
    results = lookup.published_results([appeal.attestation_id for appeal in upheld])
    amendments = {}
    for appeal, questions in upheld.items():
        # An appeal is against a published result, and one stays in force.
        result = results[appeal.attestation_id]
        before = result.correct_answers, result.questions_total, result.wrong_questions
        if result.wrong_questions is not None:
            # A question marked faulty meanwhile counts as correct already.
            questions = [question for question in questions if question in result.wrong_questions]
        correct, wrong = rules.apply_upheld(*before, questions)
        if correct == result.correct_answers:
            continue
        numbers = ", ".join(map(str, questions))
        amendments[appeal.attestation_id] = Amendment(
            correct,
            None if wrong is None else list(wrong),
            coded("appeal_upheld", appeal=appeal.external_id, questions=numbers),
        )
    amend_results(amendments, by=by)
