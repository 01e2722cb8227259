"""My account: where one is logged in, and one's second factor."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import access
from attestation.accounts import second_factor, sessions
from attestation.admin import fields
from attestation.admin.base import by_of
from attestation.admin.login_pages import enrol, shown_until_used
from attestation.admin.proof import ProofForm
from attestation.refusals import Refused


def view(request: HttpRequest) -> HttpResponse:
    """The sessions that are open; POST ends all but this one."""
    if request.method == "POST":
        sessions.end_others(request, by=by_of(request))
        messages.success(request, _("All other sessions are ended, and no other device is known any more."))
        return HttpResponseRedirect(reverse("admin:account"))
    context = {
        **admin.site.each_context(request),
        "title": _("My account"),
        "sessions": sessions.open_sessions(request),
        "enrolled": second_factor.is_enrolled(access.actor_of(request)),
    }
    return TemplateResponse(request, "admin/account.html", context)


class FactorForm(ProofForm):
    """The first code of the new device, and who asks for it."""

    new_code = fields.code(gettext_lazy("code of the new device"))


def second_factor_view(request: HttpRequest) -> HttpResponse:
    """Set up one's second factor, or another in its place: with the password and the code of the old one."""
    form, user = FactorForm(request), access.actor_of(request)
    if form.is_valid():
        try:
            enrol(request, user, form.cleaned_data["new_code"], by=by_of(request))
        except Refused as refusal:
            form.add_error("new_code", refusal.message)
        else:
            messages.success(request, _("The second factor is set up. Its code is asked for at each login."))
            return HttpResponseRedirect(reverse("admin:account"))
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "form": form,
        **shown_until_used(request, user),
    }
    return TemplateResponse(request, "admin/second_factor.html", context, status=422 if form.errors else 200)
