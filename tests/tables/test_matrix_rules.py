"""What the table of who may what must say, written by hand: rules over matrix.txt, without a request.

A table that a machine wrote proves only that nothing changed; these say what is right.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attestation.models import Role
from attestation.rights import RIGHTS
from tests.tables.matrix_cast import PEOPLE, VOTERS, read_table

TABLE = read_table()
# Refused: not for this role, no such record, no such address, not this method, to the login.
REFUSED = {"403", "non", "404", "405", "log"}
# Something is on record after it.
WROTE = {"did", "out"}
# Of a question the page is that of its case.
NO_PAGE = ("appeals_appealitem record", "302")
# Everybody's own: the account at the screen, and what is found by POST.
OWN = {
    *("account", "second_factor", "prove", "password_change", "own_address", "logout", "login", "login_code"),
    *("attestation_deadline_feed", "attestation_notice_read", "set_language"),
}
# Acts that the order gives to a commission: a seat is asked for.
OF_A_COMMISSION = (
    *("appeals_agendaitem do ", "appeals_sitting do ", "appeals_appealitem do rule"),
    *("appeals_differingruling do ", "scoring_heldrow do ", "attestation_attestation do rule-rating"),
    *("appeals_faultyquestion add", "appeals_sitting add"),
)


def answers(*people: str, whose: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Name, person, answer to GET, answer to POST."""
    for (name, of), row in TABLE.items():
        if not whose or of == whose:
            for who in people:
                yield f"{name} {of}", who, *row[who]


def test_the_table_is_whole() -> None:
    """Twelve people, both methods, at least 7,000 cells, none left open."""
    words = [word for row in TABLE.values() for pair in row.values() for word in pair]
    assert len(words) >= 7_000
    assert {len(row) for row in TABLE.values()} == {len(PEOPLE)} == {12}
    assert not {word for word in words if word == "?" or word.startswith("5")}


@pytest.mark.parametrize("who", ["nobody", "no-role"])
def test_whoever_has_no_role_gets_nothing_but_the_login(who: str) -> None:
    open_to_all = {"login -", "home -", "healthz -", "jsi18n -", "set_language -", "logout -", "feed -"}
    open_to_all |= {"set_password -", "metrics -"}
    found = {name: (get, post) for name, _who, get, post in answers(who) if name not in open_to_all}
    assert {name: pair for name, pair in found.items() if pair != ("log", "log")} == {}


@pytest.mark.parametrize(
    ("who", "whose"),
    [("hr", "foreign"), ("hr-career", "foreign"), ("hr-elsewhere", "foreign"), ("hr-elsewhere", "own")],
)
def test_a_foreign_record_is_never_answered_f_a1(who: str, whose: str) -> None:
    """F-A1, F-A3: neither the page nor the act; test_matrix.py compares with the answer to no record."""
    for name, _who, get, post in answers(who, whose=whose):
        if " list " not in name:
            assert {get, post} <= REFUSED - {"log"}, name


def test_an_auditor_changes_nothing_anywhere_f_a9() -> None:
    """F-A9: but stops what an administrator asks for an account; a file of decisions is only compared."""
    for name, _who, _get, post in answers("auditor"):
        page = name.rpartition(" ")[0]
        acts = " do " in page or page.endswith((" add", " record")) or page.startswith("upload ")
        if acts and page not in ("attestation_accountrequest do stop", "upload decisions"):
            assert post in REFUSED or (page, post) == NO_PAGE, name
        elif not acts and page not in OWN and not page.startswith("export "):
            assert post not in WROTE, name


def test_a_superuser_does_no_act_of_a_commission_f_a10() -> None:
    """F-A10: without a seat there is none of its acts, neither by GET nor by POST."""
    found = 0
    for name, _who, get, post in answers("superuser"):
        if name.startswith(OF_A_COMMISSION):
            found += 1
            assert {get, post} <= REFUSED - {"log"}, name
    assert found > 20


def test_only_the_administrators_pages_change_accounts_f_a7() -> None:
    """F-A7: nobody else adds, changes or acts on an account; an auditor reads them."""
    for name, who, get, post in answers(*(set(PEOPLE) - {"administrator", "superuser"})):
        if name.startswith("attestation_user "):
            reads = who == "auditor" and name.split()[1] in ("list", "record", "journal")
            assert get in REFUSED or reads, (name, who)
            assert post in REFUSED or (reads and post not in WROTE), (name, who)


def test_a_blind_object_answers_nobody_who_votes_with_a_person() -> None:
    """But as a question without its person, which test_matrix.py looks for in the text."""
    nameless = ("appeals_agendaitem ", "appeals_appealitem ", "scoring_heldrow ", "appeals_differingruling ")
    nameless += ("appeals_appeal_paper ",)
    for name, who, get, post in answers(*VOTERS, whose="blind"):
        if not name.startswith(nameless) and " list " not in name:
            assert {get, post} <= REFUSED - {"log"}, (name, who)


def test_nobody_deletes() -> None:
    found = [(name, get, post) for name, _who, get, post in answers(*PEOPLE) if " delete " in name]
    assert len(found) > 500
    assert {word for _name, *pair in found for word in pair} <= {"403", "non", "log"}


def test_whoever_may_not_read_may_not_act() -> None:
    """A POST is refused wherever the page itself is."""
    for name, who, get, post in answers(*PEOPLE):
        if " do " in name and get in REFUSED:
            assert post in REFUSED, (name, who)


def test_every_role_is_among_the_people() -> None:
    assert set(Role.values) <= {"hr", "deputy", *PEOPLE}
    assert {role for roles in RIGHTS.values() for role in roles} <= set(Role.values)
