"""The services themselves ask for the right: each is called by everybody, and by the wrong person.

The table of rights stands in `test_rights`. Here it is compared with what really happens: whom the service of
an act turns away for want of the right is exactly whom the table does not let do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from appeals.services.commission import appoint, release
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.faulty import mark_faulty
from appeals.services.filing import file_appeal
from appeals.services.filing_here import require_filer
from appeals.services.recusals import recuse
from appeals.services.ruling import rule_item
from appeals.services.sittings import (
    close_sitting,
    mark_attendance,
    move_sitting,
    open_sitting,
    plan_sitting,
    put_on_agenda,
)
from appeals.services.voting import record_dissent, vote
from appeals.services.withdrawal import withdraw, withdraw_item
from attestation import work
from attestation.accounts.requests import ask_for, confirm_request, stop_request, take_rights
from attestation.accounts.rights import rights_of
from attestation.by import By
from attestation.cases import annulment, proof_of_service, stage_moves
from attestation.cases.absences import record_absence
from attestation.cases.confirmations import confirm_ready
from attestation.cases.consequences import close_consequence
from attestation.cases.correction_requests import answer_correction_request, record_correction_request
from attestation.cases.corrections import confirm_correction, propose_correction, withdraw_correction
from attestation.cases.cycles import (
    Listing,
    admit_cycle,
    close_attestation,
    list_attestee,
    list_attestees,
    open_cycle,
)
from attestation.cases.fallen_grounds import settle_ground
from attestation.cases.finality import finalise
from attestation.cases.former_categories import record_former_category
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results, record_result, record_results
from attestation.cases.undone_imports import take_back_results, unlist
from attestation.deadlines import calendar, changes, feeds, instants, outages
from attestation.deadlines.calendar import confirm_calendar
from attestation.intake import engine, undo
from attestation.intake.spec import Context, resource_of
from attestation.law.refusals import RuleRefusal
from attestation.models import AccountRequest, ImportJob, User
from attestation.notices import send_now, serve_letters
from attestation.refusals import Refused
from office.management.commands.rehearse import Command as Rehearse
from scoring.services.assessing import score
from scoring.services.records import record_read_through
from scoring.services.rulings import rule_rating
from scoring.services.voiding import void_record
from tests.appeals.filing_cast import wish
from tests.attestation.admin_cast import client_of, url
from tests.factories import CenterFactory, UserFactory, moment
from tests.siblings_cast import seated
from tests.tables.office_cast import NOW, Office, make_office
from tests.tables.test_rights import TABLE, allowed

pytestmark = pytest.mark.django_db

DAY = date(2026, 2, 11)
FILED = moment("2026-02-09 09:00")
FACTS = ResultFacts(100, 90, None, "", moment("2026-02-04 11:00"))
DOCUMENT = annulment.Document("court", "1", DAY, "…")
SERVICE = proof_of_service.Service(moment("2026-02-11 12:00"), "in_person", "signed", None)
LATER = stage_moves.Stage(date(2026, 2, 2), date(2026, 2, 13))
HERE, SEAT = "not_found", "not_in_office"
COMPOSITION, CHAIR = "not_of_the_composition", "not_in_the_chair"


@dataclass(frozen=True)
class Call:
    """A service that does an act.

    `own`: it is about one person, who may not do it to themselves. `elsewhere`: the refusal that somebody of
    the same role in another region gets; empty where only those who see everything do it, or it is nobody's.
    """

    act: str
    what: str
    do: Callable[[Office, Any], Any]
    own: bool = False
    elsewhere: str = ""


def file_of(kind: str, **more: str) -> Callable[[Office, Any], Any]:
    """An upload; that the file is no spreadsheet is found only after the right was asked for."""

    def upload(office: Office, actor: User | None) -> Any:
        about = {name: getattr(office, where) for name, where in more.items()}
        return engine.preview(kind, b"", "x.exe", by=By(actor, NOW), **about)

    return upload


def set_category(office: Office, actor: User | None) -> None:
    """A row of the staff file asks for it; whoever may not set one is told so at the cell."""
    staff: Any = resource_of("staff")()
    staff.sight(Context(By(actor, NOW)))
    if not staff.may_set_category:
        raise Refused("no_permission", "…")


def undo_of_another(office: Office, actor: User | None) -> None:
    """Whoever may not undo it is told whose it is."""
    try:
        undo.check(ImportJob(kind="staff", actor_id=0), By(actor, NOW))
    except Refused as refusal:
        raise Refused("no_permission", "…") if refusal.code == "not_own_import" else refusal from refusal


def page(name: str, data: dict[str, str] | None = None, *args: str) -> Callable[[Office, Any], Any]:
    """Where the page itself is the act: a form, or a file."""

    def open_page(office: Office, actor: User | None) -> None:
        if actor is None:
            return
        client = client_of(actor)
        answer = client.get(url(name, *args)) if data is None else client.post(url(name, *args), data)
        if answer.status_code != 200:
            raise Refused("no_permission", str(answer.status_code))

    return open_page


def read_through(kind: str) -> Callable[[Office, Any], Any]:
    return lambda o, who: record_read_through([o.case.center], kind, DAY, by=By(who, NOW))


def rights_asked(office: Office, actor: User | None) -> AccountRequest:
    """Another role for the region's officer."""
    officer = office.region.officer
    wanted = rights_of(officer) | {"role": "auditor"}
    return ask_for("role", officer, wanted, reason="…", by=By(actor, NOW))


