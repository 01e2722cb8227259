"""Accounts: the administrator gives a role and a centre; nobody raises their own rights (F-A7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_otp.plugins.otp_totp.admin import TOTPDevice
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from attestation import access, clock
from attestation.accounts import sessions, tries
from attestation.admin.actions import Action, PlainPageAdmin, offer
from attestation.admin.base import ADMINISTRATION, RecordForm, ScopedAdmin
from attestation.admin.filters import Choices, ScopedChoices
from attestation.admin.proof import ask_again
from attestation.by import By
from attestation.models import Role, User
from attestation.refusals import Refused

# Rights follow from the role alone: a page of groups would promise what nothing reads.
admin.site.unregister(Group)
# Nobody but the owner sees the secret of a second factor, and that once.
admin.site.unregister(TOTPDevice)

PERSON = (("last_name", "first_name", "email"), ("employee", "language"))


class AccountChecks(RecordForm):
    """An HR officer has a centre; a member of an open sitting stays who they are."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == Role.HR and data.get("center") is None:
            self.add_error("center", _("An HR officer works for a centre. Choose it."))
        moved = [name for name in ("role", "center", "employee") if name in self.changed_data]
        if moved and self.instance.pk:
            try:
                access.require_free_of_sittings(self.instance)
            except Refused as refusal:
                self.add_error(moved[0], refusal.message)
        return data


class AccountChangeForm(AccountChecks, UserChangeForm):
    """An account that exists."""


class AccountCreationForm(AccountChecks, UserCreationForm):
    """A new account."""


# Django's ModelAdmin lies under both, so ours answer first; UserAdmin takes no [User] at run time.
@admin.register(User)
class AccountAdmin(UserAdmin, PlainPageAdmin):  # type: ignore[misc, type-arg]
    """Who may log in, as what, for which centre. Superusers are made on the server alone."""

    form = AccountChangeForm
    add_form = AccountCreationForm
    change_password_form = AdminPasswordChangeForm
    seen_by = ADMINISTRATION
    add_right = change_right = "edit_accounts"
    list_display = ("username", "full", "role_shown", "center", "is_active", "last_login")
    list_filter = (("role", Choices), ("center", ScopedChoices))
    list_select_related = ("center",)
    ordering = ("username",)
    search_fields = ()
    code_fields = ("username", "last_name", "first_name")
    filter_horizontal = ()
    autocomplete_fields = ("employee",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("username", "password"),)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": (("role", "center", "is_active"),)}),
        (gettext_lazy("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": (("username",), ("password1", "password2"))}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": (("role", "center"),)}),
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

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """F-A7: the own role, centre, staff record and state are another administrator's to change."""
        if obj is not None and obj.pk == request.user.pk:
            return (*self.readonly_fields, "role", "center", "is_active", "employee")
        return self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by a superuser alone."""
        allowed = ScopedAdmin.has_change_permission(self, request, obj)
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

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        return ask_again(request) or super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """F-A8: switched off, an account's sessions are over, also where it is switched on again."""
        if "is_active" in form.changed_data:
            obj.session_epoch += 1
        super().save_model(request, obj, form, change)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return ScopedAdmin.lookup_allowed(self, lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if access.role_of(request.user) in ADMINISTRATION else rows.none()


def end_sessions(account: User, answers: dict[str, Any], by: By) -> str:
    sessions.end_sessions(account, by=by)
    return _("Every session of “%(account)s” is ended.") % {"account": account.username}


def unlock(account: User, answers: dict[str, Any], by: By) -> str:
    tries.unlock(account, by=by)
    return _("“%(account)s” can be tried again at once.") % {"account": account.username}


offer(
    User,
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
