"""The ledger of deadlines, the outbox of notices and the record of scheduled runs."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation.cites import cite_label
from attestation.law.calendar import last_second
from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import CategoryTerm, Employee, User
from attestation.models.rules import RuleSet

T = TypeVar("T")


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def open(self) -> DeadlineQuerySet:
        """Duties nobody has closed yet."""
        return self.filter(state=Deadline.State.OPEN)

    def over(self, now: datetime) -> DeadlineQuerySet:
        """Deadlines whose last second has passed, whenever the job runs."""
        return self.filter(closes_at__lte=now)


class Deadline(models.Model):
    """One duty and its last day: computed once, printed from here everywhere, enforced by `closes_at`.

    `closes_at` is the first instant that is too late (the midnight after the last day in Almaty);
    `due_on` the last day. In time is: at < closes_at.
    """

    class Kind(models.TextChoices):
        APPEAL = "appeal", _("filing an appeal")
        GRACE = "grace", _("recording appeals filed in time")
        SCORING = "scoring", _("assessment of professional activity")
        REATTESTATION = "reattestation", _("re-attestation")
        CATEGORY = "category", _("term of a category")
        RULING = "ruling", _("ruling on an appeal")

    class Bearer(models.TextChoices):
        """Who must act before the last day; whom the order does not name, is ours."""

        EMPLOYEE = "employee", _("employee")
        CENTER = "center", _("centre")
        COMMISSION = "commission", _("commission")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("term", "open")
        MET = "met", _("closed in time")
        MISSED = "missed", _("missed")
        VOID = "void", _("void")

    key = models.CharField(max_length=80, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    attestation = optional_link(Attestation, _("attestation"), "deadlines")
    employee = link(Employee, _("employee"), "deadlines")
    term = optional_link(CategoryTerm, _("category term"), "deadlines")
    counted_from = models.DateTimeField(_("counted from"))
    due_on = models.DateField(_("last day"))
    closes_at = models.DateTimeField(_("closes at"))
    days = models.JSONField(_("days counted"), default=list)
    cite = models.CharField(_("point"), max_length=20)
    calendar_version = models.CharField(_("calendar version"), max_length=60, blank=True)
    rule_set = optional_link(RuleSet, _("rule set"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    provisional = models.BooleanField(
        pgettext_lazy("term", "provisional"),
        default=False,
        help_text=_("A year whose days off it was counted by is not confirmed yet."),
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("opened in place of"),
    )
    # I-12: of a grace the appeal term after which it begins; none after a confirmed correction (I-34).
    follows = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("follows the term"),
    )
    # F-D2: the outage after which an appeal term, and its grace, were opened again.
    outage = models.ForeignKey(
        "attestation.Outage",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opened again after the outage"),
    )
    # ¶27.2: the decision that brought the re-attestation.
    decision = models.ForeignKey(
        "attestation.Decision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decision"),
    )
    # The next rung of the ladder of reminders; none: nothing is left to remind of.
    remind_at = models.DateTimeField(_("next reminder"), null=True, blank=True, editable=False)
    rung = models.PositiveSmallIntegerField(default=0, editable=False)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=120, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("closes_at", "pk")
        indexes = (
            models.Index(fields=("closes_at",), condition=Q(state="open"), name="deadline_open_by_close"),
            models.Index(fields=("closes_at", "id"), name="deadline_by_close"),
            # What ran at a moment in the past: neither end alone leaves few.
            models.Index(
                fields=("counted_from", "closes_at"),
                condition=Q(attestation__isnull=False),
                name="deadline_by_span",
            ),
            models.Index(
                fields=("remind_at",), condition=Q(remind_at__isnull=False), name="deadline_by_next_reminder"
            ),
            models.Index(fields=("kind", "state")),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="deadline_closed_has_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.due_on:%d.%m.%Y} 23:59:59"

    @property
    def cite_shown(self) -> str:
        """The point that the deadline rests on, in the reader's language."""
        return cite_label(self.cite)

    @property
    def due_at(self) -> datetime:
        """The last second that is in time, in Almaty, as it is shown."""
        return last_second(self.due_on)

    @property
    def bearer(self) -> Deadline.Bearer:
        """Who must act, by the kind of the duty."""
        return BEARERS[Deadline.Kind(self.kind)]

    def is_over(self, now: datetime) -> bool:
        """I-08: from the next midnight on it is too late."""
        return now >= self.closes_at


def of_every_kind(name: str, table: dict[str, T]) -> dict[str, T]:
    """A table by kind of deadline; one that leaves a kind out stops the start (ImproperlyConfigured)."""
    missing = [kind.name for kind in Deadline.Kind if kind not in table]
    if missing:
        raise ImproperlyConfigured(
            f"{name} has no row for the kind of deadline {', '.join(missing)}. Add it."
        )
    return table


