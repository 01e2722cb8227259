"""Accounts: the administrator gives a role and a centre; nobody raises their own rights (F-A7)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from attestation import access
from attestation.accounts.requests import ask_for, take_rights
from attestation.accounts.rights import require_another, rights_of
from attestation.admin import fields
from attestation.admin.account_requests import asked_text
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.base import ADMINISTRATION, RecordForm, ScopedAdmin, by_of, subject_of, visible
from attestation.admin.fields import FoundBySearch
from attestation.admin.filters import Choices, ScopedChoices
from attestation.by import By
from attestation.models import AccountRequest, Center, Employee, JournalEntry, Role, User
from attestation.refusals import allows, refusal_of
from attestation.texts import required_text

# Rights follow from the role alone: a page of groups would promise what nothing reads.
admin.site.unregister(Group)

PERSON = (("last_name", "first_name", "email"), "language")
RIGHTS = ("role", "center", "employee", "is_active")
REASON_MAX = 1000


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
        """Nobody's name that differs only in case, so that no account is taken for another."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("There is an account with this name already. Choose another name."))
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


# --- acts -------------------------------------------------------------------------------------------------


class RightsForm(ActionForm):
    """The rights as they are to be, and why."""

    role = fields.choice(gettext_lazy("Role"), (), required=False)
    center = fields.record(gettext_lazy("Centre"), Center.objects.none(), required=False)
    employee = forms.ModelChoiceField(
        label=gettext_lazy("Own staff record"),
        queryset=Employee.objects.all(),
        required=False,
        widget=FoundBySearch(User._meta.get_field("employee"), admin.site),
    )
    is_active = fields.yes(gettext_lazy("Active"))
    reason = fields.long_text(gettext_lazy("Reason"), max_length=REASON_MAX)

    def prepare(self) -> None:
        self.choose_from("role", [("", "–"), *Role.choices])
        self.narrow("center", visible(self.user, Center.objects.all()))
        for name in RIGHTS:
            self.initial.setdefault(name, getattr(self.obj, name))


def waits_for_no_other(account: User) -> bool:
    """Whether no request for rights of the account is open."""
    return not AccountRequest.objects.open().filter(account=account, kind="role").exists()


TAKEN_WORDS = {
    "access": gettext_lazy("access: the account is closed"),
    "role": gettext_lazy("the role: the account stays without rights"),
}


class TakeForm(ActionForm):
    """What is taken away, and why."""

    taken = fields.radio(gettext_lazy("What is taken away"), ())
    reason = fields.long_text(gettext_lazy("Reason"), max_length=REASON_MAX)

    def prepare(self) -> None:
        has = {"access": self.obj.is_active, "role": bool(self.obj.role)}
        self.choose_from("taken", [pair for pair in TAKEN_WORDS.items() if has[pair[0]]])


def ask_rights(account: User, answers: dict[str, Any], by: By) -> str:
    wanted = rights_of(User(**{name: answers[name] for name in RIGHTS}))
    return asked_text(ask_for("role", account, wanted, reason=answers["reason"], by=by))


def take(account: User, answers: dict[str, Any], by: By) -> str:
    take_rights(account, answers["taken"], reason=answers["reason"], by=by)
    return _("Taken away from %(user)s; the owner and the auditors are told.") % {"user": account}


def is_anothers(account: User, user: User) -> bool:
    """F-A7: the own rights are another administrator's to ask for; a superuser's a superuser's."""
    return allows(require_another, account, user)


offer(
    User,
    Action(
        slug="rights",
        right="change_rights",
        title=gettext_lazy("Ask for a change of rights"),
        explain=gettext_lazy(
            "Nothing is changed yet: a second administrator confirms the request within 7 days. If there is "
            "none, it takes effect after 24 hours. The owner of the account and the auditors are told now "
            "and can stop it."
        ),
        icon="group_add",
        form=RightsForm,
        run=ask_rights,
        offered=waits_for_no_other,
        fits=is_anothers,
    ),
    Action(
        slug="take",
        right="change_rights",
        title=gettext_lazy("Take rights away"),
        explain=gettext_lazy(
            "Done at once by one administrator; the owner and the auditors are told. To give the rights "
            "back, two administrators are needed."
        ),
        icon="person_off",
        form=TakeForm,
        run=take,
        offered=lambda account: account.is_active or bool(account.role),
        fits=is_anothers,
        danger=True,
    ),
)


# --- the list and the page ----------------------------------------------------------------------------------


# Django's ModelAdmin lies under both, so ours answer first; UserAdmin takes no [User] at run time.
@admin.register(User)
class AccountAdmin(UserAdmin, PlainPageAdmin):  # type: ignore[misc, type-arg]
    """Who may log in, as what, for which centre. Superusers are made on the server alone."""

    form = UserChangeForm
    add_form = AccountCreationForm
    add_form_template = None
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
    readonly_fields = (*RIGHTS, "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("username", "password"),)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": (("role", "is_active"), ("center", "employee"))}),
        (gettext_lazy("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username",)}),
        (gettext_lazy("Person"), {"fields": PERSON}),
        (gettext_lazy("Rights"), {"fields": ("role", "center", "employee", "reason")}),
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
        """Rights are asked for by an act; the journal goes by the name to log in with, so it stays."""
        return ("last_login", "date_joined") if obj is None else ("username", *self.readonly_fields)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """The request says which rights were asked for; here none were given."""
        changes: Any = super().construct_change_message(request, form, formsets, add)
        return {name: pair for name, pair in changes.items() if name not in (*RIGHTS, "reason")}

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

    def journal_of(self, obj: User) -> Any:
        """Also the requests about the account."""
        keys = AccountRequest.objects.filter(account=obj).values_list("pk", flat=True)
        subjects = [subject_of(obj), *(f"accountrequest:{key}" for key in keys)]
        return JournalEntry.objects.filter(subject__in=subjects)

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
