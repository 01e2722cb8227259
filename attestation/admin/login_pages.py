"""The login: the password, then the code or the setting up of a second factor; only then a session begins."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_totp.models import TOTPDevice

from attestation import clock
from attestation.accounts import second_factor, sessions
from attestation.admin import fields
from attestation.admin.proof import code_fits
from attestation.by import By
from attestation.models import User
from attestation.refusals import Refused

HALF, NEW = "_half_logged_in", "_new_device"
HALF_FOR = 10 * 60  # seconds between the password and the code


class CodeForm(forms.Form):
    """Six digits."""

    code = fields.code(gettext_lazy("code"))


class Login(LoginView):
    """Django's page; whoever has or needs a second factor is not logged in by it."""

    def form_valid(self, form: Any) -> HttpResponse:
        user, onward = form.get_user(), self.get_success_url()
        if not (second_factor.is_enrolled(user) or second_factor.must_enrol(user)):
            sessions.log_in(self.request, user, now=clock.now())
            return HttpResponseRedirect(onward)
        self.request.session.cycle_key()
        self.request.session[HALF] = {
            "user": user.pk,
            "fits": user.get_session_auth_hash(),
            "at": int(time.time()),
            "next": onward,
        }
        return HttpResponseRedirect(reverse("admin:login_code"))


def half_logged_in(request: HttpRequest) -> User | None:
    """Whose password was right just now, in this browser; None as soon as anything of the account changed."""
    held = request.session.get(HALF)
    if held is None or not 0 <= time.time() - held["at"] < HALF_FOR:
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).first()
    return user if user and constant_time_compare(held["fits"], user.get_session_auth_hash()) else None


def code_view(request: HttpRequest) -> HttpResponse:
    """The code after the password; at the first login the second factor is set up by its first code."""
    user = half_logged_in(request)
    if user is None:
        return HttpResponseRedirect(reverse("admin:login"))
    enrolled = second_factor.is_enrolled(user)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if lets_on(request, user, form.cleaned_data["code"], enrolled):
                onward = request.session.pop(HALF)["next"]
                sessions.log_in(request, user, now=clock.now())
                return HttpResponseRedirect(onward)
            form.add_error("code", _("This was not right. Type it again."))
        except Refused as refusal:
            form.add_error("code", refusal.message)
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "form": form,
        **({} if enrolled else shown_until_used(request, user)),
    }
    return TemplateResponse(request, "admin/login_code.html", context)


def lets_on(request: HttpRequest, user: User, code: str, enrolled: bool) -> bool:
    """Whether the code fits, or sets the second factor up. Raises Refused."""
    if enrolled:
        return code_fits(request, user, code)
    enrol(request, user, code, by=By(user, clock.now()))
    return True


def new_device(request: HttpRequest, user: User) -> TOTPDevice:
    """The device whose first code is awaited: one for this session, which alone keeps its secret."""
    held = request.session.get(NEW)
    if held is not None and held["user"] == user.pk:
        return second_factor.new_device(user, held["key"])
    device = second_factor.new_device(user)
    request.session[NEW] = {"user": user.pk, "key": device.key}
    return device


def enrol(request: HttpRequest, user: User, code: str, *, by: By) -> None:
    """The device that this session awaits is the account's one from now on. Raises Refused."""
    second_factor.enrol(new_device(request, user), code, by=by)
    del request.session[NEW]


def shown_until_used(request: HttpRequest, user: User) -> dict[str, str]:
    """The secret of the device that is awaited, as picture and text."""
    device = new_device(request, user)
    return {"picture": second_factor.picture_of(device), "secret": second_factor.secret_of(device)}
