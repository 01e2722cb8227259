"""F-C1, F-C4: two at once on PostgreSQL: one wins, the other is told, and nothing is both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from appeals.models import Appeal, AppealItem
from appeals.services import file_appeal, rule_item, withdraw
from attestation import services
from attestation.refusals import Refused
from tests.factories import moment
from tests.siblings_cast import GRACE_OVER, decided, fresh, published, seated

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

FILED, RECORDED, RULED = (moment(f"2026-02-{day}") for day in ("09 16:30", "10 18:00", "12 11:00"))
ROUNDS = 5


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own that start together; what each returned or raised, in order."""
    start, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            found[place] = act()
        except Refused as refusal:
            found[place] = refusal  # type: ignore[call-overload]  # a refusal is an outcome here
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def filed(case: Any, *questions: int) -> Appeal:
    return file_appeal(
        case,
        filed_at=FILED,
        items=[(question, "…") for question in questions],
        receipt_note="…",
        actor=None,
        now=RECORDED,
    )


def test_f_c1_two_rulings_on_one_question() -> None:
    assert connection.vendor == "postgresql"
    first, second = seated(), seated()
    for _ in range(ROUNDS):
        case = published(60)
        item = filed(case, 12).items.get()
        found = at_once(
            lambda: rule_item(item, ruling="uphold", reason="…", actor=first, now=RULED),  # noqa: B023  # at once
            lambda: rule_item(item, ruling="reject", reason="…", actor=second, now=RULED),  # noqa: B023  # at once
        )
        refusals = [one for one in found if isinstance(one, Refused)]
        assert [refusal.code for refusal in refusals] == ["ruled_already"]
        item = AppealItem.objects.get(pk=item.pk)
        correct = fresh(case).results.get(superseded_at__isnull=True).correct_answers
        assert correct == (61 if item.ruling == "uphold" else 60)
        assert fresh(case).open_appeals == 0


def test_f_c1_two_questions_of_one_appeal_resolve_it_once() -> None:
    first, second = seated(), seated()
    for _ in range(ROUNDS):
        case = published(60)
        one, two = filed(case, 12, 47).items.order_by("question")
        found = at_once(
            lambda: rule_item(one, ruling="uphold", reason="…", actor=first, now=RULED),  # noqa: B023  # at once
            lambda: rule_item(two, ruling="uphold", reason="…", actor=second, now=RULED),  # noqa: B023  # at once
        )
        assert not any(isinstance(one, Refused) for one in found)
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 62
        assert fresh(case).open_appeals == 0


def test_f_c4_withdrawn_while_the_commission_rules() -> None:
    chair = seated()
    for _ in range(ROUNDS):
        case = published(60)
        appeal = filed(case, 12)
        item = appeal.items.get()
        found = at_once(
            lambda: withdraw(appeal, reason="…", actor=None, now=RULED),  # noqa: B023  # at once
            lambda: rule_item(item, ruling="uphold", reason="…", actor=chair, now=RULED),  # noqa: B023  # at once
        )
        assert sum(isinstance(one, Refused) for one in found) == 1
        appeal.refresh_from_db()
        correct = fresh(case).results.get(superseded_at__isnull=True).correct_answers
        assert (appeal.state, correct) in {("withdrawn", 60), ("resolved", 61)}
        assert fresh(case).open_appeals == 0


def test_i_14_filed_while_the_sweep_finalises() -> None:
    for _ in range(ROUNDS):
        case = decided(60)
        found = at_once(
            lambda: filed(case, 12),  # noqa: B023  # at once
            lambda: services.finalise(case, actor=None, now=GRACE_OVER),  # noqa: B023  # at once
        )
        assert isinstance(found[0], Appeal)
        assert (fresh(case).status, fresh(case).open_appeals) == ("provisional", 1)
        assert not case.decisions.filter(state="final", superseded_at__isnull=True).exists()
