"""Cycles, the attestations on their lists, and the courses that admit to testing."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.labels import CATEGORIES, POSITIONS, PURPOSES, choices
from attestation.law.calendar import day_close
from attestation.law.vocabulary import Category, Position, Purpose
from attestation.models.base import Versioned, link, optional_link
from attestation.models.centers import Center
from attestation.models.people import Employee
from attestation.models.rules import RuleSet


class Status(models.TextChoices):
    """How far an attestation has come; assigned by `attestation.cases.lifecycle` alone."""

    LISTED = "listed", _("on the list")
    NOT_ADMITTED = "not_admitted", _("not admitted to testing")
    ADMITTED = "admitted", _("admitted to testing")
    ABSENT = "absent", _("absent from testing")
    TESTED = "tested", _("tested")
    HELD = "held", _("decision held")
    SCORED = "scored", _("assessed")
    PROVISIONAL = "provisional", _("provisional decision")
    FINAL = "final", _("final decision")
    CLOSED = "closed", _("closed without a decision")


# I-31: a case that can still bring a decision.
LIVE = (Status.LISTED, Status.ADMITTED, Status.TESTED, Status.SCORED, Status.HELD, Status.PROVISIONAL)


class CycleQuerySet(models.QuerySet["Cycle"]):
    def stage_to_end(self, now: datetime) -> CycleQuerySet:
        """Cycles whose testing stage is over by the clock and not yet on record as ended."""
        return self.filter(stage_closes_at__lte=now, stage_ended_at__isnull=True)


class Cycle(models.Model):
    """One attestation round of a labour mobility centre and its career centres (¶9)."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    center = link(Center, _("labour mobility centre"), "cycles")
    testing_starts = models.DateField(_("testing stage begins"))
    testing_ends = models.DateField(_("testing stage ends"))
    stage_closes_at = models.DateTimeField(editable=False)
    stage_ended_at = models.DateTimeField(_("testing stage ended at"), null=True, blank=True, editable=False)
    opened_at = models.DateTimeField(_("opened at"), editable=False)

    objects = CycleQuerySet.as_manager()

    class Meta:
        verbose_name = _("cycle")
        verbose_name_plural = _("cycles")
        ordering = ("-testing_ends", "code")
        indexes = (models.Index(fields=("stage_closes_at",)),)
        constraints = (
            models.CheckConstraint(
                condition=Q(testing_ends__gte=F("testing_starts")), name="cycle_stage_not_backwards"
            ),
        )

    def __str__(self) -> str:
        return self.code

    def set_stage_close(self) -> None:
        """The testing stage ends with its last day in Almaty (I-06, I-10)."""
        self.stage_closes_at = day_close(self.testing_ends)

    def testing_has_begun(self, today: date) -> bool:
        """I-30: from this day on nobody is listed or admitted any more."""
        return today >= self.testing_starts


CATEGORY_VALUES = [category.value for category in Category]


class Absence(models.TextChoices):
    """I-23: of an attestee without a result, as the reason of the case's status keeps it."""

    EXCUSED = "excused", _("absent for a good reason")
    UNEXCUSED = "unexcused", _("absent without a good reason")


class Attestation(Versioned):
    """One person's attestation in one cycle: position, purpose and categories as they stood."""

    case_no = models.CharField(_("case"), max_length=60, unique=True, editable=False)
    cycle = link(Cycle, _("cycle"), "attestations")
    employee = link(Employee, _("employee"), "attestations")
    center = link(Center, _("centre"), "attestations")
    position = models.CharField(_("position"), max_length=24, choices=choices(POSITIONS))
    purpose = models.CharField(_("purpose"), max_length=12, choices=choices(PURPOSES))
    repeat = models.BooleanField(_("re-attestation"), default=False)
    repeats = models.ForeignKey(
        "attestation.Consequence",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="taken_up_by",
        verbose_name=_("repeats"),
    )
    existing = models.CharField(
        _("existing category"), max_length=16, choices=choices(CATEGORIES), blank=True, default=""
    )
    declared = models.CharField(
        _("declared category"), max_length=16, choices=choices(CATEGORIES), blank=True, default=""
    )
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.LISTED)
    status_reason = models.JSONField(_("reason of the status"), default=list, blank=True)
    rule_set = optional_link(RuleSet, _("rule set"), "attestations")
    pinned_at = models.DateTimeField(_("rule set pinned at"), null=True, blank=True)
    listed_at = models.DateTimeField(_("listed at"))
    # Kept by `appeals` through services.appeal_opened / appeal_closed: this app does not know that one.
    open_appeals = models.PositiveSmallIntegerField(_("open appeals"), default=0, editable=False)
    last_appeal_closed_at = models.DateTimeField(
        _("last appeal closed at"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")
        ordering = ("-cycle__testing_ends", "case_no")
        indexes = (
            models.Index(fields=("status", "cycle")),
            models.Index(fields=("-cycle", "case_no"), name="case_by_cycle"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("cycle", "employee"),
                condition=~Q(status="closed"),
                name="one_open_attestation_in_a_cycle",
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.CATEGORY, declared__in=CATEGORY_VALUES[1:])
                | (~Q(purpose=Purpose.CATEGORY) & Q(declared="")),
                name="declared_with_purpose_category_only",
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.CATEGORY, existing__in=CATEGORY_VALUES)
                | (~Q(purpose=Purpose.CATEGORY) & Q(existing="")),
                name="existing_with_purpose_category_only",
            ),
            models.CheckConstraint(
                condition=Q(existing__in=["", "none", "consultant"])
                | Q(existing="case_manager", declared__in=["case_manager", "mentor"])
                | Q(existing="mentor", declared="mentor"),
                name="declared_not_below_existing",
            ),
            models.CheckConstraint(
                condition=Q(position=Position.CAREER_SPECIALIST, purpose__in=["initial", "category"])
                | (~Q(position=Position.CAREER_SPECIALIST) & Q(purpose__in=["initial", "position"])),
                name="purpose_that_the_position_has",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="attestation_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=["held", "scored", "provisional", "final"])
                | Q(rule_set__isnull=False),
                name="decided_by_a_pinned_rule_set",
            ),
        )

    @property
    def absence(self) -> Absence | None:
        """I-23: whether the absence is excused; None where nobody has said so."""
        said = next((item["absence"] for item in self.status_reason if item.get("absence")), None)
        return Absence(said) if said else None

    def __str__(self) -> str:
        return self.case_no


class CourseRecord(models.Model):
    """¶14: a learning plan's hours, or a course in the profile of a category."""

    cycle = link(Cycle, _("cycle"), "courses")
    employee = link(Employee, _("employee"), "courses")
    course_category = models.CharField(
        _("course category"), max_length=16, choices=choices(CATEGORIES)[1:], blank=True, default=""
    )
    hours_required = models.DecimalField(
        _("hours required"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    hours_completed = models.DecimalField(
        _("hours completed"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("course hours")
        verbose_name_plural = _("course hours")
        ordering = ("cycle", "employee", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("cycle", "employee", "course_category"), name="one_course_record_a_profile"
            ),
            models.CheckConstraint(
                condition=(Q(hours_required__isnull=True) | Q(hours_required__gte=0))
                & (Q(hours_completed__isnull=True) | Q(hours_completed__gte=0)),
                name="course_hours_not_negative",
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee}: {self.hours_completed}/{self.hours_required}"
