"""Appeals against test results (¶21) and the commission that rules on them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.models import Attestation, Center, Result
from attestation.models.base import Versioned


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
        return self.filter(appointed_on__lte=day).filter(Q(released_on__isnull=True) | Q(released_on__gt=day))


class Membership(models.Model):
    """A seat in a commission from a day until a day."""

    class Seat(models.TextChoices):
        CHAIR = "chair", _("chair")
        SECRETARY = "secretary", _("secretary")
        MEMBER = "member", _("member")

    commission = models.ForeignKey(
        Commission, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("commission")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("account"),
    )
    seat = models.CharField(_("seat"), max_length=12, choices=Seat.choices)
    appointed_on = models.DateField(_("appointed on"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    order_no = models.CharField(_("number of the order"), max_length=120, blank=True)

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
            models.CheckConstraint(
                condition=Q(released_on__isnull=True) | Q(released_on__gte=F("appointed_on")),
                name="member_released_after_appointed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} – {self.get_seat_display()}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def waiting(self) -> AppealQuerySet:
        """Timely appeals that the commission has not ruled on (I-12)."""
        return self.filter(state=Appeal.State.OPEN)


class Appeal(Versioned):
    """¶21: an appeal against a published result, with one item for each disputed question.

    `filed_at` is when the employee filed it and decides whether it is in time; `recorded_at` when
    it was put on record here (I-14). `closes_at` is the bound it was measured against.
    """

    class State(models.TextChoices):
        OPEN = "open", _("under review")
        LATE = "late", _("late: not accepted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RESOLVED = "resolved", _("resolved")

    attestation = models.ForeignKey(
        Attestation, on_delete=models.PROTECT, related_name="appeals", verbose_name=_("attestation")
    )
    result = models.ForeignKey(
        Result, on_delete=models.PROTECT, related_name="appeals", verbose_name=_("test result")
    )
    external_id = models.CharField(_("external id"), max_length=120, unique=True)
    filed_at = models.DateTimeField(_("filed at"))
    closes_at = models.DateTimeField(_("term closes at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    receipt_note = models.CharField(_("how it was received"), max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closing_reason = models.TextField(_("reason of withdrawal"), blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ("filed_at", "pk")
        indexes = (models.Index(fields=("state", "filed_at")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(filed_at__lte=F("recorded_at")), name="appeal_not_from_future"
            ),
            models.CheckConstraint(
                condition=Q(filed_at=F("recorded_at")) | ~Q(receipt_note=""),
                name="appeal_recorded_later_says_how",
            ),
            models.CheckConstraint(
                condition=Q(state="late", filed_at__gte=F("closes_at"))
                | (~Q(state="late") & Q(filed_at__lt=F("closes_at"))),
                name="appeal_late_iff_after_its_term",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "late"], resolved_at__isnull=True)
                | Q(state__in=["withdrawn", "resolved"], resolved_at__isnull=False),
                name="appeal_closed_has_moment",
            ),
        )

    def __str__(self) -> str:
        return self.external_id


class AppealItem(models.Model):
    """¶21: one disputed question with its full explanation, and the ruling on it (I-13)."""

    class Ruling(models.TextChoices):
        UPHOLD = "uphold", _("upheld")
        REJECT = "reject", _("rejected")

    appeal = models.ForeignKey(
        Appeal, on_delete=models.PROTECT, related_name="items", verbose_name=_("appeal")
    )
    question = models.PositiveIntegerField(_("question"))
    argument = models.TextField(_("argument"))
    ruling = models.CharField(_("ruling"), max_length=8, choices=Ruling.choices, blank=True, default="")
    reason = models.TextField(_("reason of the ruling"), blank=True)
    ruled_at = models.DateTimeField(_("ruled at"), null=True, blank=True)
    ruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ruled by"),
    )
    minutes = models.JSONField(_("present and votes, as typed in"), default=dict, blank=True)

    class Meta:
        verbose_name = _("appeal item")
        verbose_name_plural = _("appeal items")
        ordering = ("appeal", "question")
        constraints = (
            models.UniqueConstraint(fields=("appeal", "question"), name="question_once_an_appeal"),
            models.CheckConstraint(condition=~Q(argument=""), name="appeal_item_has_argument"),
            models.CheckConstraint(condition=Q(question__gte=1), name="appeal_item_question_positive"),
            models.CheckConstraint(
                condition=Q(ruling="", ruled_at__isnull=True)
                | (Q(ruling__in=["uphold", "reject"], ruled_at__isnull=False) & ~Q(reason="")),
                name="ruling_has_moment_and_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appeal} № {self.question}"
