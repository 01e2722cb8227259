"""The health page: for administrators, and for the auditor to read."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from attestation import access, clock
from attestation.admin.base import ADMINISTRATION
from office.health import health
from office.health.line import BAD, GOOD, WAIT, worst

ICONS = {GOOD: "check_circle", WAIT: "schedule", BAD: "error"}
WORDS = {
    GOOD: gettext_lazy("in order"),
    WAIT: gettext_lazy("to be looked at"),
    BAD: gettext_lazy("act now"),
}
HEADLINES = {
    GOOD: gettext_lazy("Everything works"),
    WAIT: gettext_lazy("Works; something is to be looked at"),
    BAD: gettext_lazy("Something does not work"),
}


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    """Only reads; each line with its sign in words as well, for those who do not see colours."""
    if access.role_of(request.user) not in ADMINISTRATION:
        raise PermissionDenied
    now = clock.now()
    found = health.lines(now)
    tone = worst(found)
    context = {
        **admin.site.each_context(request),
        "title": _("Health of the system"),
        "now": now,
        "tone": tone,
        "icon": ICONS[tone],
        "headline": HEADLINES[tone],
        "rows": [(line, ICONS[line.tone], WORDS[line.tone]) for line in found],
    }
    return TemplateResponse(request, "admin/health.html", context)
