"""Notices: the outbox as the office sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from attestation import access
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.base import STAFF_OFFICE
from attestation.admin.case import PageAdmin
from attestation.admin.filters import Choices, narrowed_by
from attestation.admin.inbox_page import mine_view, read_view
from attestation.admin.panels import Panel
from attestation.admin.records import case_link
from attestation.by import By
from attestation.labels import Label
from attestation.models import Attestation, Employee, Notice, User
from attestation.notices import send_now, serve_letters
from attestation.notices.by_hand import is_to_serve, to_serve
from attestation.notices.contents import is_outdated
from attestation.notices.kinds import TITLES
from attestation.notices.letters import languages_of, texts
from attestation.notices.reasons import reason_of

# An employee's letters on the page of a case; the list has them all.
MOST_ON_A_CASE = 30

COLOURS = {"queued": "info", "sent": "success", "failed": "danger", "superseded": "", "missed": "warning"}
# The model's word names one of two reasons alone; the reason itself stands beside it.
MISSED: Label = _("not sent in time")


def state_words(notice: Notice) -> str:
    """The state in words."""
    return str(MISSED) if notice.state == Notice.State.MISSED else notice.get_state_display()


# F-D20, F-D21: what could not be sent to an employee and nobody has served by hand yet.
SERVED = narrowed_by("by_hand", _("by hand"), {"open": (_("to be served"), lambda rows, now: to_serve(rows))})


@admin.register(Notice)
class NoticeAdmin(PageAdmin):
    """The outbox; an account's own notices have a page for every role."""

    seen_by = STAFF_OFFICE
    page_template = "admin/attestation/notice/page.html"
    list_display = ("kind_shown", "to", "case", "state_shown", "created_at", "sent_at")
    list_filter = (("state", Choices), SERVED)
    list_select_related = ("attestation__cycle", "deadline__term", "user", "employee", "digest")
    code_fields = ("attestation__case_no", "kind")

    def employee_of(self, obj: Notice) -> Employee | None:
        return obj.employee

    @display(description=_("notice"), ordering="kind")
    def kind_shown(self, obj: Notice) -> str:
        return str(TITLES.get(obj.kind, obj.kind))

    @display(description=_("to"))
    def to(self, obj: Notice) -> str:
        return str(obj.user or obj.employee or obj.address)

    @display(description=_("attestation"))
    def case(self, obj: Notice) -> str:
        return case_link(obj.attestation)

    @display(description=_("state"), label=COLOURS)
    def state_shown(self, obj: Notice) -> tuple[str, str]:
        return obj.state, state_words(obj)

    def page_context(self, request: HttpRequest, obj: Notice, now: datetime) -> dict[str, Any]:
        case = obj.attestation
        return {
            "title": self.kind_shown(obj),
            "to": self.to(obj),
            "state": (COLOURS[obj.state], state_words(obj)),
            "reason": reason_of(obj),
            "letters": [(language, *texts(obj, language)) for language in languages_of(obj)],
            "to_serve": is_to_serve(obj),
            "outdated": obj.state == Notice.State.FAILED and is_outdated(obj),
            "served": list(obj.services.select_related("served_by")),
            "case_url": reverse("admin:attestation_attestation_change", args=(case.pk,)) if case else "",
            "digest": obj.digest,
        }

    def get_urls(self) -> list[URLPattern]:
        """Everybody's own, behind the bell, before the outbox."""
        own = [
            path("mine/", self.admin_site.admin_view(mine_view), name="attestation_notice_mine"),
            path("mine/read/", self.admin_site.admin_view(read_view), name="attestation_notice_read"),
        ]
        return [*own, *super().get_urls()]


# --- acts -------------------------------------------------------------------------------------------------


class CameBackForm(ActionForm):
    """What the mail server wrote."""

    note = fields.long_text(_("What came back"), max_length=1000, required=False)


class ToldForm(ActionForm):
    """How the employee was told."""

    note = fields.long_text(_("How and when the employee was told"), max_length=1000)


def came_back(notice: Notice, answers: dict[str, Any], by: By) -> str:
    serve_letters.record_came_back(notice, note=answers["note"], by=by)
    return gettext("The letter came back: it is now among those to be served by hand.")


def told(notice: Notice, answers: dict[str, Any], by: By) -> str:
    serve_letters.record_told(notice, note=answers["note"], by=by)
    return gettext("It is on record that the employee was told.")


def at_once(notice: Notice, answers: dict[str, Any], by: By) -> str:
    send_now.send_now(notice, by=by)
    return gettext("It is sent within a minute, if the mail server takes it.")


offer(
    Notice,
    Action(
        slug="told",
        right=serve_letters.RIGHT,
        title=_("Told by hand"),
        explain=_("The e-mail could not be sent. Put on record how the employee learned of it otherwise."),
        icon="how_to_reg",
        primary=True,
        form=ToldForm,
        run=told,
        offered=serve_letters.waits_to_be_told,
        order=10,
    ),
    Action(
        slug="came-back",
        right=serve_letters.RIGHT,
        title=_("The letter came back"),
        explain=_(
            "The mail server took the letter, and it was returned later as undeliverable. It then becomes a "
            "task: to be served by hand."
        ),
        icon="undo",
        form=CameBackForm,
        run=came_back,
        offered=serve_letters.may_come_back,
        order=20,
    ),
    Action(
        slug="send-now",
        right=send_now.RIGHT,
        title=_("Send now"),
        explain=_("The mail server did not take it, and it waits to be tried again: try it now."),
        icon="send",
        run=at_once,
        offered=send_now.is_put_off,
        order=30,
    ),
)


def letters_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """F-D21: what was sent to the employee about the case, and what came back."""
    if access.role_of(user) not in STAFF_OFFICE:
        return None
    rows = [
        (row, str(TITLES.get(row.kind, row.kind)), COLOURS[row.state], state_words(row), reason_of(row))
        for row in Notice.objects.filter(attestation=case, employee__isnull=False).order_by("-pk")[
            :MOST_ON_A_CASE
        ]
    ]
    return {"rows": rows} if rows else None


LETTERS_PANEL = Panel(
    "letters",
    _("Letters to the employee"),
    "admin/attestation/notice/of_case.html",
    letters_content,
)
