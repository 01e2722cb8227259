"""A button is offered only where it can succeed now: every one of them is pressed, and taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import RequestFactory
from django_otp.plugins.otp_totp.models import TOTPDevice
from openpyxl import load_workbook

from appeals.models import AgendaItem, Appeal, AppealItem, Sitting
from appeals.services.counting import count_item
from appeals.services.recusals import recuse
from appeals.services.sittings import close_sitting
from attestation.accounts import tries
from attestation.by import By
from attestation.cases.corrections import propose_correction
from attestation.cases.fallen_grounds import settle_ground
from attestation.cases.results import facts_of
from attestation.intake import background, uploads
from attestation.intake.answers import Answers
from attestation.models import Attestation, Cycle, ImportJob, Notice, Outage, Role, Status, User
from tests.appeals.sitting_cast import attend, cast
from tests.attestation.admin_cast import Region, at
from tests.attestation.test_admin_imports import HEADER, row
from tests.factories import AttestationFactory, CycleFactory, ResultFactory, UserFactory, numbered
from tests.shares import share
from tests.siblings_cast import workbook
from tests.tables.doors import all_doors, shut_doors
from tests.tables.office_cast import NOW
from tests.tables.page_cast import make_everything
from tests.tables.test_triggers import Record

__all__ = ["at"]
pytestmark = pytest.mark.django_db


def made_once() -> Record:
    record = make_everything()
    read_staff(record.office.region, 1)
    ask_about_files(record.office.region)
    background.confirm(read_staff(record.office.region, 2), by=By(record.office.region.officer, NOW))
    return record


def ask_about_files(region: Region) -> None:
    """One with a word that is no position, an answer given and a second sheet; one of another kind."""
    line = list(row(region, numbered("9003153", 300), "Қасенова"))
    book = load_workbook(io.BytesIO(workbook(HEADER, [*line[:5], "Главный специалист", line[6]])))
    further = book.create_sheet("Екі")
    for cells in (HEADER, row(region, numbered("9003153", 309), "Ахметова")):
        further.append(cells)
    out = io.BytesIO()
    book.save(out)
    by = By(region.officer, NOW)
    job = uploads.upload("staff", out.getvalue(), "staff.xlsx", by=by)
    uploads.answer(job, Answers({"подразделение": ""}), by=by)
    uploads.upload("staff", workbook(("ИИН", "Цель"), (line[0], "initial")), "list.xlsx", by=by)


def read_staff(region: Region, place: int) -> ImportJob:
    """A file of the region's officer with somebody new."""
    content = workbook(HEADER, row(region, numbered("9003153", 100 * place), "Қасенова"))
    return uploads.upload("staff", content, "staff.xlsx", by=By(region.officer, NOW))


@pytest.fixture
def record(at: Any, shared: Record) -> Record:
    at(NOW)
    return shared


def at_work(record: Record) -> dict[str, User]:
    """One of each role with a seat where the role has one; and a chair, a secretary and a member without."""
    seated = {
        name: user
        for name, user in record.office.people.items()
        if user is not None and user.is_active and user.role
    }
    without = {
        f"{role} without a seat": UserFactory(role=role) for role in (Role.CHAIR, Role.SECRETARY, Role.MEMBER)
    }
    return seated | without | {"recused": record.office.board.members[1]}


# --- states that matter, beside the office as it is --------------------------------------------------------


def vote_and_count(record: Record) -> None:
    """A question is counted and has no reason yet."""
    office = record.office
    cast(office.line, (office.board.chair, "uphold"), (office.board.members[0], "uphold"))
    count_item(office.line, by=By(office.board.secretary, NOW))


def send_the_chair_away(record: Record) -> None:
    """The chair is marked absent; there is no deputy."""
    attend(record.office.board, record.office.sitting, record.office.board.members)


def recuse_the_chair(record: Record) -> None:
    """The chair takes no part in the matters of the appellant."""
    recuse(record.office.region.appealed, reason="…", by=By(record.office.board.chair, NOW))


def close_the_sitting(record: Record) -> None:
    """What was not counted goes to the planned one."""
    close_sitting(record.office.sitting, by=By(record.office.board.chair, NOW))


