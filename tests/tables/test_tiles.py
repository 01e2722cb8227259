"""Every tile of every role: its number is the length of the list behind it, where each has something."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client

from appeals.models import Appeal, AppealItem, DifferingRuling
from attestation.by import By
from attestation.cases.finality import finalise, reopen
from attestation.cases.testing_stage import close_deadlines
from attestation.cases.waiting import FOR_A_RULING, FOR_DATA, held_for_data, held_for_ruling
from attestation.law.decision import HELD_ROW_CITES
from attestation.law.facts import POINTS_CONTRADICT
from attestation.models import (
    AccountRequest,
    Attestation,
    Consequence,
    CorrectionRequest,
    Deadline,
    ImportJob,
    Notice,
    Role,
    RuleSet,
    User,
    WorkFailure,
)
from attestation.reason_words import coded
from office import tiles
from tests.attestation.admin_cast import at, client_of, make_region, url
from tests.factories import (
    AttestationFactory,
    CenterFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.siblings_cast import decided
from tests.tables.office_cast import NOW
from tests.tables.page_cast import job_of, make_everything
from tests.tables.test_triggers import Record

__all__ = ["at"]

pytestmark = pytest.mark.django_db

RULING, DATA, TABLE = ("rating_gap",), ("ratings_not_read", "violations_not_read"), (POINTS_CONTRADICT,)
# What App. 1-2 and the order can hold a case for; the third waits for both.
HELD = (RULING, DATA, ("no_rating", "violations_not_read"), ("violations_not_read",), TABLE)


# Where something is the person's own to do.
NUMBERED: dict[str, set[str]] = {
    Role.HR: {"Imports"},
    Role.SECRETARY: {"Queue", "Ready: confirm"},
    Role.CHAIR: {"Queue", "Ready: confirm"},
    Role.MEMBER: {"Queue"},
    Role.ADMINISTRATOR: {"Ready: confirm", "Needs attention"},
    Role.AUDITOR: set(),
}


def made_once() -> Record:
    """Something of everything, and of each tile's rows one at least in the officer's region."""
    record = make_everything()
    make_region("Б7")
    region = record.office.region
    people = iter([EmployeeFactory(center=region.career) for _ in range(20)])

    def case(status: str, **values: Any) -> Attestation:
        return AttestationFactory(employee=next(people), status=status, **values)

    case("listed")
    case("absent")
    ResultFactory(attestation=case("tested"), published_at=None)
    pinned = region.case.rule_set
    for codes in HELD:
        case("held", rule_set=pinned, status_reason=[{"code": code} for code in codes])
    decided(employee=next(people))
    final, reopened = (decided(employee=next(people)) for _ in range(2))
    close_deadlines(now=NOW)
    finalise(final, by=By(None, NOW))
    finalise(reopened, by=By(None, NOW))
    reopen(reopened, by=By(None, NOW), reason=coded("appeal_recorded_late"))
    gone = next(people)
    gone.left_on = date(2026, 2, 1)
    gone.save()
    make_rows_beside(region.case, final, record.office.board.chair)
    AccountRequest.objects.create(
        kind="role",
        account=region.officer,
        payload={},
        was={},
        reason="…",
        asked_by=UserFactory(),
        asked_at=NOW,
        state="stopped",
        settled_by=region.officer,
        settled_at=NOW,
    )
    for state, refused in (("previewed", 1), ("asked", 0), ("confirmed", 1), ("previewed", 0)):
        job = job_of(region.officer, "staff")
        ImportJob.objects.filter(pk=job.pk).update(state=state, rows_error=refused)
    job_of(UserFactory(role=Role.HR, center=region.center), "staff")
    return record


def make_rows_beside(case: Attestation, final: Attestation, chair: User) -> None:
    """The rows that hang on a case or on nothing; and some that no tile counts."""
    decision = final.decisions.get(superseded_at=None)
    for kind, state in (("assign_category", "waiting"), ("dismissal", "done"), ("reattest", "open")):
        Consequence.objects.create(
            effective_on=date(2026, 2, 10),
            decision=decision,
            attestation=final,
            kind=kind,
            state=state,
            cite="¶30",
        )
    CorrectionRequest.objects.create(
        attestation=case,
        asked_on=NOW.date(),
        text="…",
        document="…",
        recorded_at=NOW,
        recorded_by=chair,
        answer="refused",
        reason="…",
        answered_by=chair,
        answered_at=NOW,
    )
    DifferingRuling.objects.create(
        item=AppealItem.objects.order_by("pk")[0],
        cycle=case.cycle,
        test_variant="1",
        question=2,
        noticed_at=NOW,
        outcome="left",
        reason="…",
        settled_at=NOW,
        settled_by=chair,
    )
    Notice.objects.create(
        kind="listed",
        key="tile",
        not_before=NOW,
        attestation=case,
        employee=case.employee,
        state="failed",
        created_at=NOW,
    )
    Appeal.objects.create(
        attestation=case,
        result=case.results.get(superseded_at=None),
        external_id="late",
        filed_at=NOW,
        closes_at=moment("2026-02-10 00:00"),
        recorded_at=NOW,
        state="late",
    )
    Deadline.objects.filter(attestation=case, kind="grace").update(state="open")
    WorkFailure.objects.create(
        act="remind",
        subject="tile",
        attestation=case,
        error="KeyError",
        first_at=NOW,
        last_at=NOW,
        next_try_at=NOW,
    )
    RuleSet.objects.create(
        title="…", effective_from=date(2027, 1, 1), kept_term="own_end", window="since_final"
    )


@pytest.fixture
def record(at: Any, shared: Record) -> Record:
    """The base, at a moment when every deadline of its cases is over."""
    at(NOW)
    return shared


def length_of(client: Client, address: str) -> int:
    """How many rows the page says it has; that of what waits to be confirmed is no list of Django's."""
    answer: Any = client.get(address)
    assert answer.status_code == 200, "the list does not know what the tile asks of it"
    if "cl" in answer.context:
        return int(answer.context["cl"].result_count)
    return int(answer.context["page"].paginator.count)


