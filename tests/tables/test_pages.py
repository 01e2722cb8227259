"""Every address of the back office × every role → the one status it answers with, written out by hand.

200: the page. 403: not for this role. 302 for a record: there is none in sight, in the same words as for one
that does not exist. Rows are of the officer's own region; what is of another one, `test_admin_scope` asks.
"""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin

from attestation.admin.actions import actions_on
from attestation.models import ImportJob, ViewEntry
from tests.attestation.admin_cast import EXPORTED_LISTS, SCREEN_LISTS, at, client_of, url
from tests.factories import UserFactory
from tests.tables.office_cast import NOW
from tests.tables.page_cast import (
    NAMES,
    TEXT_FORMS,
    Record,
    addresses,
    asked,
    at_the_screen,
    job_of,
    make_everything,
    name_of,
    names_of_urls,
)

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frame_once")]

ROLES = ("administrator", "auditor", "hr", "secretary", "chair", "member")
# For each table: its list, the page to add, a record, the record's journal, and each act on it.
TABLES = """
                                                  administrator auditor  hr secretary chair member
attestation_user           list record                      200     200 403       403   403    403
attestation_user           add                              200     403 403       403   403    403
attestation_user           journal                          200     200 302       302   302    302
attestation_user           do send-link                     200     403 302       302   302    302
attestation_user           do end-sessions                  200     403 302       302   302    302
attestation_user           do unlock                        200     403 302       302   302    302
attestation_user           do rights                        200     403 302       302   302    302
attestation_user           do take                          200     403 302       302   302    302
attestation_user           do ask-link                      200     403 302       302   302    302
attestation_user           do address                       200     403 302       302   302    302
attestation_user           do second-factor                 200     403 302       302   302    302
attestation_accountrequest list                             200     200 200       200   200    200
attestation_accountrequest add                              403     403 403       403   403    403
attestation_accountrequest record journal                   200     200 200       302   302    302
attestation_accountrequest do confirm                       200     403 403       302   302    302
attestation_accountrequest do stop                          200     200 200       302   302    302
attestation_attestation    list record journal              200     200 200       200   200    200
attestation_attestation    add                              403     403 403       403   403    403
attestation_attestation    do rule-rating                   403     403 403       403   200    403
attestation_attestation    do file-appeal                   200     403 200       200   403    403
attestation_attestation    do score                         200     403 200       200   200    403
attestation_attestation    do finalise                      200     403 403       200   200    403
attestation_attestation    do record-absence                200     403 200       403   403    403
attestation_attestation    do correct-result                200     403 200       403   403    403
attestation_attestation    do propose-correction           200     403 200       403   200    403
attestation_attestation    do confirm-correction           200     403 403       403   200    403
attestation_attestation    do withdraw-correction          200     403 200       403   200    403
attestation_attestation    do ask-correction               200     403 200       403   200    403
attestation_attestation    do answer-correction-request    200     403 403       403   200    403
attestation_attestation    do settle-ground                200     403 403       403   200    403
attestation_attestation    do prove-service                 200     403 200       403   403    403
attestation_attestation    do close                         200     403 200       403   403    403
attestation_attestation    do annul                         200     403 403       403   403    403
attestation_result         list record journal              200     200 200       200   200    200
attestation_result         add                              403     403 403       403   403    403
attestation_decision       list record journal              200     200 200       200   200    200
attestation_decision       add                              403     403 403       403   403    403
attestation_consequence    list record journal              200     200 200       200   200    200
attestation_consequence    add                              403     403 403       403   403    403
attestation_consequence    do done                          200     403 200       403   403    403
attestation_journalentry   list record journal              200     200 200       200   200    403
attestation_journalentry   add                              403     403 403       403   403    403
attestation_viewentry      list record                      200     200 403       403   403    403
attestation_viewentry      journal                          200     200 302       403   403    403
attestation_viewentry      add                              403     403 403       403   403    403
attestation_jobrun         list record                      200     200 403       403   403    403
attestation_jobrun         add                              403     403 403       403   403    403
attestation_jobrun         journal                          200     200 302       403   403    403
attestation_workfailure    list record journal              200     200 200       403   403    403
attestation_workfailure    add                              403     403 403       403   403    403
attestation_workfailure    do retry                         200     403 403       302   302    302
attestation_calendaryear   list record journal              200     200 200       200   200    200
attestation_calendaryear   add                              403     403 403       403   403    403
attestation_calendaryear   do confirm                       200     403 403       403   403    403
attestation_calendaryear   do transfer                      200     403 403       403   403    403
attestation_calendaryear   do remove                        200     403 403       403   403    403
attestation_calendaryear   do next                          200     403 403       403   403    403
attestation_calendarday    list record journal              200     200 200       200   200    200
attestation_calendarday    add                              403     403 403       403   403    403
attestation_region         list record journal              200     200 200       200   200    200
attestation_region         add                              403     403 403       403   403    403
attestation_center         list record journal              200     200 200       200   200    200
attestation_center         add                              200     403 403       403   403    403
attestation_importjob      list record journal              200     200 200       403   403    403
attestation_importjob      add                              200     403 200       200   200    403
attestation_importjob      do confirm                       403     403 200       302   302    302
attestation_importjob      do cancel                        403     403 200       302   302    302
attestation_importjob      do columns                       403     403 200       302   302    302
attestation_importjob      do words                         403     403 200       302   302    302
attestation_importjob      do sheet                         403     403 200       302   302    302
attestation_importjob      do forget                        403     403 200       302   302    302
attestation_importjob      do as-meant                      403     403 200       302   302    302
attestation_importjob      do undo                          200     403 200       302   302    302
attestation_cycle          list record journal              200     200 200       200   200    200
attestation_cycle          add                              200     403 200       403   403    403
attestation_cycle          do list                          200     403 200       403   403    403
attestation_cycle          do admit                         200     403 200       403   403    403
attestation_cycle          do publish                       200     403 200       403   403    403
attestation_cycle          do stage                         200     403 200       403   403    403
attestation_groundmark     list record journal              200     200 200       200   200    403
attestation_groundmark     add                              403     403 403       403   403    403
attestation_readyeffect    list record journal              200     200 200       200   200    403
attestation_readyeffect    add                              403     403 403       403   403    403
attestation_deadline       list record journal              200     200 200       200   200    200
attestation_deadline       add                              403     403 403       403   403    403
attestation_notice         list record journal              200     200 200       403   403    403
attestation_notice         add                              403     403 403       403   403    403
attestation_notice         do served                        200     403 200       302   302    302
attestation_notice         do told                          200     403 200       302   302    302
attestation_notice         do came-back                     200     403 200       302   302    302
attestation_notice         do send-now                      200     403 403       302   302    302
attestation_outage         list record journal              200     200 200       200   200    403
attestation_outage         add                              200     403 403       403   403    403
attestation_outage         do end                           200     403 403       403   403    302
attestation_outage         do settle                        200     403 403       403   403    302
attestation_proofofservice list record journal              200     200 200       403   403    403
attestation_proofofservice add                              403     403 403       403   403    403
attestation_annulment      list record journal              200     200 200       200   200    403
attestation_annulment      add                              403     403 403       403   403    403
attestation_correction     list record journal              200     200 200       200   200    403
attestation_correction     add                              403     403 403       403   403    403
attestation_correctionrequest list record journal          200     200 200       200   200    403
attestation_correctionrequest add                          403     403 403       403   403    403
attestation_employee       list record journal              200     200 200       200   200    403
attestation_employee       do former-category               200     403 200       403   403    302
attestation_employee       add                              200     403 200       403   403    403
attestation_ruleset        list record journal              200     200 200       200   200    200
attestation_ruleset        add                              200     403 403       403   403    403
attestation_termchange     list record journal              200     200 200       403   403    403
attestation_termchange     add                              403     403 403       403   403    403
attestation_termchange     do accept                        200     403 403       302   302    302
attestation_termchange     do decline                       200     403 403       302   302    302
scoring_assessment         list record journal              200     200 200       200   200    200
scoring_assessment         add                              403     403 403       403   403    403
scoring_rating             list record journal              200     200 200       200   200    403
scoring_rating             add                              403     403 403       403   403    403
scoring_heldrow            list journal                     403     403 403       403   302    403
scoring_heldrow            add                              403     403 403       403   403    403
scoring_heldrow            record                           403     403 403       403   200    403
scoring_heldrow            do rule-rating                   302     302 302       302   200    302
scoring_rating             do void                          200     403 200       403   200    302
scoring_violation          list record journal              200     200 200       200   200    403
scoring_violation          add                              403     403 403       403   403    403
scoring_violation          do void                          200     403 200       403   200    302
scoring_readthrough        list record journal              200     200 200       200   200    200
scoring_readthrough        add                              403     403 403       403   403    403
scoring_ratingruling       list record journal              200     200 200       200   200    200
scoring_ratingruling       add                              403     403 403       403   403    403
appeals_sitting            list                             200     200 403       200   200    200
appeals_sitting            add                              403     403 403       200   403    403
appeals_sitting            record                           200     200 302       200   200    200
appeals_sitting            journal                          302     302 302       302   302    302
appeals_sitting            do agenda                        403     403 302       200   403    403
appeals_sitting            do open                          403     403 302       200   403    403
appeals_sitting            do move                          403     403 302       200   403    403
appeals_sitting            do attendance                    403     403 302       200   403    403
appeals_sitting            do recuse                        403     403 302       403   200    200
appeals_sitting            do close                         403     403 302       403   200    403
appeals_agendaitem         list                             200     200 403       200   200    200
appeals_agendaitem         add                              403     403 403       403   403    403
appeals_agendaitem         record                           200     200 302       200   200    200
appeals_agendaitem         journal                          302     302 302       302   302    302
appeals_agendaitem         do vote                          403     403 302       403   200    200
appeals_agendaitem         do recuse                        403     403 302       403   200    200
appeals_agendaitem         do count                         403     403 302       200   403    403
appeals_agendaitem         do seal                          403     403 302       200   403    403
appeals_agendaitem         do reopen                       403     403 302       403   200    403
appeals_agendaitem         do dissent                       403     403 302       200   200    200
appeals_commissionrules    list record journal              200     200 200       200   200    200
appeals_commissionrules    add                              200     403 403       403   403    403
appeals_commission         list record journal              200     200 200       200   200    200
appeals_commission         add                              403     403 403       403   403    403
appeals_membership         list record journal              200     200 200       200   200    200
appeals_membership         add                              200     403 403       403   403    403
appeals_membership         do release                       200     403 403       403   403    403
appeals_faultyquestion     list record journal              200     200 200       200   200    200
appeals_faultyquestion     add                              403     403 403       403   200    403
appeals_appeal             list                             200     200 200       200   200    200
appeals_appeal             record journal                   200     200 200       200   302    302
appeals_differingruling    list                             200     200 403       200   200    200
appeals_differingruling    add                              403     403 403       403   403    403
appeals_differingruling    record                           200     200 403       200   200    200
appeals_differingruling    journal                          200     200 403       200   200    200
appeals_differingruling    do leave                         403     403 302       403   200    403
appeals_appeal             add                              403     403 403       403   403    403
appeals_appeal             do withdraw                      200     403 200       200   302    302
appeals_appealitem         list                             200     200 200       200   200    200
appeals_appealitem         journal                          200     200 200       200   302    302
appeals_appealitem         add                              403     403 403       403   403    403
appeals_appealitem         record                           302     302 302       302   200    200
appeals_appealitem         do rule                          403     403 403       200   200    403
appeals_appealitem         do withdraw                      200     403 200       200   403    403
"""
# The other addresses. Nothing is offered or taken by GET that changes anything; three are asked by POST.
OTHERS = """
                                                  administrator auditor  hr secretary chair member
index                                                       200     200 200       200   200    200
login_code                                                  302     302 302       302   302    302
account                                                     200     200 200       200   200    200
second_factor                                               200     200 200       200   200    200
prove                                                       200     200 200       200   200    200
registers                                                   200     200 200       200   200    200
health                                                      200     200 403       403   403    403
rehearsal                                                   200     200 200       200   200    403
search                                                      200     200 200       200   200    200
jsi18n                                                      200     200 200       200   200    200
login                                                       302     302 302       302   302    302
logout                                                      405     405 405       405   405    405
password_change                                             200     200 200       200   200    200
password_change_done                                        200     200 200       200   200    200
own_address                                                 200     200 200       200   200    200
attestation_deadline_board                                  200     200 200       200   200    200
attestation_deadline_feed                                   200     200 200       200   200    200
attestation_deadline_plot                                   200     200 200       200   200    200
attestation_notice_mine                                     200     200 200       200   200    200
appeals_faultyquestion_health                               200     200 200       200   200    200
appeals_sitting_queue                                       200     200 403       200   200    200
upload centers                                              200     403 403       403   403    403
upload staff                                                200     403 200       403   403    403
upload attestees                                            200     403 200       403   403    403
upload courses                                              200     403 200       403   403    403
upload results                                              200     403 200       403   403    403
upload ratings                                              200     403 200       403   403    403
upload violations                                           200     403 200       403   403    403
upload appeals                                              200     403 200       200   403    403
upload rulings                                              403     403 403       200   200    403
upload decisions                                            200     200 200       403   403    403
upload nothing                                              404     404 404       404   404    404
template centers                                            200     403 403       403   403    403
template staff                                              200     403 200       403   403    403
template attestees                                          200     403 200       403   403    403
template courses                                            200     403 200       403   403    403
template results                                            200     403 200       403   403    403
template ratings                                            200     403 200       403   403    403
template violations                                         200     403 200       403   403    403
template appeals                                            200     403 200       200   403    403
template rulings                                            403     403 403       200   200    403
template decisions                                          404     404 404       403   403    403
template nothing                                            404     404 404       404   404    404
export centers                                              200     403 403       403   403    403
export staff                                                200     200 200       403   403    403
export attestees                                            200     403 200       403   403    403
export courses                                              200     403 200       403   403    403
export results                                              200     403 200       403   403    403
export ratings                                              200     403 200       403   403    403
export violations                                           200     403 200       403   403    403
export appeals                                              200     403 200       200   403    403
export rulings                                              403     403 403       200   200    403
export decisions                                            404     404 404       403   403    403
export nothing                                              404     404 404       404   404    404
export list attestation_attestation                         200     200 200       403   403    403
export list attestation_decision                            200     200 200       403   403    403
export list attestation_journalentry                        200     200 200       403   403    403
export list attestation_viewentry                           200     200 403       403   403    403
app_list                                                    302     302 302       302   302    302
autocomplete                                                200     200 200       200   200    403
view_on_site                                                404     404 404       404   404    404
attestation_importjob_differences                           302     302 302       302   302    302
attestation_importjob_failed                                200     200 200       302   302    302
attestation_notice_read                                     302     302 302       302   302    302
attestation_outage_terms                                    200     200 200       200   200    403
appeals_appeal_paper                                        302     302 302       302   302    302
appeals_sitting_minutes                                     200     200 302       200   200    200
appeals_sitting_names                                       302     302 302       302   302    302
"""
MORE_THAN_A_PAGE = {"list", "add", "record", "journal"}