CALLS = [
    Call("import_centers", "a file of centres", file_of("centers")),
    Call("import_staff", "a file of staff", file_of("staff")),
    Call("undo_any_import", "the import of another officer", undo_of_another),
    Call("set_category", "a category in a file of staff", set_category),
    Call(
        "set_category",
        "a former category",
        lambda o, who: record_former_category(
            o.case.employee, "consultant", "…", DAY, document="…", by=By(who, NOW)
        ),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "open_cycle",
        "a cycle",
        lambda o, who: open_cycle(o.region.center, "N1", DAY, DAY, by=By(who, NOW)),
        elsewhere=HERE,
    ),
    Call("list_attestees", "a file of attestees", file_of("attestees", cycle="cycle"), elsewhere=HERE),
    Call(
        "list_attestees",
        "an attestee",
        lambda o, who: list_attestee(o.cycle, o.case.employee, "category", "consultant", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "list_attestees",
        "some attestees",
        lambda o, who: list_attestees(
            o.cycle, [Listing(o.case.employee_id, "category", "consultant")], by=By(who, NOW)
        ),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "list_attestees",
        "a list undone",
        lambda o, who: unlist([o.case.pk], job=1, reason="", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call("import_courses", "a file of courses", file_of("courses", cycle="cycle"), elsewhere=HERE),
    Call("admit", "admission", lambda o, who: admit_cycle(o.cycle, by=By(who, NOW)), elsewhere=HERE),
    Call("import_results", "a file of results", file_of("results", cycle="cycle"), elsewhere=HERE),
    Call(
        "import_results",
        "a result",
        lambda o, who: record_result(o.case, FACTS, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "import_results",
        "some results",
        lambda o, who: record_results({o.case.pk: FACTS}, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "import_results",
        "results undone",
        lambda o, who: take_back_results({o.result.pk: None}, job=1, reason="", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "publish_results",
        "publication",
        lambda o, who: publish_results(o.cycle, by=By(who, NOW)),
        elsewhere=HERE,
    ),
    Call(
        "correct_result",
        "a correction",
        lambda o, who: correct_result(o.case, FACTS, reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "propose_correction",
        "a correction after the final decision",
        lambda o, who: propose_correction(o.case, FACTS, reason="…", document="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "confirm_correction",
        "a correction confirmed",
        lambda o, who: confirm_correction(o.case, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "withdraw_correction",
        "a correction withdrawn",
        lambda o, who: withdraw_correction(o.case, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "record_correction_request",
        "a request for a correction",
        lambda o, who: record_correction_request(
            o.case, asked_on=NOW.date(), text="…", document="…", by=By(who, NOW)
        ),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "answer_correction_request",
        "a request for a correction answered",
        lambda o, who: answer_correction_request(o.case, "refused", reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "settle_ground",
        "what becomes of a case",
        lambda o, who: settle_ground(o.case, outcome="stands", reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "void_record",
        "a rating voided",
        lambda o, who: void_record("rating", o.rating_id, reason="…", document="…", by=By(who, NOW)),
        own=True,
        elsewhere="unknown_record",
    ),
    Call("import_ratings", "a file of ratings", file_of("ratings")),
    Call("import_ratings", "ratings read through", read_through("ratings"), elsewhere=HERE),
    Call("import_violations", "a file of violations", file_of("violations")),
    Call("import_violations", "violations read through", read_through("violations"), elsewhere=HERE),
    Call("score", "a score", lambda o, who: score(o.case, by=By(who, NOW)), own=True, elsewhere=HERE),
    Call(
        "rule_rating",
        "a ruling on row 2",
        lambda o, who: rule_rating(o.case, points=10, reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "close_sitting",
        "a ruling on row 2 as a sitting voted it",
        lambda o, who: rule_rating(o.case, points=10, reason="…", by=By(who, NOW), in_sitting=True),
        elsewhere=HERE,
    ),
    Call("file_appeal", "a file of appeals", file_of("appeals", cycle="cycle"), elsewhere=HERE),
    Call(
        "file_appeal",
        "an appeal",
        lambda o, who: file_appeal(
            o.case, filed_at=FILED, items=[(1, "…")], receipt_note="…", by=By(who, NOW)
        ),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "file_appeal",
        "an appeal on our own page",
        lambda o, who: require_filer(o.case, who),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "withdraw_appeal",
        "an appeal withdrawn",
        lambda o, who: withdraw(o.item.appeal, reason="…", wish=wish(NOW.date()), by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "withdraw_appeal",
        "a question withdrawn",
        lambda o, who: withdraw_item(o.item, reason="…", wish=wish(NOW.date()), by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call("rule_appeal", "a file of rulings", file_of("rulings")),
    Call(
        "rule_appeal",
        "a ruling on a question",
        lambda o, who: rule_item(o.item, ruling="reject", reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "mark_faulty",
        "a faulty question",
        lambda o, who: mark_faulty(o.cycle, "1", 1, reason="…", by=By(who, NOW)),
        elsewhere=HERE,
    ),
    Call(
        "keep_sitting",
        "a sitting planned",
        lambda o, who: plan_sitting(o.board.commission, starts_at=NOW, place="…", by=By(who, NOW)),
        elsewhere=SEAT,
    ),
    Call(
        "keep_sitting",
        "a sitting moved",
        lambda o, who: move_sitting(o.sitting, starts_at=NOW, place="…", by=By(who, NOW)),
        elsewhere=SEAT,
    ),
    Call(
        "keep_sitting",
        "a question put on an agenda",
        lambda o, who: put_on_agenda(o.sitting, item=o.item, by=By(who, NOW)),
        elsewhere=SEAT,
    ),
    Call(
        "keep_sitting",
        "a sitting opened",
        lambda o, who: open_sitting(o.sitting, by=By(who, NOW)),
        elsewhere=SEAT,
    ),
    Call(
        "keep_sitting",
        "attendance",
        lambda o, who: mark_attendance(o.sitting, [], by=By(who, NOW)),
        elsewhere=SEAT,
    ),
    Call(
        "keep_sitting",
        "an item counted",
        lambda o, who: count_item(o.line, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "keep_sitting",
        "an item sealed",
        lambda o, who: seal_item(o.line, reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "reopen_item",
        "an item reopened",
        lambda o, who: reopen_item(o.line, why="…", by=By(who, NOW)),
        elsewhere=CHAIR,
    ),
    Call(
        "close_sitting",
        "a sitting closed",
        lambda o, who: close_sitting(o.sitting, by=By(who, NOW)),
        elsewhere=CHAIR,
    ),
    Call(
        "vote",
        "a vote",
        lambda o, who: vote(o.line, "reject", by=By(who, NOW)),
        elsewhere=COMPOSITION,
    ),
    Call(
        "vote",
        "a statement of recusal",
        lambda o, who: recuse(o.region.appealed, reason="…", by=By(who, NOW)),
        elsewhere="nothing_to_recuse_from",
    ),
    Call(
        "record_dissent",
        "a dissent",
        lambda o, who: record_dissent(o.line, "…", by=By(who, NOW)),
        elsewhere=COMPOSITION,
    ),
    Call(
        "finalise",
        "a final decision",
        lambda o, who: finalise(o.case, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call("confirm_ready", "what waits", lambda o, who: confirm_ready(None, by=By(who, NOW))),
    Call(
        "record_outage",
        "an outage",
        lambda o, who: outages.record_outage(began_at=NOW, ended_at=None, reason="…", by=By(who, NOW)),
    ),
    Call(
        "record_outage",
        "the end of an outage",
        lambda o, who: outages.end_outage(o.outage, ended_at=NOW, by=By(who, NOW)),
    ),
    Call(
        "settle_outage",
        "a settlement",
        lambda o, who: outages.settle_outage(o.outage, extend=[], seen="", reason="…", by=By(who, NOW)),
    ),
    Call(
        "decide_term_change",
        "a shorter term accepted",
        lambda o, who: changes.accept_change(o.change, reason="…", by=By(who, NOW)),
        own=True,
    ),
    Call(
        "decide_term_change",
        "a shorter term declined",
        lambda o, who: changes.decline_change(o.change, reason="…", by=By(who, NOW)),
        own=True,
    ),
    Call(
        "move_stage",
        "another stage",
        lambda o, who: stage_moves.move_stage(o.cycle, LATER, reason="…", by=By(who, NOW)),
        elsewhere=HERE,
    ),
    Call(
        "prove_service",
        "a service",
        lambda o, who: proof_of_service.prove_service(o.case, o.result, SERVICE, by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "prove_service",
        "a letter that came back",
        lambda o, who: serve_letters.record_came_back(o.letter, note="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "prove_service",
        "what was told by hand",
        lambda o, who: serve_letters.record_told(o.letter, note="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "annul_decision",
        "an annulment",
        lambda o, who: annulment.annul_decision(o.case, DOCUMENT, by=By(who, NOW)),
        own=True,
    ),
    Call("retry_work", "a letter put off", lambda o, who: send_now.send_now(o.put_off, by=By(who, NOW))),
    Call("retry_work", "failed work", lambda o, who: work.retry_work(o.failure, by=By(who, NOW))),
    Call(
        "rehearse",
        "a rehearsal",
        # Refused for its days only after the right was asked for.
        lambda o, who: Rehearse().act(by=By(who, NOW), days=0, limit=1.0, csv=False),
    ),
    Call("keep_feed", "a feed", lambda o, who: feeds.make_feed(who, now=NOW)),
    Call("keep_feed", "a feed taken back", lambda o, who: feeds.revoke_feed(who, now=NOW)),
    Call(
        "close_consequence",
        "what the employer did",
        lambda o, who: close_consequence(o.consequence, text="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "close_attestation",
        "a case closed",
        lambda o, who: close_attestation(o.case, reason="…", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "record_absence",
        "an absence",
        lambda o, who: record_absence(o.case, "unexcused", by=By(who, NOW)),
        own=True,
        elsewhere=HERE,
    ),
    Call(
        "confirm_calendar",
        "a year confirmed",
        lambda o, who: confirm_calendar(2026, by=By(who, NOW)),
    ),
    Call("edit_calendar", "a year", lambda o, who: calendar.load_year(2026, by=By(who, NOW))),
    Call(
        "edit_calendar",
        "days off",
        lambda o, who: calendar.save_calendar_days(
            [calendar.DayChange(date(2026, 6, 1), "off")], source="…", by=By(who, NOW)
        ),
    ),
    Call("edit_calendar", "instants", lambda o, who: instants.realign([], by=By(who, NOW))),
    Call("edit_rule_sets", "a rule set", page("attestation_ruleset_add")),
    Call("edit_rule_sets", "rules of the commissions", page("appeals_commissionrules_add")),
    Call("edit_accounts", "an account", page("attestation_user_add")),
    Call(
        "edit_accounts",
        "an appointment",
        lambda o, who: appoint(o.region.officer, "member", o.region.center, DAY, by=By(who, NOW)),
    ),
    Call(
        "edit_accounts",
        "a release",
        lambda o, who: release(o.board.seat(o.board.chair), DAY, by=By(who, NOW)),
    ),
    Call("change_rights", "rights asked for", lambda o, who: rights_asked(o, who)),
    Call(
        "change_rights",
        "rights confirmed",
        lambda o, who: confirm_request(rights_asked(o, UserFactory()), by=By(who, NOW)),
    ),
    Call(
        "change_rights",
        "rights taken away",
        lambda o, who: take_rights(o.region.officer, "access", reason="…", by=By(who, NOW)),
    ),
    Call(
        "stop_account_request",
        "a request stopped",
        lambda o, who: stop_request(rights_asked(o, UserFactory()), reason="…", by=By(who, NOW)),
        elsewhere=HERE,
    ),
    Call("compare_decisions", "a file of decisions", file_of("decisions")),
    Call("export", "the staff as a file", page("attestation_employee_export", {}, "csv")),
]


def answer(call: Call, office: Office, actor: User | None) -> str:
    """What the actor is told: the code of the refusal, or "done"; whatever was done is taken back."""
    try:
        with transaction.atomic():
            call.do(office, actor)
            transaction.set_rollback(True)
    except Refused as refusal:
        return "no_permission" if refusal.code == "wrong_role" else str(refusal.code)
    except RuleRefusal:
        return "refused by a rule"
    except AssertionError:
        # A dissent is a person's; no door leads there for the system.
        assert actor is None
        assert call.act == "record_dissent"
        return "no_permission"
    return "done"


def made_once() -> Office:
    return make_office()


@pytest.fixture
def office(shared: Office) -> Office:
    """Everybody, and everything on record that the acts are about."""
    return shared


def test_every_act_of_the_table_has_a_call() -> None:
    assert {call.act for call in CALLS} == set(TABLE)
    assert len({(call.act, call.what) for call in CALLS}) == len(CALLS)


def test_each_service_turns_away_exactly_those_without_the_right(office: Office) -> None:
    wrong = []
    for call in CALLS:
        turned_away = {
            who for who, actor in office.people.items() if answer(call, office, actor) == "no_permission"
        }
        if turned_away != set(office.people) - allowed(call.act):
            wrong.append((call.act, call.what, sorted(turned_away)))
    assert wrong == []


def entitled(act: str, *roles: str) -> list[str]:
    """Those of the roles that may do the act."""
    return [role for role in roles if role in allowed(act)]


def test_nobody_does_it_to_themselves_f_a6(office: Office) -> None:
    """Of every role that may do the act, somebody whose own case it is."""
    told = {}
    for call in CALLS:
        for role in entitled(call.act, "administrator", "hr", "secretary", "chair", "member"):
            about = office.item.appeal.attestation if call.what in OF_THE_APPEALED else office.case
            owner = UserFactory(role=role, center=office.region.center, employee=about.employee)
            if call.own:
                told[call.act, call.what, role] = answer(call, office, owner)
            User.objects.filter(pk=owner.pk).update(employee=None)
    assert {key: code for key, code in told.items() if code != "own_record"} == {}
    assert len(told) > 30


OF_THE_APPEALED = {
    "an appeal withdrawn",
    "a question withdrawn",
    "a ruling on a question",
    "an item counted",
    "an item sealed",
}


def test_nobody_does_it_in_another_region_f_a1(office: Office) -> None:
    """Of every role that works in one region, somebody of another one."""
    there = CenterFactory()
    strangers = {
        "hr": UserFactory(role="hr", center=there),
        **{role: seated(role, there) for role in ("secretary", "chair", "member")},
    }
    told = {
        (call.act, call.what, role): (call.elsewhere, answer(call, office, strangers[role]))
        for call in CALLS
        if call.elsewhere
        for role in entitled(call.act, *strangers)
    }
    assert {key: codes for key, codes in told.items() if len(set(codes)) > 1} == {}
    assert len(told) > 40
