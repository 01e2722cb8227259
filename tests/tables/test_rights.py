"""Who may do what, written out by hand and compared with the product: every act, every role and nobody."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from attestation import access
from attestation.access import may
from attestation.models import Role
from tests.factories import UserFactory

# This table is there to be read and argued about; nothing in it is taken from the code. Who has a `+` may,
# who has a `.` may not. The last column is the system itself: scheduled work, and commands that name nobody.
RIGHTS = """
act                 administrator auditor hr secretary chair member system
import_centers            +          .     .     .       .      .      +
import_staff              +          .     +     .       .      .      +
undo_any_import           +          .     .     .       .      .      +
set_category              +          .     +     .       .      .      +
open_cycle                +          .     +     .       .      .      +
list_attestees            +          .     +     .       .      .      +
import_courses            +          .     +     .       .      .      +
admit                     +          .     +     .       .      .      +
import_results            +          .     +     .       .      .      +
publish_results           +          .     +     .       .      .      +
correct_result            +          .     +     .       .      .      +
propose_correction        +          .     +     .       +      .      .
confirm_correction        +          .     .     .       +      .      .
withdraw_correction       +          .     +     .       +      .      .
record_correction_request +          .     +     .       +      .      .
answer_correction_request +          .     .     .       +      .      .
settle_ground             +          .     .     .       +      .      .
void_record               +          .     +     .       +      .      .
import_ratings            +          .     +     .       .      .      +
import_violations         +          .     +     .       .      .      +
score                     +          .     +     +       +      .      +
rule_rating               .          .     .     .       +      .      .
file_appeal               +          .     +     +       .      .      +
withdraw_appeal           +          .     +     +       .      .      +
rule_appeal               .          .     .     +       +      .      .
mark_faulty               .          .     .     .       +      .      .
keep_sitting              .          .     .     +       .      .      .
close_sitting             .          .     .     .       +      .      .
reopen_item               .          .     .     .       +      .      .
vote                      .          .     .     .       +      +      .
record_dissent            .          .     .     +       +      +      .
finalise                  +          .     .     +       +      .      +
confirm_ready             +          .     .     +       +      .      +
record_outage             +          .     .     .       .      .      +
settle_outage             +          .     .     .       .      .      .
decide_term_change        +          .     .     .       .      .      .
move_stage                +          .     +     .       .      .      +
prove_service             +          .     +     .       .      .      +
annul_decision            +          .     .     .       .      .      .
retry_work                +          .     .     .       .      .      +
rehearse                  +          +     +     +       +      .      +
keep_feed                 +          +     +     +       +      +      .
close_consequence         +          .     +     .       .      .      +
close_attestation         +          .     +     .       .      .      +
record_absence            +          .     +     .       .      .      +
confirm_calendar          +          .     .     .       .      .      +
edit_calendar             +          .     .     .       .      .      +
edit_rule_sets            +          .     .     .       .      .      +
edit_accounts             +          .     .     .       .      .      +
change_rights             +          .     .     .       .      .      .
stop_account_request      +          +     +     +       +      +      .
compare_decisions         +          +     +     .       .      .      +
export                    +          +     +     .       .      .      +
"""
ROLES = ("administrator", "auditor", "hr", "secretary", "chair", "member")
HEAD, *LINES = [line.split() for line in RIGHTS.strip().splitlines()]
TABLE = {act: dict(zip(HEAD[1:], marks, strict=True)) for act, *marks in LINES}


def allowed(act: str) -> set[str]:
    """Who may, by the table above."""
    return {who for who, mark in TABLE[act].items() if mark == "+"}


def test_the_table_has_a_row_for_every_act_and_a_column_for_every_role() -> None:
    assert len(LINES) == len(TABLE), "an act stands twice"
    assert set(TABLE) == set(access.RIGHTS)
    assert ["act", *ROLES, "system"] == HEAD
    assert set(ROLES) == set(Role.values)
    assert {mark for row in TABLE.values() for mark in row.values()} == {"+", "."}


@pytest.mark.parametrize("act", TABLE)
def test_each_role_may_what_its_column_says(act: str) -> None:
    """A superuser who has a role has the rights of the role and no others."""
    for superuser in (False, True):
        people = {role: UserFactory.build(role=role, is_superuser=superuser) for role in ROLES}
        found = {role for role, user in people.items() if may(user, act)}
        assert found == allowed(act) - {"system"}
    assert may(None, act) == ("system" in allowed(act))


@pytest.mark.parametrize("act", TABLE)
def test_a_superuser_without_a_role_may_what_an_administrator_may(act: str) -> None:
    assert may(UserFactory.build(role="", is_superuser=True), act) == ("administrator" in allowed(act))


@pytest.mark.parametrize("act", TABLE)
def test_nobody_else_may_anything(act: str) -> None:
    """Accounts switched off, without a role or of a role that nobody knows; whoever is not logged in."""
    nobodies = [
        *(UserFactory.build(role=role, is_active=False) for role in ROLES),
        UserFactory.build(role="", is_superuser=True, is_active=False),
        UserFactory.build(role=""),
        UserFactory.build(role="director"),
        AnonymousUser(),
    ]
    assert [user for user in nobodies if may(user, act)] == []
