"""Appeals against test results (¶21), their questions and what was attached."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appeals.models.commission import Commission
from attestation.models import Attestation, Result, User
from attestation.models.base import Versioned, link, optional_link


class AppealQuerySet(models.QuerySet["Appeal"]):
    def waiting(self) -> AppealQuerySet:
        """Timely appeals that the commission has not ruled on (I-12)."""
        return self.filter(state=Appeal.State.OPEN)


class Appeal(Versioned):
    """¶21, I-24: an appeal against a published result, with one item for each disputed question.

    `filed_at` is when the employee filed it and decides whether it is in time; `recorded_at` when
    it was put on record here (I-14). `closes_at` is the bound it was measured against.
    """

    class State(models.TextChoices):
        OPEN = "open", _("under review")
        LATE = "late", _("late: not accepted")
        WITHDRAWN = "withdrawn", pgettext_lazy("appeal", "withdrawn")
        RESOLVED = "resolved", _("resolved")

    attestation = link(Attestation, _("attestation"), "appeals")
    result = link(Result, _("test result"), "appeals")
    external_id = models.CharField(_("external id"), max_length=120, unique=True)
    filed_at = models.DateTimeField(_("filed at"))
    closes_at = models.DateTimeField(_("term closes at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = optional_link(User, _("recorded by"))
    receipt_note = models.CharField(_("how it was received"), max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closing_reason = models.TextField(_("reason of withdrawal"), blank=True)
    # F-C2: of the form it was typed into; a second submission finds the first.
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ("filed_at", "pk")
        indexes = (
            models.Index(fields=("state", "filed_at")),
            models.Index(fields=("filed_at", "id"), name="appeal_by_moment"),
        )
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


def attachment_path(attachment: Attachment, filename: str) -> str:
    """F-W13, F-I15: where the file lies, by its contents; the name given by a person is never a path."""
    return f"appeals/{attachment.sha256[:2]}/{attachment.sha256}"


class Attachment(models.Model):
    """A document given with an appeal; kept outside the web root and served through a permission check."""

    appeal = link(Appeal, _("appeal"), "attachments")
    name = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(_("type"), max_length=120)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(_("file"), upload_to=attachment_path, max_length=255)
    uploaded_by = optional_link(User, _("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("appeal", "pk")
        constraints = (
            models.UniqueConstraint(fields=("appeal", "sha256"), name="attachment_once_an_appeal"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$") & Q(size__gte=1) & ~Q(name=""),
                name="attachment_has_name_size_and_hash",
            ),
        )

    def __str__(self) -> str:
        return self.name


class AppealItemQuerySet(models.QuerySet["AppealItem"]):
    def unclosed(self) -> AppealItemQuerySet:
        """Questions of appeals under review, neither ruled on nor withdrawn."""
        return self.filter(appeal__state=Appeal.State.OPEN, ruling="", withdrawn_at__isnull=True)


class AppealItem(models.Model):
    """¶21: one disputed question with its full explanation, and the ruling on it (I-13).

    A withdrawn one stays, and the question may be filed again, as a question of another appeal.
    It is closed when it is ruled on or withdrawn. `commission` is who rules; a late one has none.
    """

    class Ruling(models.TextChoices):
        UPHOLD = "uphold", _("upheld")
        REJECT = "reject", _("rejected")

    class Ground(models.TextChoices):
        NO_RIGHT_ANSWER = "no_right_answer", _("no answer is right")
        SEVERAL_RIGHT = "several_right", _("more than one answer is right")
        FAULTY = "faulty", _("the question is faulty")
        TECHNICAL = "technical", _("technical fault")
        OTHER = "other", pgettext_lazy("ground", "other")

    appeal = link(Appeal, _("appeal"), "items")
    question = models.PositiveIntegerField(_("question"))
    argument = models.TextField(_("argument"))
    ground = models.CharField(
        _("type of ground"), max_length=16, choices=Ground.choices, default=Ground.OTHER
    )
    ruling = models.CharField(_("ruling"), max_length=8, choices=Ruling.choices, blank=True, default="")
    reason = models.TextField(_("reason of the ruling"), blank=True)
    ruled_at = models.DateTimeField(_("ruled at"), null=True, blank=True)
    ruled_by = optional_link(User, _("ruled by"))
    minutes = models.JSONField(_("present and votes, as typed in"), default=dict, blank=True)
    commission = optional_link(Commission, _("commission"), "items")
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawal_reason = models.TextField(_("reason of withdrawal"), blank=True, default="")
    # The applicant's paper, and when it came; none in rows from before it was asked for.
    withdrawal_paper = optional_link(Attachment, _("paper of the withdrawal"), "withdrawals")
    withdrawal_received_on = models.DateField(_("paper received on"), null=True, blank=True)

    objects = AppealItemQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False, ruling="") & ~Q(withdrawal_reason="")),
                name="withdrawn_item_has_reason_and_no_ruling",
            ),
            models.CheckConstraint(
                condition=Q(withdrawal_paper__isnull=True, withdrawal_received_on__isnull=True)
                | Q(
                    withdrawal_paper__isnull=False,
                    withdrawal_received_on__isnull=False,
                    withdrawn_at__isnull=False,
                ),
                name="withdrawal_paper_has_day",
            ),
            models.CheckConstraint(
                condition=Q(ground__in=["no_right_answer", "several_right", "faulty", "technical", "other"]),
                name="appeal_item_ground_known",
            ),
        )

    def __str__(self) -> str:
        # The review is blind: the number of an appeal may hold that of its case.
        return str(_("Question %(question)s") % {"question": self.question})

    @property
    def is_closed(self) -> bool:
        """Ruled on or withdrawn: nothing more can happen to it."""
        return bool(self.ruling) or self.withdrawn_at is not None
