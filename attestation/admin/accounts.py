"""Accounts: who may log in, as what; nobody raises their own rights (F-A7) or chooses another's password.

What is done to an account stands in `account_acts`.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as django_accounts  # noqa: F401  registers what is taken away below
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_otp.plugins.otp_totp.admin import TOTPDevice
from unfold.decorators import display

from attestation import access
from attestation.accounts import credentials
from attestation.accounts.requests import ask_for
from attestation.accounts.rights import rights_of
from attestation.accounts.usernames import check_free
from attestation.admin import fields
from attestation.admin.account_requests import asked_text
from attestation.admin.actions import PlainPageAdmin
from attestation.admin.base import ADMINISTRATION, RecordForm, by_of, subject_of
from attestation.admin.filters import Choices, ScopedChoices
from attestation.admin.proof import ask_again
from attestation.models import AccountRequest, JournalEntry, Role, User
from attestation.refusals import refusal_of
from attestation.texts import required_text

# Rights follow from the role alone: a page of groups would promise what nothing reads.
admin.site.unregister(Group)
# Nobody but the owner sees the secret of a second factor, and that once.
admin.site.unregister(TOTPDevice)

PERSON = (("last_name", "first_name", "email"), "language")
RIGHTS = ("role", "center", "employee", "is_active")
REASON_MAX = 1000


class AccountForm(RecordForm):
    """The person of an account; rights and address are asked for by acts, the name to log in with stays."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    class Meta:
        model = User
        fields = ("last_name", "first_name", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = state_of(self.instance)
        self.fields["seen"].initial = self.shown

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.pop("seen", "") not in ("", self.shown):
            raise ValidationError(
                _("Somebody changed this record meanwhile. Open the page again and repeat your change.")
            )
        return data


def state_of(account: User) -> str:
    """What an administrator sees of an account, as a digest: whether it is still as it was shown."""
    names = ("username", "last_name", "first_name", "email", "language")
    shown = [getattr(account, name) for name in names]
    return hashlib.sha256(repr((shown, rights_of(account))).encode("utf-8", "surrogatepass")).hexdigest()


class AccountCreationForm(RecordForm):
    """A new account, and the rights that are asked for it; no password, no rights yet."""

    reason = fields.long_text(
        gettext_lazy("Reason of the request"),
        max_length=REASON_MAX,
        required=False,
        help_text=gettext_lazy(
            "The account is made without a role. The role is asked for now, and a second administrator "
            "confirms it. Without a role nothing is asked for yet."
        ),
    )

    class Meta:
        model = User
        fields = ("username", "last_name", "first_name", "email", "language", "role", "center", "employee")
        field_classes: ClassVar[dict[str, Any]] = {"username": UsernameField}

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if refusal := refusal_of(check_free, username):
            raise ValidationError(refusal.message)
        return username

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == Role.HR and data.get("center") is None:
            self.add_error("center", _("An HR officer works for a centre. Choose it."))
        if data.get("role"):
            refusal = refusal_of(required_text, data.get("reason", ""), _("Give the reason of the request."))
            if refusal is not None:
                self.add_error("reason", refusal.message)
        return data


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
    readonly_fields = ("login", "email", "role", "center", "employee", "open", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("login", "seen"),)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": (("role", "open"), ("center", "employee"))}),
        (gettext_lazy("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username",)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": ("role", "center", "employee", "reason")}),
    )

    # As they are, without what is said of them where they are typed.
    @display(description=User._meta.get_field("username").verbose_name)
    def login(self, obj: User) -> str:
        return obj.username

    @display(description=User._meta.get_field("is_active").verbose_name, boolean=True)
    def open(self, obj: User) -> bool:
        return obj.is_active

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
        return self.add_fieldsets if obj is None else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Rights are asked for by an act; the journal goes by the name to log in with, so it stays."""
        return () if obj is None else self.readonly_fields

    def get_form(self, request: HttpRequest, obj: User | None = None, *args: Any, **kwargs: Any) -> Any:
        """Another one for a new account."""
        if obj is None:
            kwargs["form"] = AccountCreationForm
        return super().get_form(request, obj, *args, **kwargs)

    def construct_change_message(
        self, request: HttpRequest, form: RecordForm, formsets: Any, add: bool = False
    ) -> Any:
        """The request says which rights were asked for; here none were given."""
        changes = super().construct_change_message(request, form, formsets, add)
        return {name: pair for name, pair in changes.items() if name not in (*RIGHTS, "reason", "seen")}

    def save_model(self, request: HttpRequest, obj: User, form: RecordForm, change: bool) -> None:
        """A new account has neither rights nor a password; what is wanted is asked for at once."""
        if change:
            super().save_model(request, obj, form, change)
            return
        wanted, obj.role, obj.center, obj.employee = rights_of(obj), "", None, None
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if wanted["role"]:
            reason = form.cleaned_data["reason"]
            asked = ask_for("role", obj, wanted, reason=reason, by=by_of(request))
            messages.info(request, asked_text(asked))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Saved as it was: nothing to put on record."""
        if message:
            super().log_change(request, obj, message)

    def journal_of(self, obj: User) -> Any:
        """Also the requests about the account."""
        keys = AccountRequest.objects.filter(account=obj).values_list("pk", flat=True)
        subjects = [subject_of(obj), *(f"accountrequest:{key}" for key in keys)]
        return JournalEntry.objects.filter(subject__in=subjects)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by a superuser alone."""
        allowed = super().has_change_permission(request, obj)
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return allowed

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Rights are asked for here: whoever may do that shows once more who they are."""
        may = access.may(request.user, self.change_right)
        return (ask_again(request) if may else None) or super().changeform_view(
            request, object_id, *args, **kwargs
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows if access.role_of(request.user) in ADMINISTRATION else rows.none()
