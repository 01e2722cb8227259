"""F-R4: the whole matrix of states, events and roles; whatever is not in a table is refused, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from appeals import lifecycle, sitting_lifecycle
from appeals.lifecycle import Event
from appeals.models import AgendaItem, Appeal, Commission, Sitting
from appeals.sitting_lifecycle import AgendaEvent, SittingEvent
from attestation import access
from attestation.models import Role, User
from attestation.refusals import Refused
from tests.factories import UserFactory, moment

# Written here a second time, from the issue: state, event → the next state, and whose step it is.
APPEAL = {
    ("open", Event.RULE): ("open", {"chair", "secretary"}),
    ("open", Event.RESOLVE): ("resolved", {"chair", "secretary", "administrator", "hr"}),
    ("open", Event.WITHDRAW): ("withdrawn", {"administrator", "hr", "secretary"}),
}
SITTING = {
    ("planned", SittingEvent.MOVE): ("planned", {"secretary"}),
    ("planned", SittingEvent.PUT): ("planned", {"secretary", "chair", "member", "system"}),
    ("open", SittingEvent.PUT): ("open", {"secretary", "chair", "member", "system"}),
    ("planned", SittingEvent.OPEN): ("open", {"secretary"}),
    ("open", SittingEvent.ATTEND): ("open", {"secretary"}),
    ("open", SittingEvent.DISSENT): ("open", {"secretary", "chair", "member"}),
    ("open", SittingEvent.CLOSE): ("closed", {"chair"}),
}
AGENDA = {
    ("", AgendaEvent.VOTE): ("", {"chair", "member"}),
    ("", AgendaEvent.COUNT): ("", {"secretary"}),
    ("", AgendaEvent.RULE): ("ruled", {"secretary"}),
    ("", AgendaEvent.REOPEN): ("", {"chair"}),
    ("ruled", AgendaEvent.REOPEN): ("", {"chair"}),
    ("", AgendaEvent.NO_RULING): ("no_ruling", {"secretary", "chair"}),
    ("", AgendaEvent.TO_CENTRAL): ("passed_to_central", {"secretary", "chair", "member", "system"}),
    ("", AgendaEvent.LEAVE): ("withdrawn", {"secretary", "chair"}),
}
# Who may begin each act at all; where, and whether a seat is held, the services ask.
ROLES = {
    "file_appeal": {"administrator", "hr", "secretary"},
    "withdraw_appeal": {"administrator", "hr", "secretary"},
    "rule_appeal": {"chair", "secretary"},
    "rule_rating": {"chair"},
    "keep_sitting": {"secretary"},
    "close_sitting": {"chair"},
    "reopen_item": {"chair"},
    "vote": {"chair", "member"},
}
ACTORS = [*Role.values, "nobody", "system"]
NAMED = {
    "administrator": "administrator",
    "auditor": "ministry auditor",
    "hr": "HR officer",
    "secretary": "commission secretary",
    "chair": "commission chair",
    "member": "commission member",
}


def actor_of(role: str) -> User | None:
    """An account of the role; an account switched off has none; the system is no account."""
    if role == "system":
        return None
    user: User = UserFactory.build(role=Role.CHAIR if role == "nobody" else role)
    user.is_active = role != "nobody"
    return user


def names(roles: set[str]) -> str:
    return ", ".join(NAMED[role] for role in Role.values if role in roles)


def matrix(states: list[str], events: type[Any]) -> list[Any]:
    return [
        pytest.param(state, event, role, id=f"{state or 'pending'}-{event}-{role}")
        for state in states
        for event in events
        for role in ACTORS
    ]


@pytest.mark.parametrize(("state", "event", "role"), matrix(Appeal.State.values, Event))
def test_every_state_event_and_role_of_an_appeal(state: str, event: Event, role: str) -> None:
    appeal, actor = Appeal(external_id="AP-1", state=state), actor_of(role)
    label = str(Appeal.State(state).label)
    if (state, event) not in APPEAL:
        with pytest.raises(Refused) as refused:
            lifecycle.guard(appeal, event)
        assert str(refused.value) == (
            f"Appeal AP-1: the state is “{label}”, this step is not possible now. Open the appeal to see "
            "how it stands."
        )
        return
    to, roles = APPEAL[state, event]
    assert lifecycle.guard(appeal, event).to == to
    # I-14: the system has an administrator's rights, and rules on nothing.
    if ("administrator" if role == "system" else role) in roles:
        lifecycle.guard_role(appeal, event, actor)
        return
    with pytest.raises(Refused) as refused:
        lifecycle.guard_role(appeal, event, actor)
    assert str(refused.value) == (
        f"Appeal AP-1: this step is not of your role. It is taken by: {names(roles)}."
    )


@pytest.mark.parametrize(("state", "event", "role"), matrix(Sitting.State.values, SittingEvent))
def test_every_state_event_and_role_of_a_sitting(state: str, event: SittingEvent, role: str) -> None:
    when = moment("2026-02-12 17:00")
    sitting = Sitting(
        commission=Commission(), number=3, state=state, closed_at=when, closed_by=User(username="c")
    )
    title, actor = "sitting № 3", actor_of(role)
    step = SITTING.get((state, event))
    if step is not None and role in step[1]:
        transition = sitting_lifecycle.guard(sitting, event, actor)
        assert (transition.to or state) == step[0]
        return
    anywhere = {who for (_state, one), (_to, roles) in SITTING.items() if one == event for who in roles}
    with pytest.raises(Refused) as refused:
        sitting_lifecycle.guard(sitting, event, actor)
    if role not in anywhere:
        said = f"{title}: this step is not of your role. It is taken by: {names(anywhere)}."
    elif state == "closed":
        said = f"{title} was closed by c, 12.02.2026 17:00; nothing of it changes any more."
    else:
        said = (
            f"{title}: the state is “{state}”, this step is not possible now. Open the sitting to see what "
            "comes next."
        )
    assert str(refused.value) == said


@pytest.mark.parametrize(("outcome", "event", "role"), matrix(["", *AgendaItem.Outcome.values], AgendaEvent))
def test_every_outcome_event_and_role_of_an_agenda_item(outcome: str, event: AgendaEvent, role: str) -> None:
    line = AgendaItem(position=2, outcome=outcome, closed_at=moment("2026-02-12 17:00"))
    actor = actor_of(role)
    step = AGENDA.get((outcome, event))
    if step is not None and role in step[1]:
        transition = sitting_lifecycle.guard_item(line, event, actor)
        assert (transition.to or "") == step[0]
        return
    roles = AGENDA["", event][1]
    with pytest.raises(Refused) as refused:
        sitting_lifecycle.guard_item(line, event, actor)
    if role not in roles:
        said = f"Item 2 of the agenda: this step is not of your role. It is taken by: {names(roles)}."
    else:
        label = AgendaItem.Outcome(outcome).label
        said = f"Item 2 of the agenda was closed, 12.02.2026 17:00: {label}. It does not change any more."
    assert str(refused.value) == said


@pytest.mark.parametrize(("event", "who"), [(AgendaEvent.VOTE, "member"), (AgendaEvent.COUNT, "secretary")])
def test_f_c9_nothing_of_a_count_changes_by_a_later_vote_or_count(event: AgendaEvent, who: str) -> None:
    line = AgendaItem(position=2, outcome="", counted_at=moment("2026-02-12 17:00"))
    with pytest.raises(Refused, match=r"Item 2: the votes were counted, 12\.02\.2026 17:00\.") as refused:
        sitting_lifecycle.guard_item(line, event, actor_of(who))
    assert refused.value.code == "counted_already"


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("act", ROLES)
def test_every_role_and_act(act: str, role: str) -> None:
    user = UserFactory.build(role=role)
    assert access.may(user, act) == (role in ROLES[act])
    user.is_active = False
    assert not access.may(user, act)


@pytest.mark.parametrize("act", ["rule_appeal", "rule_rating", "keep_sitting", "close_sitting", "vote"])
def test_the_system_has_no_seat(act: str) -> None:
    assert not access.may(None, act)
