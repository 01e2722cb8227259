"""Commissions and who sits in them, by date."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from appeals.admin.attendance import unchecked
from appeals.models import Commission, Membership
from appeals.services import commission
from appeals.services.seat_requests import SEAT, seat_wanted
from attestation import clock
from attestation.accounts.requests import ask_for
from attestation.admin import fields
from attestation.admin.account_requests import asked_text, page_of_request
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.base import ScopedAdmin, ScopedInline, visible
from attestation.admin.filters import Choices
from attestation.admin.proof import ask_again
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.law.vocabulary import CenterKind
from attestation.models import Center, Role, User


class MembershipInline(ScopedInline):
    """Who sits here."""

    model = Membership
    fields = readonly_fields = ("user", "seat", "appointed_on", "released_on", "order_no")
    verbose_name_plural = gettext_lazy("Members")


@admin.register(Commission)
class CommissionAdmin(ScopedAdmin):
    """The central commission and those of the labour mobility centres."""

    list_display = ("name", "size")
    list_select_related = ("center",)
    fields = readonly_fields = ("center",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commission]:
        in_office = Q(memberships__released_on__isnull=True)
        rows: QuerySet[Commission] = super().get_queryset(request)
        return rows.annotate(seats=Count("memberships", filter=in_office, distinct=True))

    @display(description=gettext_lazy("commission"))
    def name(self, obj: Commission) -> str:
        return str(obj)

    @display(description=gettext_lazy("members"))
    def size(self, obj: Commission) -> str:
        return str(obj.seats)  # type: ignore[attr-defined]  # annotated above


class AppointForm(ActionForm):
    """A seat from a day, by an order."""

    user_account = fields.record(gettext_lazy("Account"), User.objects.none())
    seat = fields.radio(
        gettext_lazy("Seat"),
        Membership.Seat.choices,
        help_text=gettext_lazy(
            "A commission has one chair. The deputy, whose account has the chair's role, is in the chair's "
            "place where the chair is absent or recused."
        ),
    )
    center = fields.record(
        gettext_lazy("Labour mobility centre"),
        Center.objects.none(),
        required=False,
        help_text=gettext_lazy("Empty: the central commission."),
    )
    from_day = fields.day(gettext_lazy("From"))
    order_no = fields.text(gettext_lazy("Number of the order"), required=False, max_length=120)
    reason = fields.long_text(gettext_lazy("Reason"), max_length=1000)

    def prepare(self) -> None:
        seats = (Role.CHAIR, Role.SECRETARY, Role.MEMBER)
        others = User.objects.exclude(pk=self.user.pk)
        users = others.filter(is_active=True, role__in=seats).order_by("username")
        self.narrow("user_account", users)
        centers = visible(self.user, Center.objects.filter(kind=CenterKind.LABOUR_MOBILITY))
        self.narrow("center", centers)


@admin.register(Membership)
class MembershipAdmin(PlainPageAdmin):
    """Seats from a day until a day."""

    add_right = "edit_accounts"
    list_display = ("user", "seat", "commission", "appointed_on", "released_on", "order_no")
    list_filter = (("seat", Choices),)
    list_select_related = ("user", "commission__center")
    fields = ("user", "commission", "seat", ("appointed_on", "order_no"), ("released_on", "release_order_no"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return ask_again(request) or self.form_view(
            request,
            AppointForm,
            self.ask,
            title=_("Appoint to a commission"),
            button=_("Ask for the appointment"),
            explain=_(
                "Nothing is changed yet: a second administrator confirms the appointment. The owner of the "
                "account and the auditors are told now and can stop it."
            ),
        )

    def ask(self, data: dict[str, Any], by: By) -> tuple[str, str]:
        wanted = seat_wanted(data["seat"], data["center"], data["from_day"], data["order_no"])
        request = ask_for(SEAT, data["user_account"], wanted, reason=data["reason"], by=by)
        doubt = unchecked(Membership(user=data["user_account"]), data["seat"])
        said = asked_text(request)
        return f"{said} {doubt.capitalize()}." if doubt else said, page_of_request(request)


class ReleaseForm(ActionForm):
    """The first day out of office, by an order."""

    on = fields.day(gettext_lazy("Released from"))
    order_no = fields.text(gettext_lazy("Number of the order"), required=False, max_length=120)


def release(member: Membership, answers: dict[str, Any], by: By) -> str:
    """The member's seat ends; what they voted stays on record."""
    commission.release(member, answers["on"], order_no=answers["order_no"], by=by)
    return _("Released: %(member)s.") % {"member": str(member)}


offer(
    Membership,
    Action(
        slug="release",
        right="edit_accounts",
        title=gettext_lazy("Release from the commission"),
        explain=gettext_lazy(
            "From that day on the member has no seat and counts for no quorum; votes already cast stay on "
            "record. A release that is still to come is corrected by giving another day."
        ),
        icon="person_remove",
        form=ReleaseForm,
        run=release,
        offered=lambda member: member.released_on is None or member.released_on > local_day(clock.now()),
        danger=True,
    ),
)