@pytest.mark.daily(3)
@pytest.mark.parametrize("role", Role.values)
def test_a_tile_counts_what_its_list_shows(role: str, record: Record) -> None:
    user = record.office.people[role]
    assert user is not None
    client = client_of(user)
    shown = client.get(url("index")).context["tiles"]
    # The chair of the record has voted.
    done = {tiles.MY_VOTES.title} if role == Role.CHAIR else set()
    assert [tile.title for tile in shown] == [t.title for t in tiles.tiles_of(user) if t.title not in done]
    numbers = {tile.title: (tile.count, length_of(client, tile.url)) for tile in shown}
    assert {title: pair for title, pair in numbers.items() if pair[0] != pair[1] or not pair[0]} == {}


# A list that narrows itself from the start is opened wide by this word.
WIDE = {"in_force": "all"}


@pytest.mark.daily(3)
@pytest.mark.parametrize("role", Role.values)
def test_a_number_in_the_sidebar_counts_what_it_leads_to(role: str, record: Record) -> None:
    """The person's own work: of other people's cases, files and votes nothing is counted."""
    user = record.office.people[role]
    assert user is not None
    client = client_of(user)
    (group,) = client.get(url("registers")).context["sidebar_navigation"]
    numbers = {item["title"]: item for item in group["items"] if "count" in item}
    assert set(numbers) == NUMBERED[role]
    for item in numbers.values():
        assert item["count"] == length_of(client, item["count_link"]), item["count_title"]


@pytest.mark.daily(3)
@pytest.mark.parametrize("role", Role.values)
def test_each_word_of_a_tiles_address_leaves_rows_out(role: str, record: Record) -> None:
    """Else a tile that forgot the word would count the same."""
    user = record.office.people[role]
    assert user is not None
    client, idle = client_of(user), []
    for tile in tiles.tiles_of(user):
        count = tile.rows(user, NOW).count()
        for word in tile.query:
            rest = {key: value for key, value in tile.query.items() if key != word}
            rest |= {word: WIDE[word]} if word in WIDE else {}
            if length_of(client, tiles.listing(tile.page, **rest)) <= count:
                idle.append((str(tile.title), word))
    assert idle == []


@pytest.mark.parametrize("role", [Role.HR, Role.SECRETARY, Role.CHAIR, Role.MEMBER])
def test_a_tile_counts_nothing_of_another_region_f_a2(role: Role, record: Record) -> None:
    stranger = UserFactory(role=role, center=CenterFactory())
    counts = {str(tile.title): tile.rows(stranger, NOW).count() for tile in tiles.tiles_of(stranger)}
    assert {title: count for title, count in counts.items() if count} == {}


@pytest.mark.parametrize("role", Role.values)
def test_no_two_tiles_of_a_role_have_one_icon(role: str, record: Record) -> None:
    user = record.office.people[role]
    assert user is not None
    icons = Counter(tile.icon for tile in tiles.tiles_of(user))
    assert [icon for icon, times in icons.items() if times > 1] == []


@pytest.mark.parametrize(
    ("narrow", "wanted"),
    [(held_for_ruling, {HELD[0], HELD[2]}), (held_for_data, {HELD[1], HELD[2], HELD[3]})],
)
def test_a_held_case_waits_for_each_of_its_codes(narrow: Any, wanted: Any, record: Record) -> None:
    """I-04, I-05, I-27: one that waits for a ruling and for data is in both lists."""
    found = narrow(Attestation.objects.filter(~Q(status_reason=[])), NOW)
    said = {tuple(item["code"] for item in case.status_reason) for case in found}
    assert said & set(HELD) == wanted


def test_each_code_that_holds_a_row_waits_for_a_ruling_or_for_data() -> None:
    assert set(HELD_ROW_CITES) == FOR_A_RULING | FOR_DATA
    assert not FOR_A_RULING & FOR_DATA
