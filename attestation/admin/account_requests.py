"""What one administrator asks for an account: the second one confirms it; owner and auditor can stop it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation.accounts.requests import (
    KINDS,
    confirm_request,
    lines_of,
    require_confirmable,
    require_stoppable,
    stop_request,
)
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.filters import Choices, waits_by
from attestation.by import By
from attestation.models import AccountRequest, User
from attestation.refusals import allows

COLOURS = {"open": "warning", "confirmed": "success", "done": "success", "stopped": "info", "expired": "info"}
WAITS = {
    "open": (gettext_lazy("requests about accounts that are open"), lambda rows, now: rows.open()),
}


def page_of_request(request: AccountRequest) -> str:
    """The page of the request."""
    return reverse("admin:attestation_accountrequest_change", args=(request.pk,))


def asked_text(request: AccountRequest) -> str:
    """What was done by asking, and what follows."""
    if request.due_at is not None:
        return _(
            "Asked for: request %(request)s. There is no second administrator: it takes effect after 24 "
            "hours unless somebody stops it."
        ) % {"request": request}
    return _("Asked for: request %(request)s. It takes effect once a second administrator confirms it.") % {
        "request": request
    }


class StopForm(ActionForm):
    """Why it is not to be."""

    reason = fields.long_text(gettext_lazy("Reason"), max_length=1000)


class ConfirmForm(ActionForm):
    """No question; what is confirmed stands above."""

    def prepare(self) -> None:
        self.lines = lines_of(self.obj.kind, self.obj.was, self.obj.payload)
        self.title = KINDS[self.obj.kind].title


def confirm(request: AccountRequest, answers: dict[str, Any], by: By) -> str:
    confirm_request(request, by=by)
    return _("Confirmed: what was asked for %(user)s is in effect.") % {"user": request.account}


def stop(request: AccountRequest, answers: dict[str, Any], by: By) -> str:
    stop_request(request, by=by, reason=answers["reason"])
    return _("The request is stopped; nothing was changed.")


def is_open(request: AccountRequest) -> bool:
    """Whether it waits."""
    return request.state == AccountRequest.State.OPEN


def confirms(request: AccountRequest, user: User) -> bool:
    """Whether the person is the second one."""
    return allows(require_confirmable, request, user)


def stops(request: AccountRequest, user: User) -> bool:
    """Whether the person can stop it."""
    return allows(require_stoppable, request, user)


offer(
    AccountRequest,
    Action(
        slug="confirm",
        right="change_rights",
        title=gettext_lazy("Confirm as the second administrator"),
        explain=gettext_lazy(
            "What is asked for takes effect at once. The owner of the account, the auditors and whoever "
            "asked are told."
        ),
        icon="how_to_reg",
        primary=True,
        form=ConfirmForm,
        run=confirm,
        asks_again=True,
        offered=is_open,
        fits=confirms,
        facts="admin/attestation/accountrequest/facts.html",
    ),
    Action(
        slug="stop",
        right="stop_account_request",
        title=gettext_lazy("Stop the request"),
        explain=gettext_lazy("Nothing of it takes effect. Whoever asked is told, and may ask again."),
        icon="block",
        form=StopForm,
        run=stop,
        offered=is_open,
        fits=stops,
        danger=True,
    ),
)


@admin.register(AccountRequest)
class AccountRequestAdmin(PlainPageAdmin):
    """Requests about accounts, the open ones first; an owner sees those about the own account."""

    list_display = ("number", "owner", "kind_words", "state_shown", "asker", "asked_at", "due_at")
    list_filter = (("state", Choices), waits_by(WAITS))
    list_select_related = ("account", "asked_by", "settled_by")
    ordering = (F("settled_at").desc(nulls_first=True), "-asked_at", "-pk")
    code_fields = ("account__username",)
    readonly_fields = ("owner", "kind_words", "state_words", "changes", "asker", "settler")
    fields = (
        ("owner", "kind_words", "state_words"),
        "changes",
        "reason",
        ("asker", "asked_at", "due_at"),
        ("settler", "settled_at"),
        "settled_reason",
    )

    @display(description=gettext_lazy("number"))
    def number(self, obj: AccountRequest) -> str:
        return str(obj)

    @display(description=gettext_lazy("account"))
    def owner(self, obj: AccountRequest) -> str:
        return f"{obj.account} ({obj.account.username})"

    @display(description=gettext_lazy("what is asked"))
    def kind_words(self, obj: AccountRequest) -> str:
        return str(KINDS[obj.kind].title)

    @display(description=gettext_lazy("state"), label=COLOURS)
    def state_shown(self, obj: AccountRequest) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=gettext_lazy("state"))
    def state_words(self, obj: AccountRequest) -> str:
        return obj.get_state_display()

    @display(description=gettext_lazy("asked by"))
    def asker(self, obj: AccountRequest) -> str:
        return str(obj.asked_by)

    @display(description=gettext_lazy("settled by"))
    def settler(self, obj: AccountRequest) -> str:
        return str(obj.settled_by or "–")

    @display(description=gettext_lazy("changes"))
    def changes(self, obj: AccountRequest) -> str:
        said = lines_of(obj.kind, obj.was, obj.payload)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} → {}</li>", said))