def read_tables() -> dict[str, tuple[int, ...]]:
    """The two tables above, one line a page."""
    found: dict[str, tuple[int, ...]] = {}
    for line in TABLES.strip().splitlines()[1:]:
        name, *words = line.split()
        pages, statuses = words[:-6], tuple(int(word) for word in words[-6:])
        for page in [" ".join(pages)] if pages[0] == "do" else pages:
            found[f"{name} {page}"] = statuses
    for line in OTHERS.strip().splitlines()[1:]:
        words = line.split()
        found[" ".join(words[:-6])] = tuple(int(word) for word in words[-6:])
    return found


STATUSES = read_tables()


def made_once() -> Record:
    record = make_everything()
    job_of(record.office.region.officer, "staff")
    return record


@pytest.fixture
def record(at: Any, shared: Record) -> Record:
    """Something of everything; the officer has uploaded a file."""
    at(NOW)
    return shared


def rows_of_everything() -> dict[str, int]:
    """How many rows each of our tables has; the log of views, which reading fills, has tests of its own."""
    ours = [
        model
        for app in ("attestation", "appeals", "scoring")
        for model in apps.get_app_config(app).get_models()
        if model is not ViewEntry
    ]
    return {model._meta.label: model._default_manager.count() for model in ours}


def test_every_address_stands_in_the_tables(record: Record) -> None:
    """A new page, act or kind of file without a row fails, and so does a row whose page is gone."""
    asked_for = {name for name in addresses(record) if not name.endswith(" delete")}
    assert asked_for == set(STATUSES)
    of_tables = {
        f"{name_of(model)}_{end}" for model in admin.site._registry for end in [*NAMES.values(), "act"]
    }
    alone = {name for name in STATUSES if " " not in name}
    assert names_of_urls() - of_tables == {
        *alone,
        "attestation_importjob_upload",
        "attestation_importjob_template",
        "attestation_importjob_export",
        *(f"{name}_export" for name in (*EXPORTED_LISTS.values(), *SCREEN_LISTS)),
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_page_answers_the_role_as_the_table_says(role: str, record: Record) -> None:
    """And reading changes nothing: the files that go out are put down in the journal, once each."""
    client = at_the_screen(record, role)
    before = rows_of_everything()
    place = ROLES.index(role)
    found = {
        name: asked(client, address)
        for name, address in addresses(record).items()
        if not name.endswith(" delete")
    }
    wanted = {name: statuses[place] for name, statuses in STATUSES.items()}
    statuses = {name: status for name, (status, _text) in found.items()}
    assert {name: (statuses[name], wanted[name]) for name in wanted if statuses[name] != wanted[name]} == {}
    # tests/browser/test_drafts.py shows of each that its text outlives the session.
    assert {name for name, (_status, text) in found.items() if text} <= set(TEXT_FORMS)
    exported = [name for name in wanted if name.startswith("export ") and wanted[name] == 200]
    before["attestation.JournalEntry"] += len(exported)
    assert rows_of_everything() == before


def test_every_act_that_asks_for_a_text_is_among_the_forms_that_keep_one() -> None:
    """Also where its page shows the text to nobody in the rows that these tables are asked with."""
    asking = {
        f"{name_of(model)} do {act.slug}"
        for model in admin.site._registry
        for act in actions_on(model)
        if any(isinstance(field.widget, forms.Textarea) for field in act.form.base_fields.values())
    }
    assert asking <= set(TEXT_FORMS)


@pytest.mark.parametrize("who", ["nobody", "without a role", "switched off"])
def test_whoever_has_no_role_is_sent_to_the_login(who: str, record: Record, client: Any) -> None:
    if who != "nobody":
        user = record.office.people[who]
        assert user is not None
        client = client_of(user)
    open_to_all = {"login": 200}
    for name, (method, path) in addresses(record).items():
        answer = client.get(path) if method == "GET" else client.post(path, {})
        assert answer.status_code == open_to_all.get(name, 302), name
        if answer.status_code == 302:
            assert answer.url.startswith(url("index" if name == "logout" else "login")), name


def test_no_page_deletes_a_record(record: Record) -> None:
    """Not for the administrator and not for a superuser, who have every other right there is."""
    for user in (record.office.people["administrator"], UserFactory(is_superuser=True)):
        assert user is not None
        client, before = client_of(user), rows_of_everything()
        for name, (_method, path) in addresses(record).items():
            if name.endswith(" delete"):
                assert client.get(path).status_code == 403, name
                assert client.post(path, {"post": "yes"}).status_code == 403, name
        assert rows_of_everything() == before


def test_an_auditor_changes_nothing_f_a9(record: Record) -> None:
    """Every page to add, every act and every upload, by POST; a file of decisions is only compared."""
    client = at_the_screen(record, "auditor")
    before = rows_of_everything()
    answers = {
        name: client.post(path, {"reason": "х", "points": "10", "choice": "reject"}).status_code
        for name, (_method, path) in addresses(record).items()
        if " do " in name or name.endswith(" add") or name.startswith("upload ")
        # The one act of an auditor: to stop what an administrator asks for an account.
        if name != "attestation_accountrequest do stop"
    }
    assert {name: status for name, status in answers.items() if status != 403} == {
        "upload nothing": 404,
        "upload decisions": 422,
        # The chair alone sees held rows there.
        "scoring_heldrow do rule-rating": 302,
    }
    assert rows_of_everything() == before


@pytest.mark.parametrize(
    ("role", "kind"), [("secretary", "appeals"), ("secretary", "rulings"), ("chair", "rulings")]
)
def test_the_commission_sees_its_own_upload_through(role: str, kind: str, record: Record) -> None:
    """The list of uploads is the office's; a secretary or a chair reaches their own one by its page."""
    user = record.office.people[role]
    assert user is not None
    job, client = job_of(user, kind), at_the_screen(record, role)
    for name, args in (("change", ()), ("history", ()), ("failed", ()), ("act", ("confirm",))):
        assert client.get(url(f"attestation_importjob_{name}", job.pk, *args)).status_code == 200, name
    others = ImportJob.objects.exclude(actor=user).get()
    assert client.get(url("attestation_importjob_change", others.pk)).status_code == 403
