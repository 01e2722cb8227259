"""Accounts: the administrator gives a role and a centre; nobody raises their own rights (F-A7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from attestation import access
from attestation.admin.base import ADMINISTRATION, RecordForm, ScopedAdmin
from attestation.admin.filters import Choices, ScopedChoices
from attestation.models import Role, User
from attestation.refusals import Refused

# Rights follow from the role alone: a page of groups would promise what nothing reads.
admin.site.unregister(Group)

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
class AccountAdmin(UserAdmin, ScopedAdmin):  # type: ignore[misc, type-arg]
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

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return ScopedAdmin.lookup_allowed(self, lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if access.role_of(request.user) in ADMINISTRATION else rows.none()