BEARERS = of_every_kind(
    "BEARERS",
    {
        Deadline.Kind.APPEAL: Deadline.Bearer.EMPLOYEE,
        Deadline.Kind.GRACE: Deadline.Bearer.CENTER,
        # The data of the assessment come from the centre; the points follow from them by themselves.
        Deadline.Kind.SCORING: Deadline.Bearer.CENTER,
        # ¶27.2: the centre puts the employee on the list (¶9).
        Deadline.Kind.REATTESTATION: Deadline.Bearer.CENTER,
        Deadline.Kind.CATEGORY: Deadline.Bearer.EMPLOYEE,
        Deadline.Kind.RULING: Deadline.Bearer.COMMISSION,
    },
)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def _due(self, now: datetime) -> NoticeQuerySet:
        return self.filter(state=Notice.State.QUEUED, not_before__lte=now)

    def to_send(self, now: datetime) -> NoticeQuerySet:
        """Queued letters whose moment has come, oldest first: digests, and what stands in none."""
        return self._due(now).filter(in_digest=False).order_by("not_before", "pk")

    def put_off(self) -> NoticeQuerySet:
        """Queued letters that the mail server did not take; one that is being sent just now has no error."""
        return self.filter(state=Notice.State.QUEUED, attempts__gt=0).exclude(last_error="")

    def to_gather(self, now: datetime) -> NoticeQuerySet:
        """Queued notices that the next digest of their account is to hold."""
        return self._due(now).filter(in_digest=True, digest__isnull=True).order_by("pk")


class Notice(models.Model):
    """The outbox: a row written in the transaction of the act, sent afterwards, at least once."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed: to be served by hand")
        SUPERSEDED = "superseded", _("superseded")
        MISSED = "missed", _("missed: its event was over")

    key = models.CharField(max_length=160, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    attestation = optional_link(Attestation, _("attestation"), "notices")
    deadline = optional_link(Deadline, _("deadline"), "notices")
    user = optional_link(User, _("to the officer"), "notices")
    employee = optional_link(Employee, _("to the employee"), "notices")
    address = models.EmailField(
        _("to the address"), blank=True, help_text=_("Of an office that has no account here (escalation).")
    )
    # Which moment of the ladder it was made for; empty where it is no reminder of a deadline.
    rung = models.CharField(_("moment of the reminder"), max_length=20, blank=True)
    # Sent as a line of a digest of its account; the digest is a notice too, named once it is made.
    in_digest = models.BooleanField(default=False, editable=False)
    digest = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lines",
        verbose_name=_("sent in the digest"),
    )
    context = models.JSONField(_("content"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(_("created at"))
    not_before = models.DateTimeField(_("to be sent from"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("came back at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=("not_before",), condition=Q(state="queued"), name="notice_queued_by_moment"),
            models.Index(fields=("created_at", "id"), name="notice_by_moment"),
            models.Index(
                fields=("user", "id"),
                condition=Q(user__isnull=False, read_at__isnull=True),
                name="notice_latest_unread_by_user",
            ),
            models.Index(fields=("user",), condition=Q(kind="digest"), name="notice_digests_by_user"),
            models.Index(
                fields=("employee",),
                condition=Q(state="failed", employee__isnull=False),
                name="notice_failed_by_employee",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=False, employee__isnull=True, address="")
                | Q(user__isnull=True, employee__isnull=False, address="")
                | (Q(user__isnull=True, employee__isnull=True) & ~Q(address="")),
                name="notice_has_one_recipient",
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"

    @property
    def letter_key(self) -> str:
        """The key of the letter that tells of it: that of its digest, or its own."""
        return self.digest.key if self.digest else self.key


JOBS = {
    "sweep": _("Sweep of deadlines"),
    "replay": _("Replay of decisions"),
    "ladders": _("Reminder days of a new rule set"),
    "digests": _("Summaries of reminders"),
    "mail": _("Mail server"),
    "alarm": _("Letters that the system does not work"),
}


class JobRun(models.Model):
    """The last run of a scheduled job and its lease: two beats are harmless."""

    name = models.CharField(_("job"), max_length=40, primary_key=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    started_at = models.DateTimeField(_("last started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("last finished"), null=True, blank=True)
    summary = models.JSONField(_("summary"), default=dict)
    # What the clocks of the machine showed then (F-D8); empty where --at stood in for the clock.
    clock = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("scheduled job")
        verbose_name_plural = _("scheduled jobs")

    def __str__(self) -> str:
        return str(JOBS.get(self.name, self.name))
