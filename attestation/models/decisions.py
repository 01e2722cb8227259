"""Decisions of ¶30 and what follows from them (¶7, ¶27, ¶28, ¶34)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation.cites import cite_label
from attestation.labels import CATEGORIES, CONSEQUENCES, OUTCOMES, choices, outcome_label
from attestation.law.vocabulary import Outcome
from attestation.models.base import link, optional_link
from attestation.models.cycles import Attestation
from attestation.models.people import User
from attestation.models.results import Result


class DecisionQuerySet(models.QuerySet["Decision"]):
    def current(self) -> DecisionQuerySet:
        """The rows that nothing has superseded."""
        return self.filter(superseded_at__isnull=True)


class Decision(models.Model):
    """¶30: a decision formed from stored inputs; superseded, never edited (trigger).

    `assessment_id` names the row of `scoring` it was formed from, without an import of that app.
    `dated` is the day of a final decision (I-28); `formed_at` is when the job ran.
    """

    class State(models.TextChoices):
        PROVISIONAL = "provisional", pgettext_lazy("decision", "provisional")
        FINAL = "final", _("final")

    attestation = link(Attestation, _("attestation"), "decisions")
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    outcome = models.CharField(_("decision"), max_length=20, choices=choices(OUTCOMES))
    result = link(Result, _("test result"), "decisions")
    assessment_id = models.BigIntegerField(_("assessment"), null=True, blank=True)
    category = models.CharField(
        _("category by the decision"), max_length=16, choices=choices(CATEGORIES), blank=True, default=""
    )
    category_until = models.DateField(_("category through"), null=True, blank=True)
    reattest_by = models.DateField(_("re-attestation by"), null=True, blank=True)
    dated = models.DateField(_("day of the decision"), null=True, blank=True)
    inputs = models.JSONField(_("inputs"))
    rule_settings = models.JSONField(_("settings"))
    verdict = models.JSONField(_("verdict"))
    ready_on = models.DateField(_("last data or ruling came on"), null=True, blank=True)
    formed_at = models.DateTimeField(_("formed at"))
    supersedes = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("supersedes"),
    )
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)
    reason = models.CharField(_("why it was formed"), max_length=200, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("attestation", "pk")
        indexes = (
            models.Index(
                fields=("outcome",),
                condition=Q(superseded_at__isnull=True, state="final"),
                name="decision_in_force_by_outcome",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("attestation",),
                condition=Q(superseded_at__isnull=True),
                name="one_current_decision",
            ),
            models.CheckConstraint(condition=~Q(outcome="held"), name="no_decision_on_a_held_row"),
            models.CheckConstraint(
                condition=Q(state="provisional", dated__isnull=True, reattest_by__isnull=True)
                | Q(state="final", dated__isnull=False),
                name="final_decision_is_dated",
            ),
        )

    def __str__(self) -> str:
        return f"{self.attestation}: {self.get_outcome_display()}"

    @property
    def confirms_existing(self) -> bool:
        """I-15: whether the category declared was the existing one."""
        return bool(self.inputs.get("declared")) and self.inputs["declared"] == self.inputs.get("existing")

    # Django leaves a method of ours in its place; the checker adds its own all the same.
    def get_outcome_display(self) -> str:  # type: ignore[no-redef]
        """¶30, I-15: the words of the order; conformity alone where the existing category was declared."""
        return str(outcome_label(Outcome(self.outcome), confirms_existing=self.confirms_existing))


class Consequence(models.Model):
    """What a final decision brings; `done` text says what the employer did about it (I-19)."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        SUSPENDED = "suspended", _("suspended")
        ENDED = "ended", _("ended: the decision was annulled")
        VOID = "void", _("void")
        MOOT = "moot", _("moot")
        WAITING = "waiting", _("waits for the position")
        LAPSED = "lapsed", _("lapsed")

    class Why(models.TextChoices):
        """I-23, I-25, I-36: why it is void, moot or waits; a code, told in the reader's language."""

        POSITION = "position", _("the position has changed")
        LEFT = "left", _("left service")
        CATEGORY = "category", _("a category is held")
        GROUND = "ground", _("its ground fell")
        OWED = "owed", _("owed already by an earlier decision")

    decision = link(Decision, _("decision"), "consequences")
    attestation = link(Attestation, _("attestation"), "consequences")
    kind = models.CharField(_("consequence"), max_length=32, choices=choices(CONSEQUENCES))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    why = models.CharField(_("why"), max_length=12, choices=Why.choices, blank=True)
    cite = models.CharField(_("point"), max_length=20)
    effective_on = models.DateField(_("from"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_text = models.TextField(_("what was done"), blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = optional_link(User, _("recorded by"))

    class Meta:
        verbose_name = _("consequence")
        verbose_name_plural = _("consequences")
        ordering = ("attestation", "pk")
        indexes = (models.Index(fields=("kind", "state")),)
        constraints = (
            models.UniqueConstraint(fields=("decision", "kind"), name="consequence_once_a_decision"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.cite_shown})"

    @property
    def cite_shown(self) -> str:
        """The point that brings it, in the reader's language."""
        return cite_label(self.cite)
