"""Accounts: the administrator gives a role and a centre; nobody raises their own rights (F-A7).

A password is its owner's alone: the administrator has a link sent to the owner's address.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as django_accounts  # noqa: F401  registers what is taken away below
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_otp.plugins.otp_totp.admin import TOTPDevice
from unfold.decorators import display

from attestation import access, clock
from attestation.accounts import credentials, sessions, tries
from attestation.accounts.usernames import check_free
from attestation.admin.actions import Action, PlainPageAdmin, offer
from attestation.admin.base import ADMINISTRATION, RecordForm
from attestation.admin.filters import Choices, ScopedChoices
from attestation.admin.proof import ask_again
from attestation.by import By
from attestation.models import Role, User
from attestation.refusals import Refused, refusal_of

# Rights follow from the role alone: a page of groups would promise what nothing reads.
admin.site.unregister(Group)
# Nobody but the owner sees the secret of a second factor, and that once.
admin.site.unregister(TOTPDevice)

PERSON = (("last_name", "first_name", "email"), ("employee", "language"))
RIGHTS = ("role", "center", "is_active", "employee")


class AccountForm(RecordForm):
    """An HR officer has a centre; a member of an open sitting stays who they are. It asks for no password."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    class Meta:
        model = User
        fields = ("username", "last_name", "first_name", "email", "language", *RIGHTS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.set_unusable_password()
        self.shown = state_of(self.instance)
        self.fields["seen"].initial = self.shown

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if refusal := refusal_of(check_free, username):
            raise ValidationError(refusal.message)
        return username

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.instance.pk and data.pop("seen", "") not in ("", self.shown):
            raise ValidationError(
                _("Somebody changed this record meanwhile. Open the page again and repeat your change.")
            )
        if data.get("role") == Role.HR and data.get("center") is None:
            self.add_error("center", _("An HR officer works for a centre. Choose it."))
        moved = [name for name in ("role", "center", "employee") if name in self.changed_data]
        if moved and self.instance.pk:
            try:
                access.require_free_of_sittings(self.instance)
            except Refused as refusal:
                self.add_error(moved[0], refusal.message)
        return data


def state_of(account: User) -> str:
    """What an administrator sees of an account, as a digest: whether it is still as it was shown."""
    names = ("username", "last_name", "first_name", "email", "language", "role", "center_id", "is_active")
    shown = [getattr(account, name) for name in (*names, "employee_id")]
    return hashlib.sha256(repr(shown).encode("utf-8", "surrogatepass")).hexdigest()


@admin.register(User)
class AccountAdmin(PlainPageAdmin):
    """Who may log in, as what, for which centre. Superusers are made on the server alone."""

    form = AccountForm
    seen_by = ADMINISTRATION
    add_right = change_right = credentials.RIGHT
    list_display = ("username", "full", "role_shown", "center", "is_active", "last_login")
    list_filter = (("role", Choices), ("center", ScopedChoices))
    list_select_related = ("center",)
    ordering = ("username",)
    code_fields = ("username", "last_name", "first_name")
    autocomplete_fields = ("employee",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("username", "seen"),)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": (("role", "center", "is_active"),)}),
        (gettext_lazy("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )

    @display(description=pgettext_lazy("person", "name"), ordering="last_name")
    def full(self, obj: User) -> str:
        return obj.get_full_name() or "–"

    @display(
        description=gettext_lazy("role"),
        ordering="role",
        label={
            "administrator": "danger",
            "chair": "primary",
            "secretary": "primary",
            "hr": "info",
            "auditor": "",
            "member": "",
        },
    )
    def role_shown(self, obj: User) -> tuple[str, str]:
        return obj.role, obj.get_role_display() if obj.role else ("superuser" if obj.is_superuser else "–")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fieldsets if obj is not None else self.fieldsets[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """F-A7: the own role, centre, staff record and state are another administrator's to change.

        A name stays, so that no other account takes it; an address is changed by its owner.
        """
        if obj is None:
            return self.readonly_fields
        own = RIGHTS if obj.pk == request.user.pk else ()
        return (*self.readonly_fields, "username", "email", *own)

    def construct_change_message(
        self, request: HttpRequest, form: RecordForm, formsets: Any, add: bool = False
    ) -> Any:
        changes = super().construct_change_message(request, form, formsets, add)
        changes.pop("seen", None)
        return changes

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Saved as it was: nothing to put on record."""
        if message:
            super().log_change(request, obj, message)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by a superuser alone."""
        allowed = super().has_change_permission(request, obj)
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return allowed

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Rights are granted here: whoever may do that shows once more who they are."""
        may = access.may(request.user, self.change_right)
        return (ask_again(request) if may else None) or super().changeform_view(
            request, object_id, *args, **kwargs
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """F-A8: switched off, an account's sessions are over, also where it is switched on again."""
        if "is_active" in form.changed_data:
            obj.session_epoch += 1
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if access.role_of(request.user) in ADMINISTRATION else rows.none()


def send_link(account: User, answers: dict[str, Any], by: By) -> str:
    """Of a commission member or an administrator it takes two administrators."""
    if credentials.needs_second(account):
        raise Refused(
            "needs_second_administrator",
            gettext_lazy(
                "The password of a commission member or an administrator is set anew by two administrators."
            ),
        )
    credentials.send_link(account, by=by)
    return _("The link is on its way to the owner's address.")


def end_sessions(account: User, answers: dict[str, Any], by: By) -> str:
    sessions.end_sessions(account, by=by)
    return _("Every session of “%(account)s” is ended.") % {"account": account.username}


def unlock(account: User, answers: dict[str, Any], by: By) -> str:
    tries.unlock(account, by=by)
    return _("“%(account)s” can be tried again at once.") % {"account": account.username}


offer(
    User,
    Action(
        slug="send-link",
        right=credentials.RIGHT,
        title=gettext_lazy("Send a link to set the password"),
        explain=gettext_lazy(
            "The owner sets the password; the old one holds until then. You see neither the link nor the "
            "password."
        ),
        icon="key",
        run=send_link,
        facts="admin/attestation/user/link_facts.html",
        offered=lambda account: account.is_active,
        asks_again=True,
    ),
    Action(
        slug="end-sessions",
        right="edit_accounts",
        title=gettext_lazy("End all sessions"),
        explain=gettext_lazy("Wherever this account is logged in, it has to log in anew."),
        icon="logout",
        danger=True,
        asks_again=True,
        run=end_sessions,
    ),
    Action(
        slug="unlock",
        right="edit_accounts",
        title=gettext_lazy("Unlock"),
        explain=gettext_lazy("After too many failed tries: the account can be tried again at once."),
        icon="lock_open",
        asks_again=True,
        offered=lambda account: tries.is_locked(account, now=clock.now()),
        run=unlock,
    ),
)
