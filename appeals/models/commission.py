"""Commissions, who sits in them, and the rules they sit by. All of it ours, not the order's."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.law.parameters import NotInForce
from attestation.models import Center, User
from attestation.models.base import link


class Commission(models.Model):
    """The central commission, or that of one labour mobility centre. Ours, not the order's."""

    center = models.OneToOneField(
        Center,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commission",
        verbose_name=_("centre"),
        help_text=_("Empty: the central commission."),
    )

    class Meta:
        verbose_name = _("commission")
        verbose_name_plural = _("commissions")
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=Q(center__isnull=True), name="one_central_commission"
            ),
        )

    def __str__(self) -> str:
        return str(self.center) if self.center else str(_("central commission"))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_office(self, day: date) -> MembershipQuerySet:
        """Appointed by the day and not released before it."""
        return self.not_released_by(day).filter(appointed_on__lte=day)

    def not_released_by(self, day: date) -> MembershipQuerySet:
        """Whose seat is theirs after the day still, or only then becomes so."""
        return self.filter(Q(released_on__isnull=True) | Q(released_on__gt=day))


class Membership(models.Model):
    """A seat in a commission from a day until a day."""

    class Seat(models.TextChoices):
        CHAIR = "chair", _("chair")
        DEPUTY = "deputy", _("deputy chair")
        SECRETARY = "secretary", _("secretary")
        MEMBER = "member", _("member")

    commission = link(Commission, _("commission"), "memberships")
    user = link(User, _("account"), "memberships")
    seat = models.CharField(_("seat"), max_length=12, choices=Seat.choices)
    appointed_on = models.DateField(_("appointed on"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    order_no = models.CharField(_("number of the order"), max_length=120, blank=True)
    release_order_no = models.CharField(_("number of the order of release"), max_length=120, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("commission member")
        verbose_name_plural = _("commission members")
        ordering = ("commission", "seat", "user")
        constraints = (
            models.UniqueConstraint(
                fields=("commission", "user"),
                condition=Q(released_on__isnull=True),
                name="one_seat_a_person_in_a_commission",
            ),
            models.UniqueConstraint(
                fields=("commission", "seat"),
                condition=Q(released_on__isnull=True, seat__in=["chair", "deputy"]),
                name="one_chair_and_one_deputy",
            ),
            models.CheckConstraint(
                condition=Q(released_on__isnull=True) | Q(released_on__gte=F("appointed_on")),
                name="member_released_after_appointed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} – {self.get_seat_display()}"


class CommissionRulesQuerySet(models.QuerySet["CommissionRules"]):
    def in_force_on(self, day: date) -> CommissionRules:
        """The rules in force on the day; raises NotInForce before the first ones."""
        found = self.filter(effective_from__lte=day).order_by("-effective_from").first()
        if found is None:
            first = self.order_by("effective_from").first()
            raise NotInForce("I-12", day, first.effective_from if first else date.max)
        return found


class CommissionRules(models.Model):
    """How commissions sit from a day on: settings of ours, not the order's, each with a default.

    What a sitting was measured by stays in the minutes of its agenda items.
    """

    class Quorum(models.TextChoices):
        MORE_THAN_HALF = "more_than_half", _("more than half of the members who are not recused")
        TWO_THIRDS = "two_thirds", _("at least two thirds of the members who are not recused")

    effective_from = models.DateField(_("in force from"), unique=True)
    quorum = models.CharField(
        _("quorum"), max_length=16, choices=Quorum.choices, default=Quorum.MORE_THAN_HALF
    )
    blind_review = models.BooleanField(
        _("blind review: the appellant is named only after the item is closed"), default=True
    )
    ruling_days = models.PositiveSmallIntegerField(
        _("working days from the filing of an appeal to its ruling"), default=5
    )
    recusal_months = models.PositiveSmallIntegerField(
        _("months after leaving a centre in which a member is recused from its cases"), default=12
    )
    attachment_max_mb = models.PositiveSmallIntegerField(_("largest attachment, MB"), default=10)

    objects = CommissionRulesQuerySet.as_manager()

    class Meta:
        verbose_name = _("rules of the commissions")
        verbose_name_plural = _("rules of the commissions")
        ordering = ("-effective_from",)
        constraints = (
            models.CheckConstraint(
                condition=Q(quorum__in=["more_than_half", "two_thirds"]), name="commission_quorum_known"
            ),
            models.CheckConstraint(
                condition=Q(ruling_days__gte=1, attachment_max_mb__gte=1), name="commission_rules_positive"
            ),
        )

    def __str__(self) -> str:
        return str(_("from %(day)s") % {"day": f"{self.effective_from:%d.%m.%Y}"})
