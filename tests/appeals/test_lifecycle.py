"""F-R4: the whole table of an appeal's states and events, and who has the role for them."""

from __future__ import annotations

import pytest

from appeals import lifecycle
from appeals.lifecycle import Event
from appeals.models import Appeal
from attestation import access
from attestation.models import Role
from attestation.refusals import Refused
from tests.factories import UserFactory

ALLOWED = {("open", Event.RULE), ("open", Event.RESOLVE), ("open", Event.WITHDRAW)}
# Who may begin each act at all; where, and whether a seat is held, the services ask.
ROLES = {
    "file_appeal": {"administrator", "hr", "secretary"},
    "withdraw_appeal": {"administrator", "hr", "secretary"},
    "rule_appeal": {"chair", "secretary"},
    "rule_rating": {"chair"},
}


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", Appeal.State.values)
def test_every_state_and_event(state: str, event: Event) -> None:
    appeal = Appeal(external_id="AP-1", state=state)
    if (state, event) in ALLOWED:
        assert (
            lifecycle.guard(appeal, event).to
            == {
                Event.RULE: "open",
                Event.RESOLVE: "resolved",
                Event.WITHDRAW: "withdrawn",
            }[event]
        )
        return
    with pytest.raises(Refused) as refused:
        lifecycle.guard(appeal, event)
    label = str(Appeal.State(state).label)
    assert str(refused.value) == (f"Appeal AP-1: the state is “{label}”, this step is not possible now.")


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("act", ROLES)
def test_every_role_and_act(act: str, role: str) -> None:
    user = UserFactory.build(role=role)
    assert access.may(user, act) == (role in ROLES[act])
    user.is_active = False
    assert not access.may(user, act)