def settle_the_ground(record: Record) -> None:
    """Nothing keeps the decision from becoming final any more."""
    case, administrator = record.office.case, record.office.people[Role.ADMINISTRATOR]
    settle_ground(case, outcome="stands", reason="…", by=By(administrator, NOW))


def propose_by_the_officer(record: Record) -> None:
    """Of a final decision the officer proposed the correction."""
    found = facts_of(record.final.results.get(superseded_at=None))
    officer = record.office.people[Role.ADMINISTRATOR]
    by = By(officer, NOW)
    propose_correction(
        record.final,
        found.__class__(**{**vars(found), "correct_answers": 88}),
        reason="…",
        document="…",
        by=by,
    )


def prepare_a_cycle(record: Record) -> None:
    """A cycle whose testing begins in March, with somebody on the list; and a result to be published."""
    center = record.office.region.center
    cycle = CycleFactory(center=center, testing_starts=date(2026, 3, 2), testing_ends=date(2026, 3, 6))
    for status in (Status.LISTED, Status.ADMITTED, Status.NOT_ADMITTED, Status.ABSENT, Status.CLOSED):
        AttestationFactory(cycle=cycle, status=status, center=record.office.region.career)
    tested = AttestationFactory(status=Status.TESTED, center=record.office.region.career)
    ResultFactory(attestation=tested, published_at=None)


def fail_the_letters(record: Record) -> None:
    """The mail server took the first letter to an employee and refused the others."""
    letters = Notice.objects.filter(employee__isnull=False)
    letters.update(state=Notice.State.FAILED)
    letters.filter(pk=record.office.letter.pk).update(state=Notice.State.SENT, sent_at=NOW)


def put_the_letters_off(record: Record) -> None:
    """The mail server did not take them, and they wait to be tried again."""
    Notice.objects.update(
        state=Notice.State.QUEUED, attempts=3, not_before=NOW + timedelta(hours=1), last_error="…"
    )


def let_the_outage_go_on(record: Record) -> None:
    """An outage that still goes on."""
    Outage.objects.update(ended_at=None)


def forget_the_password(record: Record) -> None:
    """Everybody has an address and a second factor, and failed to log in too often."""
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.pk}@example.kz")
        TOTPDevice.objects.create(user=user, name="TOTP", confirmed=True)
        for _time in range(tries.OF_AN_ACCOUNT):
            request = RequestFactory().post("/", REMOTE_ADDR=f"10.0.0.{user.pk % 250}")
            tries.log_in_fits(request, user.username, "wrong", now=NOW)


# Acts that these scenes may offer to nobody; each is done in the tests of its own page.
ELSEWHERE = {
    "appeal withdraw",
    "attestation rule-rating",
    "notice told",
    "sitting agenda",
    "termchange accept",
    "workfailure retry",
}
Scene = Callable[[Record], None]
SCENES: dict[Scene, tuple[type[Model], ...]] = {
    vote_and_count: (Sitting, AgendaItem, Appeal, AppealItem),
    send_the_chair_away: (Sitting, AgendaItem),
    recuse_the_chair: (Sitting, AgendaItem, AppealItem),
    close_the_sitting: (Sitting, AgendaItem, Appeal, AppealItem, Attestation),
    settle_the_ground: (Attestation,),
    propose_by_the_officer: (Attestation,),
    prepare_a_cycle: (Cycle, Attestation),
    fail_the_letters: (Notice,),
    put_the_letters_off: (Notice,),
    let_the_outage_go_on: (Outage,),
    forget_the_password: (User,),
}


@pytest.mark.once  # tests/services/ calls every act on the second one
@pytest.mark.daily(2)
def test_every_button_that_is_offered_opens(record: Record, at: Any) -> None:
    """In the office as it is, and in each state that matters; every act there is opens somewhere."""
    people = at_work(record)
    scenes = share(SCENES.items(), 3)
    shut, opened = shut_doors(people, NOW)
    for scene, tables in scenes:
        with transaction.atomic():
            scene(record)
            found, more = shut_doors(people, NOW, *tables)
            shut |= {f"{scene.__name__}: {door}": why for door, why in found.items()}
            opened |= more
            transaction.set_rollback(True)
    assert shut == {}
    assert all_doors() - opened >= ELSEWHERE
    assert len(scenes) < len(SCENES) or all_doors() - opened == ELSEWHERE
