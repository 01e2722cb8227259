"""Whoever grants rights or makes a decision final shows once more who they are, after ten minutes."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import access, clock
from attestation.accounts import second_factor, sessions, tries
from attestation.admin import fields
from attestation.models import User
from attestation.refusals import Refused


class ProofForm(forms.Form):
    """The password, and the code where the account has a second factor."""

    password = fields.password(gettext_lazy("password"))
    code = fields.code(gettext_lazy("code"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self.request, self.user = request, access.actor_of(request)
        if not second_factor.is_enrolled(self.user):
            del self.fields["code"]

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        try:
            fits = proves(self.request, self.user, self.cleaned_data)
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        if not fits:
            raise forms.ValidationError(_("This was not right. Type it again."))


def proves(request: HttpRequest, user: User, said: dict[str, str]) -> bool:
    """Whether the password, and the code where one is asked for, are the account's. Raises Refused."""
    found = tries.log_in_fits(request, user.get_username(), said["password"], now=clock.now())
    if found is None or found.pk != user.pk:
        return False
    return "code" not in said or code_fits(request, user, said["code"])


def code_fits(request: HttpRequest, user: User, code: str) -> bool:
    """Whether it is the code of now; counted as a try. Raises Refused."""
    attempt = tries.attempt_of(request, user.get_username())
    return bool(tries.counted(attempt, lambda: second_factor.code_fits(user, code) or None, now=clock.now()))


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that asks, and back to this one; None where it was answered just now.

    The browser keeps what was typed (drafts.js): it is back in the form.
    """
    if sessions.is_fresh(request):
        return None
    return HttpResponseRedirect(f"{reverse('admin:prove')}?{urlencode({'next': request.get_full_path()})}")


def view(request: HttpRequest) -> HttpResponse:
    """The password once more, then back to where one was."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("admin:index")
    form = ProofForm(request)
    if form.is_valid():
        sessions.prove(request)
        return HttpResponseRedirect(back)
    context = {
        **admin.site.each_context(request),
        "title": _("Show once more who you are"),
        "explain": _("What comes next needs it, and your last login is more than ten minutes ago."),
        "form": form,
        "button": _("Continue"),
        "back": reverse("admin:index"),
        "media": form.media,
    }
    return TemplateResponse(request, "admin/plain_form.html", context, status=422 if form.errors else 200)
