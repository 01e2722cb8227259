"""Every address of the back office with a row behind it, and the people who ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver

from attestation.admin.actions import actions_on
from attestation.admin.base import visible
from attestation.intake.spec import kinds
from attestation.models import ImportJob, JobRun, ReadyEffect, User, WorkFailure
from tests.attestation.admin_cast import SCREEN_LISTS, client_of, export_address, url
from tests.factories import EmployeeFactory
from tests.siblings_cast import decided, violate
from tests.tables.office_cast import NOW
from tests.tables.test_triggers import Record, make_record

PAGES = ("list", "add", "record", "journal", "delete")
NAMES = {"list": "changelist", "add": "add", "record": "change", "journal": "history", "delete": "delete"}
KINDS = (*(kind.name for kind in kinds()), "nothing")
Address = tuple[str, str]
# Every page with a text of more than a line, and whom the browser's test of kept texts lets type into it.
TEXT_FORMS = {
    "appeals_agendaitem do dissent": "member",
    "appeals_agendaitem do recuse": "member",
    "appeals_agendaitem do reopen": "chair",
    "appeals_agendaitem do seal": "secretary",
    "appeals_appeal do withdraw": "hr",
    "appeals_appealitem do rule": "secretary",
    "appeals_appealitem do withdraw": "hr",
    "appeals_differingruling do leave": "chair",
    "appeals_faultyquestion add": "chair",
    "appeals_sitting do recuse": "member",
    "appeals_membership add": "administrator",
    "attestation_accountrequest do stop": "administrator",
    "attestation_attestation do annul": "administrator",
    "attestation_attestation do answer-correction-request": "administrator",
    "attestation_attestation do ask-correction": "hr",
    "attestation_attestation do close": "hr",
    "attestation_attestation do correct-result": "hr",
    "attestation_attestation do file-appeal": "hr",
    "attestation_attestation do propose-correction": "hr",
    "attestation_attestation do prove-service": "hr",
    "attestation_attestation do record-absence": "hr",
    "attestation_attestation do rule-rating": "chair",
    "attestation_attestation do settle-ground": "administrator",
    "attestation_consequence do done": "hr",
    "attestation_cycle do stage": "hr",
    "attestation_notice do came-back": "hr",
    "attestation_notice do served": "hr",
    "attestation_notice do told": "hr",
    "attestation_outage add": "administrator",
    "attestation_outage do settle": "administrator",
    "attestation_ruleset add": "administrator",
    "attestation_ruleset record": "administrator",
    "attestation_termchange do accept": "administrator",
    "attestation_termchange do decline": "administrator",
    "attestation_user add": "administrator",
    "attestation_user do address": "administrator",
    "attestation_user do ask-link": "administrator",
    "attestation_user do rights": "administrator",
    "attestation_user do second-factor": "administrator",
    "attestation_user do take": "administrator",
    "scoring_heldrow do rule-rating": "chair",
    "scoring_rating do void": "hr",
    "scoring_violation do void": "hr",
}


def make_everything() -> Record:
    """The record, with a row in the tables that no trigger stands on either."""
    record = make_record()
    office = record.office
    violate(office.case)
    decided(90, "4", employee=EmployeeFactory(center=office.region.career))
    JobRun.objects.get_or_create(name="sweep")
    WorkFailure.objects.update(attestation=office.case)
    if not ReadyEffect.objects.exists():
        ReadyEffect.objects.create(key="x", act="finalise", attestation=office.case, ready_at=NOW)
    return record


def job_of(user: User, kind: str) -> ImportJob:
    """A file that the user has uploaded and not confirmed."""
    columns = {"header": ["iin"], "places": {"iin": 0}}
    return ImportJob.objects.create(
        kind=kind,
        filename="f.csv",
        sha256="0" * 64,
        actor=user,
        columns=columns,
        options={"summary": {"centers": []}, "sight": {}},
        created_at=NOW,
    )


def name_of(model: type[Model]) -> str:
    """How the addresses of a table begin."""
    return f"{model._meta.app_label}_{model._meta.model_name}"


def row_of(model: type[Model], record: Record) -> Any:
    """The first row that the region's officer sees; where the officer sees none, the first one."""
    rows = model._default_manager.order_by("pk")
    seen = visible(record.office.region.officer, rows).first()
    return seen or rows.first()


