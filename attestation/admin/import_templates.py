"""The templates of files: who may have one, where it is, for the people of which cycle."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from attestation import access, clock, journal
from attestation.admin.base import by_of, visible
from attestation.admin.files import download
from attestation.by import By
from attestation.intake.spec import KINDS, Context, ImportKind
from attestation.models import Cycle, User
from attestation.refusals import Refused


def template_view(request: HttpRequest, kind: str) -> HttpResponse:
    """A file of the kind to be filled in; that of a cycle with its people."""
    found, context = file_of(request, kind)
    if context.cycle is not None:
        people = found.resource().template_people(context).count()
        record_export(found, context, rows=people, form="template")
    from attestation.intake.template_file import template

    return download(template(found, context), f"{kind}.xlsx")


def file_of(request: HttpRequest, kind: str) -> tuple[ImportKind, Context]:
    """The kind of file of that name and, where it needs one, the cycle that the link speaks of.

    Raises Http404 and PermissionDenied, also for who may not bring such a file in for the cycle.
    """
    found = kind_for(request, kind)
    if not found.resource.writes:
        raise Http404
    context = Context(by_of(request), asked_cycle(request) if found.resource.needs_cycle else None)
    if context.cycle is not None:
        try:
            found.resource().check_access(context)
        except Refused as refusal:
            raise PermissionDenied from refusal
    return found, context


def may_bring_in(user: User, kind: ImportKind, cycle: Cycle) -> bool:
    """Whether such a file for this cycle is the person's: a career centre's officer none of the parent's."""
    if not access.may(user, kind.right):
        return False
    try:
        kind.resource().check_access(Context(By(user, clock.now()), cycle))
    except Refused:
        return False
    return True


def record_export(kind: ImportKind, context: Context, **what: Any) -> None:
    """Put down that people's data went out in a file, and of which cycle."""
    cycle = {"cycle": context.cycle.code} if context.cycle else {}
    journal.record("export", by=context.by, subject=kind.name, data=what | cycle)


def kind_for(request: HttpRequest, name: str) -> ImportKind:
    """The kind of file of that name, for whoever may bring it in; raises Http404 and PermissionDenied."""
    if name not in KINDS:
        raise Http404
    if not access.may(request.user, KINDS[name].right):
        raise PermissionDenied
    return KINDS[name]


def asked_cycle(request: HttpRequest) -> Cycle | None:
    """The cycle that the link speaks of, where this person sees it."""
    cycle = request.GET.get("cycle") or request.GET.get("for") or ""
    return visible(request.user, Cycle.objects.filter(pk=int(cycle))).first() if cycle.isdigit() else None


def template_url(kind: str, cycle: Cycle | None) -> str:
    """Where the template of the kind is, for the people of the cycle where there is one."""
    return reverse("admin:attestation_importjob_template", args=(kind,)) + query_of(kind, cycle)


def query_of(kind: str, cycle: Cycle | None) -> str:
    """What the address of a file of the kind says of the cycle."""
    return f"?{urlencode({'cycle': cycle.pk})}" if cycle and KINDS[kind].resource.needs_cycle else ""
