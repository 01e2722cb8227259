"""Deadlines: the board that opens first, the plain list, a deadline's page, the personal calendar address."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import board, story
from attestation.admin.base import ScopedAdmin
from attestation.admin.filters import Choices, region_by, waits_by
from attestation.admin.records import case_link
from attestation.deadlines.feeds import live_feed, make_feed, revoke_feed
from attestation.deadlines.words import end_shown
from attestation.models import Deadline, JournalEntry

DEADLINE_COLOURS = {"open": "info", "met": "success", "missed": "danger", "void": ""}


def overdue(deadlines: QuerySet[Deadline], now: datetime) -> QuerySet[Deadline]:
    """¶7: re-attestations missed, and deadlines that should have been closed by now."""
    return deadlines.filter(
        Q(state=Deadline.State.MISSED, kind=Deadline.Kind.REATTESTATION)
        | Q(state=Deadline.State.OPEN, closes_at__lte=now)
    )


WAITS = {"overdue": (gettext_lazy("overdue duties"), overdue)}


@admin.register(Deadline)
class DeadlineAdmin(ScopedAdmin):
    """The ledger of deadlines: computed once, shown and enforced from here."""

    list_display = ("kind", "person", "case", "due", "state_shown", "point_shown")
    list_filter = (region_by("employee__center"), ("kind", Choices), ("state", Choices), waits_by(WAITS))
    list_select_related = ("employee", "attestation")
    person_path = "employee__search_key"
    code_fields = ("attestation__case_no",)
    ordering = ("closes_at", "pk")
    readonly_fields = ("case", "person", "derivation", "bearer", "point_shown")
    fields = (
        ("kind", "state"),
        ("person", "case"),
        "bearer",
        "derivation",
        ("point_shown", "calendar_version"),
        ("opened_at", "closed_at"),
        "closed_by",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages = (
            ("board/", require_safe(self.board_view), "board"),
            ("board/plot.csv", require_safe(self.plot_csv_view), "plot"),
            ("feed/", require_http_methods(["GET", "HEAD", "POST"])(self.feed_view), "feed"),
        )
        ours = [path(where, wrap(view), name=f"attestation_deadline_{name}") for where, view, name in pages]
        return [*ours, *super().get_urls()]

    # --- pages -----------------------------------------------------------------------------------

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """What is due, where."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return board.board_view(request, context)

    def plot_csv_view(self, request: HttpRequest) -> HttpResponse:
        """The numbers of the plot as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return board.plot_csv_view(request)

    def feed_view(self, request: HttpRequest) -> HttpResponse:
        """The reader's own calendar address; a new one is shown in the answer to the click alone."""
        if not access.may(request.user, "keep_feed"):
            raise PermissionDenied
        user, fresh = access.actor_of(request), ""
        if request.method == "POST":
            if "revoke" in request.POST:
                if revoke_feed(user, now=clock.now()):
                    messages.success(request, _("The address no longer works."))
                return HttpResponseRedirect(reverse("admin:attestation_deadline_feed"))
            secret = make_feed(user, now=clock.now())
            fresh = settings.BASE_URL + reverse("feed", args=(secret,))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("My calendar feed"),
            "fresh": fresh,
            "feed": live_feed(user),
            "rulings_only": access.role_of(user) in access.COMMISSION,
            "board_url": reverse("admin:attestation_deadline_board"),
        }
        return TemplateResponse(request, "admin/attestation/deadline/feed.html", context)

    # --- columns ---------------------------------------------------------------------------------

    @display(description=gettext_lazy("employee"), ordering="employee__sort_key")
    def person(self, obj: Deadline) -> str:
        return obj.employee.full_name

    @display(description=gettext_lazy("attestation"))
    def case(self, obj: Deadline) -> str:
        return case_link(obj.attestation)

    @display(description=gettext_lazy("due"), ordering="closes_at")
    def due(self, obj: Deadline) -> str:
        return end_shown(obj.closes_at)

    @display(description=gettext_lazy("how it was counted"))
    def derivation(self, obj: Deadline) -> str:
        return story.deadline_line(obj).derivation

    @display(description=gettext_lazy("must act"))
    def bearer(self, obj: Deadline) -> str:
        return str(obj.bearer.label)

    @display(description=gettext_lazy("point"), ordering="cite")
    def point_shown(self, obj: Deadline) -> str:
        return obj.cite_shown

    @display(description=gettext_lazy("state"), ordering="state", label=DEADLINE_COLOURS)
    def state_shown(self, obj: Deadline) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    def journal_of(self, obj: Deadline) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=obj.key)
