"""Assessment of professional activity (¶28-1, App. 1-2): what it reads and what it found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.cases.waiting import FOR_A_RULING, held_for
from attestation.models import Attestation, Center, Correction, Employee, ImportJob, Result, User
from attestation.models.base import NotVoid, link, optional_link


class RecordQuerySet(models.QuerySet[Any]):
    def standing(self) -> RecordQuerySet:
        """I-34: the records that count; those that were voided are left out."""
        return self.filter(voiding__isnull=True)

    def known(self) -> RecordQuerySet:
        """The records that an external id names; not those of an undone import, which stay as void."""
        return self.filter(undone_at__isnull=True)


def one_an_external_id(name: str) -> models.UniqueConstraint:
    """Of the records that an external id names there is one."""
    return models.UniqueConstraint(
        fields=("external_id",), condition=Q(undone_at__isnull=True), name=f"one_{name}_an_external_id"
    )


class Rating(models.Model):
    """App. 1-2 row 2: one score by a service recipient, from 1 to 5 (I-26)."""

    employee = link(Employee, _("employee"), "ratings")
    rated_on = models.DateField(_("rated on"))
    score = models.DecimalField(_("score"), max_digits=7, decimal_places=4)
    external_id = models.CharField(_("external id"), max_length=120)
    undone_at = models.DateTimeField(_("void since"), null=True, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering = ("-rated_on", "pk")
        indexes = (
            models.Index(fields=("employee", "rated_on")),
            models.Index(fields=("-rated_on", "id"), name="rating_by_day"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="rating_from_1_to_5"),
            one_an_external_id("rating"),
        )

    def __str__(self) -> str:
        return f"{self.employee}: {self.score.normalize():f}"


class Violation(models.Model):
    """App. 1-2 row 3: a violation or error recorded in the information system."""

    employee = link(Employee, _("employee"), "violations")
    recorded_on = models.DateField(_("recorded on"))
    description = models.TextField(_("description"))
    external_id = models.CharField(_("external id"), max_length=120)
    undone_at = models.DateTimeField(_("void since"), null=True, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("violation")
        verbose_name_plural = _("violations")
        ordering = ("-recorded_on", "pk")
        indexes = (
            models.Index(fields=("employee", "recorded_on")),
            models.Index(fields=("-recorded_on", "id"), name="violation_by_day"),
        )
        constraints = (one_an_external_id("violation"),)

    def __str__(self) -> str:
        return f"{self.employee}: {self.external_id}"


class Voiding(models.Model):
    """I-34: a rating or a violation that was recorded wrongly counts no more; never edited, never undone."""

    rating = models.OneToOneField(
        Rating,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="voiding",
        verbose_name=_("rating"),
    )
    violation = models.OneToOneField(
        Violation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="voiding",
        verbose_name=_("violation"),
    )
    reason = models.TextField(_("reason"))
    document = models.CharField(_("document"), max_length=200)
    # Of two persons, where a final decision counted the record.
    correction = models.OneToOneField(
        Correction,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="voiding",
        verbose_name=_("correction"),
    )
    voided_by = link(User, _("voided by"))
    voided_at = models.DateTimeField(_("voided at"))

    class Meta:
        verbose_name = _("voided record")
        verbose_name_plural = _("voided records")
        ordering = ("-voided_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(rating__isnull=False, violation__isnull=True)
                | Q(rating__isnull=True, violation__isnull=False),
                name="voiding_of_one_record",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document=""), name="voiding_has_reason_and_document"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"


class ReadThrough(models.Model):
    """I-27: through which day a centre's ratings or violations have been read. Never edited.

    `voided_at`: the import that said it was undone.
    """

    class Kind(models.TextChoices):
        RATINGS = "ratings", _("ratings")
        VIOLATIONS = "violations", _("violations")

    center = link(Center, _("centre"), "read_through")
    kind = models.CharField(_("what was read"), max_length=12, choices=Kind.choices)
    through = models.DateField(_("through"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))
    job = optional_link(ImportJob, _("import"))
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True, editable=False)

    objects = NotVoid()

    class Meta:
        verbose_name = _("day through which data were read")
        verbose_name_plural = _("days through which data were read")
        ordering = ("-recorded_at", "pk")
        indexes = (models.Index(fields=("center", "kind", "through")),)

    def __str__(self) -> str:
        return f"{self.center}: {self.get_kind_display()} – {self.through:%d.%m.%Y}"


class RatingRuling(models.Model):
    """I-04, I-05: the commission's ruling on a held row 2, with its reason."""

    attestation = link(Attestation, _("attestation"), "rating_rulings")
    points = models.PositiveSmallIntegerField(_("points"), choices=[(10, "10"), (0, "0")])
    reason = models.TextField(_("reason"))
    ruled_by = link(User, _("ruled by"))
    ruled_at = models.DateTimeField(_("ruled at"))

    class Meta:
        verbose_name = _("ruling on the rating")
        verbose_name_plural = _("rulings on the rating")
        ordering = ("-ruled_at",)
        constraints = (
            models.UniqueConstraint(fields=("attestation",), name="one_rating_ruling_a_case"),
            models.CheckConstraint(condition=Q(points__in=[0, 10]), name="rating_ruling_0_or_10"),
            models.CheckConstraint(condition=~Q(reason=""), name="rating_ruling_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.attestation}: {self.points}"


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def current(self) -> AssessmentQuerySet:
        """The rows that nothing has superseded."""
        return self.filter(superseded_at__isnull=True)


class Assessment(models.Model):
    """¶28-1: App. 1-2 filled in for one result; superseded, never edited (trigger)."""

    attestation = link(Attestation, _("attestation"), "assessments")
    result = link(Result, _("test result"), "assessments")
    window_from = models.DateField(_("window from"))
    window_to = models.DateField(_("window through"))
    rating_sum = models.DecimalField(_("sum of ratings"), max_digits=16, decimal_places=4, null=True)
    rating_count = models.PositiveIntegerField(_("number of ratings"), default=0)
    violations = models.PositiveIntegerField(_("violations"), null=True)
    ratings_read = models.BooleanField(_("ratings read through the window"))
    ruling = optional_link(RatingRuling, _("ruling on the rating"))
    points_test = models.CharField(_("points for the test"), max_length=40)
    points_rating = models.PositiveSmallIntegerField(_("points for the rating"), null=True)
    points_violations = models.PositiveSmallIntegerField(_("points for violations"), null=True)
    points_total = models.CharField(_("total"), max_length=40, blank=True)
    held = models.JSONField(_("held because"), default=list)
    inputs = models.JSONField(_("inputs"))
    due_on = models.DateField(_("due"), null=True)
    formed_at = models.DateTimeField(_("formed at"))
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment of professional activity")
        verbose_name_plural = _("assessments of professional activity")
        ordering = ("attestation", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("attestation",),
                condition=Q(superseded_at__isnull=True),
                name="one_current_assessment",
            ),
            models.CheckConstraint(
                condition=Q(points_rating__isnull=True) | Q(points_rating__in=[0, 10]),
                name="assessment_row_2_0_or_10",
            ),
            models.CheckConstraint(
                condition=Q(points_violations__isnull=True) | Q(points_violations__in=[0, 10]),
                name="assessment_row_3_0_or_10",
            ),
        )

    def __str__(self) -> str:
        return f"{self.attestation}: {self.points_total or '…'}"

    @property
    def is_held(self) -> bool:
        """Whether a row still waits for data or for a ruling."""
        return bool(self.held)


class HeldRows(models.Manager["HeldRow"]):
    def get_queryset(self) -> models.QuerySet[HeldRow]:
        """The cases whose row 2 waits for a ruling."""
        return super().get_queryset().filter(held_for(FOR_A_RULING))


class HeldRow(Attestation):
    """I-04, I-05: a case by its held row 2 alone, as the chair of a blind review reads it."""

    objects: ClassVar[models.Manager[HeldRow]] = HeldRows()

    class Meta:
        proxy = True
        verbose_name = _("held row 2")
        verbose_name_plural = _("held rows 2")

    def __str__(self) -> str:
        # The review is blind: the case is not named.
        return str(_("Held row 2 of Appendix 1-2"))
