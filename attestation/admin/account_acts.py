"""What is done to an account: rights asked for and taken, links, addresses, second factors, sessions.

What could take an account over is asked for, and a second administrator confirms it (`account_requests`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from attestation import clock
from attestation.accounts import credentials, second_factor, sessions, tries
from attestation.accounts.requests import ask_for, take_rights
from attestation.accounts.rights import require_another, rights_of
from attestation.admin import fields
from attestation.admin.account_requests import asked_text
from attestation.admin.accounts import REASON_MAX, RIGHTS
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.base import visible
from attestation.admin.fields import FoundBySearch
from attestation.by import By
from attestation.labels import Label
from attestation.models import AccountRequest, Center, Employee, Role, User
from attestation.refusals import allows

ASKED = gettext_lazy(
    "Nothing is changed yet: a second administrator confirms the request within 7 days. If there is none, it "
    "takes effect after 24 hours. The owner of the account and the auditors are told now and can stop it."
)
TAKEN_WORDS = {
    "access": gettext_lazy("access: the account is closed"),
    "role": gettext_lazy("the role: the account stays without rights"),
}


class ReasonForm(ActionForm):
    """Why it is asked for."""

    reason = fields.long_text(gettext_lazy("Reason"), max_length=REASON_MAX)


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
        self.fields["center"].empty_label = "–"  # type: ignore[attr-defined]  # a choice of records
        for name in RIGHTS:
            self.initial.setdefault(name, getattr(self.obj, name))


class TakeForm(ActionForm):
    """What is taken away, and why."""

    taken = fields.radio(gettext_lazy("What is taken away"), ())
    reason = fields.long_text(gettext_lazy("Reason"), max_length=REASON_MAX)

    def prepare(self) -> None:
        has = {"access": self.obj.is_active, "role": bool(self.obj.role)}
        self.choose_from("taken", [pair for pair in TAKEN_WORDS.items() if has[pair[0]]])


class AddressForm(ReasonForm):
    """The new address, and why its owner can't change it."""

    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=credentials.ADDRESS_LENGTH,
        widget=forms.EmailInput(attrs={"class": " ".join(INPUT_CLASSES)}),
    )
    field_order = ("email", "reason")


def take(account: User, answers: dict[str, Any], by: By) -> str:
    take_rights(account, answers["taken"], reason=answers["reason"], by=by)
    return _("Taken away from %(user)s; the owner and the auditors are told.") % {"user": account}


def send_link(account: User, answers: dict[str, Any], by: By) -> str:
    credentials.send_link(account, by=by)
    return _("The link is on its way to the owner's address.")


def end_sessions(account: User, answers: dict[str, Any], by: By) -> str:
    sessions.end_sessions(account, by=by)
    return _("Every session of “%(account)s” is ended.") % {"account": account.username}


def unlock(account: User, answers: dict[str, Any], by: By) -> str:
    tries.unlock(account, by=by)
    return _("“%(account)s” can be tried again at once.") % {"account": account.username}


def waits_for_none(account: User, kind: str) -> bool:
    """Whether no request of the kind about the account is open."""
    return not AccountRequest.objects.open().filter(account=account, kind=kind).exists()


def is_anothers(account: User, user: User) -> bool:
    """F-A7: the own rights are another administrator's to ask for; a superuser's a superuser's."""
    return allows(require_another, account, user)


def request_act(
    kind: str,
    slug: str,
    title: Label,
    icon: str,
    *,
    offered: Callable[[User], bool],
    form: type[ActionForm] = ReasonForm,
    wanted: Callable[[dict[str, Any]], dict[str, Any]] = lambda answers: {},
    facts: str = "",
) -> Action:
    """To ask for what two administrators do to another's account."""

    def run(account: User, answers: dict[str, Any], by: By) -> str:
        return asked_text(ask_for(kind, account, wanted(answers), reason=answers["reason"], by=by))

    return Action(
        slug=slug,
        right="change_rights",
        title=title,
        explain=ASKED,
        icon=icon,
        form=form,
        run=run,
        facts=facts,
        offered=lambda account: offered(account) and waits_for_none(account, kind),
        fits=is_anothers,
        asks_again=True,
    )


def can_have_link(account: User) -> bool:
    """Whether a link to set the password can be sent now."""
    return allows(credentials.check_link, account, clock.now())


LINK_FACTS = "admin/attestation/user/link_facts.html"
offer(
    User,
    request_act(
        "role",
        "rights",
        gettext_lazy("Ask for a change of rights"),
        "group_add",
        form=RightsForm,
        wanted=lambda answers: rights_of(User(**{name: answers[name] for name in RIGHTS})),
        offered=lambda account: True,
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
        asks_again=True,
    ),
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
        facts=LINK_FACTS,
        offered=lambda account: can_have_link(account) and not credentials.needs_second(account),
        asks_again=True,
    ),
    request_act(
        "link",
        "ask-link",
        gettext_lazy("Ask for a link to set the password"),
        "key",
        facts=LINK_FACTS,
        offered=lambda account: can_have_link(account) and credentials.needs_second(account),
    ),
    request_act(
        "address",
        "address",
        gettext_lazy("Ask for another e-mail address"),
        "alternate_email",
        form=AddressForm,
        wanted=lambda answers: {"email": answers["email"]},
        offered=lambda account: True,
    ),
    request_act(
        "second_factor",
        "second-factor",
        gettext_lazy("Ask for the second factor to be taken away"),
        "phonelink_erase",
        offered=second_factor.is_enrolled,
    ),
    Action(
        slug="end-sessions",
        right=credentials.RIGHT,
        title=gettext_lazy("End all sessions"),
        explain=gettext_lazy("Wherever this account is logged in, it has to log in anew."),
        icon="logout",
        danger=True,
        asks_again=True,
        run=end_sessions,
    ),
    Action(
        slug="unlock",
        right=credentials.RIGHT,
        title=gettext_lazy("Unlock"),
        explain=gettext_lazy("After too many failed tries: the account can be tried again at once."),
        icon="lock_open",
        asks_again=True,
        offered=lambda account: tries.is_locked(account, now=clock.now()),
        run=unlock,
    ),
)
