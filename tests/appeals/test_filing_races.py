"""F-C2, F-C4: the filing page twice at once, and a question withdrawn while it is ruled on (PostgreSQL)."""

from __future__ import annotations

from typing import Any

import pytest

from appeals.models import Appeal, FaultyQuestion
from appeals.services.faulty import digest_of, faulty_dry_run, mark_faulty
from appeals.services.filing_here import file_here
from appeals.services.withdrawal import withdraw_item
from attestation.by import By
from attestation.cases.finality import finalise
from attestation.models import Role
from attestation.refusals import Refused
from tests.appeals.test_races import at_once, rounds
from tests.factories import moment
from tests.siblings_cast import GRACE_OVER, decided, fresh, published, seated

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
FILED = moment("2026-02-09 16:30")


def press(case: Any, key: str, now: Any = FILED, stated: Any = None) -> Appeal:
    return file_here(
        case,
        stated_at=stated,
        items=[(12, "…")],
        receipt_note="…",
        external_id="",
        papers=[],
        form_key=key,
        by=By(None, now),
    )


@rounds
def test_f_c2_two_presses_at_once_are_one_appeal(count: int) -> None:
    for seed in range(count):
        case = published(60)
        found = at_once(seed, lambda: press(case, "a" * 32), lambda: press(case, "a" * 32))  # noqa: B023  # at once
        assert [type(one) for one in found] == [Appeal, Appeal]
        assert found[0].pk == found[1].pk
        assert fresh(case).open_appeals == 1


@rounds
def test_i_14_filed_on_the_page_while_the_sweep_finalises(count: int) -> None:
    for seed in range(count):
        case = decided(60)
        found = at_once(
            seed,
            lambda: press(case, "b" * 32, now=GRACE_OVER, stated=FILED),  # noqa: B023  # at once
            lambda: finalise(case, by=By(None, GRACE_OVER)),  # noqa: B023  # at once
        )
        assert isinstance(found[0], Appeal)
        assert (fresh(case).status, fresh(case).open_appeals) == ("provisional", 1)


@rounds
def test_the_last_two_questions_withdrawn_at_once_close_the_appeal_once(count: int) -> None:
    for seed in range(count):
        case = published(60)
        appeal = file_here(
            case,
            stated_at=None,
            items=[(12, "…"), (47, "…")],
            receipt_note="",
            external_id="",
            papers=[],
            form_key="",
            by=By(None, FILED),
        )
        one, two = appeal.items.order_by("question")
        found = at_once(
            seed,
            lambda: withdraw_item(one, reason="…", by=By(None, FILED)),  # noqa: B023  # at once
            lambda: withdraw_item(two, reason="…", by=By(None, FILED)),  # noqa: B023  # at once
        )
        assert not any(isinstance(one, Refused) for one in found)
        appeal.refresh_from_db()
        assert (appeal.state, fresh(case).open_appeals) == ("withdrawn", 0)


@rounds
def test_f_c2_a_faulty_question_confirmed_twice_at_once_is_one_ruling(count: int) -> None:
    chair = seated(Role.CHAIR)
    for seed in range(count):
        case = published(97, wrong=[12, 47, 80], variant="7Б")
        seen = digest_of(faulty_dry_run(case.cycle, "7Б", 12, now=FILED))

        def confirm(case: Any = case, seen: str = seen) -> FaultyQuestion:
            return mark_faulty(case.cycle, "7Б", 12, reason="…", by=By(chair, FILED), seen=seen)

        found = at_once(seed, confirm, confirm)
        assert [type(one) for one in found] == [FaultyQuestion, FaultyQuestion]
        assert found[0].pk == found[1].pk
        assert case.results.get(superseded_at__isnull=True).correct_answers == 98
