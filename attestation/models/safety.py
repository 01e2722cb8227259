"""What holds harmful effects back, what moved a deadline, what failed (F-D2, F-D7, F-D8, F-D14, F-D18)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.ledger import Deadline
from attestation.models.people import User


class OutageQuerySet(models.QuerySet["Outage"]):
    def open(self) -> OutageQuerySet:
        """Outages that nobody has settled yet: harmful effects on the deadlines they cut into wait."""
        return self.filter(settled_at__isnull=True)


class Outage(models.Model):
    """F-D2: a time in which the system, or the Platform, could not be used; recorded by a person."""

    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    reason = models.TextField(_("what happened"))
    document = models.CharField(_("document"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = optional_link(User, _("settled by"))
    settled_reason = models.TextField(_("why it was settled so"), blank=True)

    objects = OutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ("-began_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("began_at")),
                name="outage_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(ended_at__isnull=False),
                name="outage_settled_after_its_end",
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"


class TermChange(models.Model):
    """F-D14: a deadline that moved, or is proposed to move, and by what.

    A longer deadline applies at once; a shorter one is proposed, and a named person accepts or declines it.
    """

    class Cause(models.TextChoices):
        CALENDAR = "calendar", _("the calendar of days off changed")
        STAGE = "stage", _("the testing stage was moved")
        OUTAGE = "outage", _("the system was down")
        ZONE = "zone", _("the time zone's data changed")

    class State(models.TextChoices):
        APPLIED = "applied", _("applied")
        PROPOSED = "proposed", _("proposed: waits for a decision")
        DECLINED = "declined", _("declined")
        OBSOLETE = "obsolete", _("obsolete")

    deadline = link(Deadline, _("deadline"), "changes")
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    was_due_on = models.DateField(_("last day before"))
    due_on = models.DateField(_("last day after"))
    days = models.JSONField(_("days counted"), default=list)
    calendar_version = models.CharField(_("calendar version"), max_length=60, blank=True)
    outage = optional_link(Outage, _("outage"), "changes")
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    made_at = models.DateTimeField(_("made at"))
    proposed_to = optional_link(User, _("proposed to"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = optional_link(User, _("decided by"))
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("change of a term")
        verbose_name_plural = _("changes of terms")
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("deadline",), condition=Q(state="proposed"), name="one_proposed_change_a_deadline"
            ),
        )

    def __str__(self) -> str:
        return f"{self.was_due_on:%d.%m.%Y} → {self.due_on:%d.%m.%Y}"


class ReadyEffectQuerySet(models.QuerySet["ReadyEffect"]):
    def waiting(self) -> ReadyEffectQuerySet:
        """Effects that a person lets go."""
        return self.filter(state=ReadyEffect.State.WAITING)


class ReadyEffect(models.Model):
    """A harmful effect that is due and waits for a click, because a brake was on when its moment came.

    `sticky`: a brake on the clock held it, so that it waits even when the brake is off again.
    """

    class Effect(models.TextChoices):
        CLOSE_DEADLINE = "close_term", _("a term is closed")
        FINALISE = "finalise", _("a decision becomes final")

    class State(models.TextChoices):
        WAITING = "waiting", _("ready: confirm")
        CONFIRMED = "confirmed", _("confirmed")
        LIFTED = "lifted", _("ran by itself once the brake was off")
        VOID = "void", _("void: not due any more")

    key = models.CharField(max_length=120)
    act = models.CharField(_("effect"), max_length=12, choices=Effect.choices)
    attestation = optional_link(Attestation, _("attestation"), "ready_effects")
    deadline = optional_link(Deadline, _("deadline"), "ready_effects")
    brakes = models.JSONField(_("held by"), default=list)
    sticky = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    ready_at = models.DateTimeField(_("ready since"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = optional_link(User, _("confirmed by"))

    objects = ReadyEffectQuerySet.as_manager()

    class Meta:
        verbose_name = _("effect ready to be confirmed")
        verbose_name_plural = _("effects ready to be confirmed")
        ordering = ("ready_at", "pk")
        indexes = (models.Index(fields=("key", "state")),)
        constraints = (
            models.UniqueConstraint(
                fields=("key",), condition=Q(state="waiting"), name="ready_effect_waits_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_act_display()} (№ {self.pk})"


class WorkFailure(models.Model):
    """F-D18: a row that scheduled work failed on; it backs off and stands under "needs attention"."""

    act = models.CharField(_("work"), max_length=40)
    # `deadline:17`, `attestation:5`
    subject = models.CharField(_("subject"), max_length=80)
    attestation = optional_link(Attestation, _("attestation"), "work_failures")
    error = models.CharField(_("error"), max_length=200)
    tries = models.PositiveIntegerField(_("tries"), default=1)
    first_at = models.DateTimeField(_("first failed at"))
    last_at = models.DateTimeField(_("last failed at"))
    next_try_at = models.DateTimeField(_("next try at"))
    solved_at = models.DateTimeField(_("solved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("work that needs attention")
        verbose_name_plural = _("work that needs attention")
        ordering = ("-last_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("act", "subject"), condition=Q(solved_at__isnull=True), name="one_open_failure_a_row"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"


class Heartbeat(models.Model):
    """F-D7: when a process last did work that reached it through the queue."""

    name = models.CharField(_("process"), max_length=120, primary_key=True)
    kind = models.CharField(_("kind"), max_length=16)
    seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        ordering = ("kind", "name")

    def __str__(self) -> str:
        return self.name
