"""The living demo: loaded by the commands of the contract, relative to the day, once; for all looks at it."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from appeals.models import Appeal, Recusal, Sitting
from appeals.services.recount import recount
from attestation import clock
from attestation.intake.spec import KINDS
from attestation.law.calendar import local_day
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    Consequence,
    Cycle,
    Deadline,
    Decision,
    Employee,
    JournalEntry,
    Role,
    Status,
    User,
)
from office.demo import demo
from office.replay.replay import replay
from tests.config.test_demo import NOW, demo_settings
from tests.config.test_round_trip import LANGUAGES, assert_all_same, counted
from tests.tables.doors import shut_doors

__all__ = ["demo_settings"]
pytestmark = pytest.mark.django_db


class Loaded(NamedTuple):
    """How many commands were run; of the files, which are gone, the one that waits for the officer."""

    steps: int
    results: bytes


def made_once() -> Loaded:
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(DEMO=True, ALLOW_TIME_TRAVEL=True, DATA_DIR=Path(folder)),
    ):
        steps = demo.load(NOW)
        (waiting,) = Path(folder).glob("demo/AQM-*-5/results.xlsx")
        return Loaded(steps, waiting.read_bytes())


@pytest.fixture
def loaded(shared: Loaded) -> Loaded:
    """It is the dearest to make of this room."""
    return shared


@pytest.mark.daily(4)
def test_it_loads_a_living_state_once(
    loaded: Loaded,
    demo_settings: Any,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert loaded.steps > 100
    assert Center.objects.count() == 246
    assert Employee.objects.count() == 1554
    assert_every_kind_of_decision()
    assert_the_state_lives()
    assert_the_officer_can_go_on(loaded.results)
    assert_the_commission_sits()
    assert_accounts_open_in_the_demo_alone(demo_settings)
    assert replay(None).differences == []
    assert not JournalEntry.objects.filter(act="needs_attention").exists()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    demo_settings.DEMO = True
    people = {login.role: User.objects.get(username=login.username) for login in demo.LOGINS}
    assert shut_doors(people, NOW, most=3)[0] == {}

    entries = JournalEntry.objects.count()
    demo_settings.DEMO = True
    with django_assert_max_num_queries(5):
        assert demo.load(NOW + timedelta(days=3)) == 0
    assert JournalEntry.objects.count() == entries


def assert_every_kind_of_decision() -> None:
    final = Decision.objects.current().filter(state=Decision.State.FINAL)
    outcomes = set(final.values_list("outcome", flat=True))
    assert outcomes == {"conforms", "does_not_conform", "declared", "existing", "lower"}
    kinds = Counter(Consequence.objects.values_list("kind", "state"))
    assert kinds["dismissal", "open"]
    assert kinds["dismissal", "done"]
    assert kinds["reattest", "open"]
    assert kinds["reattest", "done"]
    assert Consequence.objects.filter(kind="lower_category", cite="¶28.2").exists()
    assert CategoryTerm.objects.filter(decision__isnull=False).exists()


def assert_the_state_lives() -> None:
    open_deadlines = Counter(
        Deadline.objects.open().over(NOW + timedelta(days=5)).values_list("kind", flat=True)
    )
    assert open_deadlines["appeal"]
    assert open_deadlines["scoring"]
    assert not Deadline.objects.open().over(NOW).exclude(kind="category").exists()
    statuses = Counter(Attestation.objects.values_list("status", flat=True))
    for status in (Status.HELD, Status.PROVISIONAL, Status.ABSENT, Status.NOT_ADMITTED, Status.ADMITTED):
        assert statuses[status], status
    states = Counter(Appeal.objects.values_list("state", flat=True))
    assert states["late"]
    assert states["open"]
    assert states["resolved"]
    yesterday = local_day(NOW) - timedelta(days=1)
    assert Cycle.objects.filter(testing_ends=yesterday).exists()
    prepared = Cycle.objects.get(code__endswith="-4")
    assert prepared.testing_starts > local_day(NOW)
    assert set(prepared.attestations.values_list("status", flat=True)) == {"admitted", "not_admitted"}


def assert_the_officer_can_go_on(results: bytes) -> None:
    """A cycle waits for results, one for publication, one for its list."""
    officer = User.objects.get(username="hr")
    to_import, to_publish, to_list = (Cycle.objects.get(code__endswith=f"-{number}") for number in (5, 6, 7))
    assert {cycle.center_id for cycle in (to_import, to_publish, to_list)} == {officer.center_id}
    assert set(to_import.attestations.values_list("status", flat=True)) == {Status.ADMITTED}
    assert to_import.testing_starts < local_day(NOW) < to_import.testing_ends
    assert set(to_publish.attestations.values_list("status", flat=True)) == {Status.TESTED}
    assert not to_list.attestations.exists()
    assert to_list.testing_starts > local_day(NOW)
    with transaction.atomic(), tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(results)
        file.flush()
        finish(to_import, to_publish, file.name)
        transaction.set_rollback(True)


def finish(to_import: Cycle, to_publish: Cycle, results: str) -> None:
    """As the tour has it done: the file in, both published, every decision is there at the next sweep."""
    at = ("--as", "hr", "--at", (NOW + timedelta(hours=1)).isoformat())
    call_command("import_results", results, "--cycle", to_import.code, *at)
    call_command("publish_results", "--cycle", to_import.code, *at)
    call_command("publish_results", "--cycle", to_publish.code, *at)
    call_command("sweep", "--at", (NOW + timedelta(hours=2)).isoformat())
    assert set(to_import.attestations.values_list("status", flat=True)) == {Status.TESTED}
    assert set(to_publish.attestations.values_list("status", flat=True)) == {Status.PROVISIONAL}
    outcomes = (
        Decision.objects.current().filter(attestation__cycle=to_publish).order_by("attestation__case_no")
    )
    assert list(outcomes.values_list("outcome", flat=True)) == [
        *("conforms", "does_not_conform", "conforms", "declared", "lower", "existing"),
    ]


def assert_the_commission_sits() -> None:
    closed, still_open = Sitting.objects.order_by("pk")
    assert (closed.state, still_open.state) == ("closed", "open")
    assert list(closed.agenda.order_by("position").values_list("ruling", flat=True)) == ["uphold", "reject"]
    assert [line.minutes["why"] for line in closed.agenda.order_by("position")] == ["majority", "chair"]
    assert closed.agenda.filter(dissents__isnull=False).exists()
    counted = recount(closed)
    assert (counted.items, counted.differences, counted.without_receipts) == (2, [], [])
    lines = still_open.agenda.pending()
    assert lines.filter(item__isnull=False).exists()
    assert lines.filter(attestation__isnull=False).exists()
    assert lines.filter(votes__isnull=False).exists()
    assert Recusal.objects.filter(ground="statement").exists()


def assert_accounts_open_in_the_demo_alone(settings: Any) -> None:
    assert set(User.objects.values_list("role", flat=True)) == {
        Role.ADMINISTRATOR,
        Role.HR,
        Role.CHAIR,
        Role.AUDITOR,
        Role.SECRETARY,
        Role.MEMBER,
    }
    # One of each, and a second administrator to confirm what the first one asks for.
    *first, second = [login.role for login in demo.LOGINS]
    assert (len(set(first)), second) == (len(first), Role.ADMINISTRATOR)
    assert User.objects.get(username="hr").center.region.code == demo.HR_REGION
    for login in demo.LOGINS:
        settings.DEMO = True
        assert authenticate(username=login.username, password=login.password) is not None
        settings.DEMO = False
        assert authenticate(username=login.username, password=login.password) is None


@pytest.mark.daily(4)
def test_the_demo_comes_back_as_all_same(loaded: Loaded, demo_settings: Any) -> None:
    """Also what a file could not change any more: published results, ruled appeals, admitted people."""
    demo_settings.DEMO = True
    found: Counter[str] = Counter()
    written = [kind for kind in KINDS.values() if kind.resource.writes]
    for kind in written:
        cycles = Cycle.objects.order_by("pk") if kind.resource.needs_cycle else [None]
        for place, cycle in enumerate(cycles):
            found[kind.name] += (count := counted(kind.name, cycle))
            # Each language of two kinds, one of the others in turn.
            every = LANGUAGES if kind.name in ("centers", "rulings") else (LANGUAGES[place % 3],)
            for language in every:
                assert_all_same(kind.name, language, cycle, count)
    assert {kind.name for kind in written if not found[kind.name]} == set()
    states = set(Attestation.objects.values_list("status", flat=True))
    assert {"admitted", "absent", "provisional", "final"} <= states