def addresses(record: Record) -> dict[str, Address]:
    """By the name that the table of statuses gives them: how each is asked for, and where."""
    found: dict[str, Address] = {}
    for model, page in admin.site._registry.items():
        name, row = name_of(model), row_of(model, record)
        assert row is not None, f"the record has no row in {name}"
        for title in PAGES:
            args = () if title in ("list", "add") else (row.pk,)
            found[f"{name} {title}"] = ("GET", url(f"{name}_{NAMES[title]}", *args))
        if hasattr(page, "action_view"):
            for act in actions_on(model):
                found[f"{name} do {act.slug}"] = ("GET", url(f"{name}_act", row.pk, act.slug))
    return found | others(record)


def others(record: Record) -> dict[str, Address]:
    """The addresses that belong to no table, or to one alone."""
    office = record.office
    paper = office.item.appeal.attachments.get()
    sitting, outage = office.sitting.pk, office.outage.pk
    job = ImportJob.objects.order_by("pk").first()
    assert job is not None
    choices = "?app_label=attestation&model_name=user&field_name=employee"
    plain = [
        "index",
        "registers",
        "health",
        "rehearsal",
        "search",
        "jsi18n",
        "login",
        "logout",
        "password_change",
        "own_address",
    ]
    plain += ["password_change_done", "attestation_deadline_board", "attestation_deadline_feed"]
    plain += ["attestation_deadline_plot", "attestation_notice_mine", "appeals_sitting_queue"]
    plain += ["appeals_faultyquestion_health", "login_code", "account", "second_factor", "prove"]
    return {
        **{name: ("GET", url(name)) for name in plain},
        **{f"upload {kind}": ("GET", url("attestation_importjob_upload", kind)) for kind in KINDS},
        **{f"template {kind}": ("GET", url("attestation_importjob_template", kind)) for kind in KINDS},
        **{f"export {kind}": ("POST", export_address(kind, office.cycle.pk)) for kind in KINDS},
        **{f"export list {name}": ("POST", url(f"{name}_export", "csv")) for name in SCREEN_LISTS},
        "app_list": ("GET", url("app_list", "attestation")),
        "autocomplete": ("POST", url("autocomplete") + choices),
        "view_on_site": ("GET", url("view_on_site", 1, 1)),
        "attestation_importjob_differences": ("GET", url("attestation_importjob_differences", job.pk)),
        "attestation_importjob_failed": ("GET", url("attestation_importjob_failed", job.pk)),
        "attestation_notice_read": ("POST", url("attestation_notice_read")),
        "attestation_outage_terms": ("GET", url("attestation_outage_terms", outage)),
        "appeals_appeal_paper": ("GET", url("appeals_appeal_paper", paper.appeal_id, paper.pk)),
        "appeals_sitting_minutes": ("GET", url("appeals_sitting_minutes", sitting)),
        "appeals_sitting_names": ("POST", url("appeals_sitting_names", sitting)),
    }


def names_of_urls(patterns: Iterable[URLPattern | URLResolver] | None = None) -> set[str]:
    """The name of every address of the admin."""
    found: set[str] = set()
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            found |= names_of_urls(pattern.url_patterns)
        elif pattern.name:
            found.add(pattern.name)
    return found


def asked(client: Client, address: Address) -> tuple[int, bool]:
    """The status of the answer, and whether a text of more than a line can be typed there."""
    method, path = address
    answer = client.get(path) if method == "GET" else client.post(path, {})
    return int(answer.status_code), not answer.streaming and b"<textarea" in answer.content


def at_the_screen(record: Record, role: str) -> Client:
    """Somebody of the role; whoever votes has read the names of the agenda."""
    user = record.office.people[role]
    assert user is not None
    client = client_of(user)
    if role in ("chair", "member"):
        sitting = record.office.sitting.pk
        seen = client.get(url("appeals_sitting_change", sitting)).context["names_key"]
        client.post(url("appeals_sitting_names", sitting), {"seen": seen})
    return client
