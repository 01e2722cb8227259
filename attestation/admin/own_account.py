"""One's own account: the password by a link or by the old one, and the address that letters go to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.debug import sensitive_post_parameters
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import INPUT_CLASSES, UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from attestation import access, clock
from attestation.accounts import credentials, tries
from attestation.admin.base import by_of
from attestation.by import By
from attestation.models import User
from attestation.refusals import Refused


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """The old password and the new one, twice; to try the old one is to try to log in."""

    way = "old_password"

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        old = str(self.cleaned_data["old_password"])
        if not is_ones_own(self.request, old):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old

    def save(self, commit: bool = True) -> User:
        user: User = self.user
        by = By(user, clock.now())
        credentials.set_own_password(user, self.cleaned_data["new_password1"], way=self.way, by=by)
        return user


def is_ones_own(request: HttpRequest, password: str) -> bool:
    """Whether it is the password of the account at the screen; counted as a try to log in."""
    user = access.actor_of(request)
    try:
        found = tries.log_in_fits(request, user.get_username(), password, now=clock.now())
    except Refused as refusal:
        raise forms.ValidationError(refusal.message) from refusal
    return found is not None and found.pk == user.pk


class LinkPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # no generic at run time
    """The new password, twice: who has the link need not know the old one."""

    way = "link"
    save = OwnPasswordForm.save

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(INPUT_CLASSES)


class RefusalOnForm:
    """What the service refuses is said on the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the view it is mixed into
        except Refused as refusal:
            form.add_error(None, refusal.message)
            return self.form_invalid(form)  # type: ignore[attr-defined, no-any-return]
        return answer


class OwnPasswordView(RefusalOnForm, PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}


class PasswordLinkView(RefusalOnForm, PasswordResetConfirmView):
    """Where a link leads: Django keeps its token in the session, out of the address after the first step."""

    form_class = LinkPasswordForm
    success_url = reverse_lazy("admin:login")
    template_name = "admin/set_password.html"

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account = self.get_user(kwargs["uidb64"])
        with override(account.language if account else None):
            answer: Any = super().dispatch(*args, **kwargs)
            if hasattr(answer, "render"):
                answer.render()
        answer["Cache-Control"], answer["Referrer-Policy"] = "no-store, private", "no-referrer"
        return answer  # type: ignore[no-any-return]

    def get_user(self, uidb64: str) -> User | None:
        """A closed account has no link."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        if not form.errors:
            messages.success(self.request, _("Your password is set. Log in with it."))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = _("Set your password") if self.validlink else _("This link serves no more")
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**kwargs),
            "title": title,
        }


class AddressForm(forms.Form):
    """The new address, with the password: whoever finds a screen unlocked changes nothing."""

    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=credentials.ADDRESS_LENGTH,
        widget=UnfoldAdminEmailInputWidget(),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"), strip=False, max_length=4096, widget=UnfoldAdminPasswordWidget()
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self.request = request

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not is_ones_own(self.request, password):
            raise forms.ValidationError(_("The password is not right. Nothing was changed."))
        return password


@sensitive_post_parameters("password")
def address_view(request: HttpRequest) -> HttpResponse:
    """One's own address."""
    user = access.actor_of(request)
    form = AddressForm(request)
    if form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        try:
            credentials.change_own_address(user, email, password, by=by_of(request))
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Your address is changed. The old one was told by a letter."))
            return HttpResponseRedirect(reverse("admin:own_address"))
    context = {
        **admin.site.each_context(request),
        "title": _("My address"),
        "explain": _(
            "Letters go to: %(address)s. For 7 days after a change no link to set the password is sent."
        )
        % {"address": user.email or "–"},
        "form": form,
        "button": _("Change the address"),
        "back": reverse("admin:index"),
        "media": form.media,
    }
    return TemplateResponse(request, "admin/plain_form.html", context, status=422 if form.errors else 200)
