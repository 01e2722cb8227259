"""A commission's sitting: agenda, attendance, recusals, votes, dissent. Ours, not the order's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appeals.models.commission import Commission, Membership
from appeals.models.filing import AppealItem
from attestation.models import Attestation, User
from attestation.models.base import Versioned, link, optional_link

ONE_SUBJECT = Q(item__isnull=False, attestation__isnull=True) | Q(
    item__isnull=True, attestation__isnull=False
)


class Sitting(Versioned):
    """Planned and opened by the secretary, closed by the chair; then read-only for ever."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        OPEN = "open", pgettext_lazy("sitting", "open")
        CLOSED = "closed", pgettext_lazy("sitting", "closed")

    commission = link(Commission, _("commission"), "sittings")
    number = models.PositiveIntegerField(_("number"))
    starts_at = models.DateTimeField(_("begins at"))
    place = models.CharField(_("place"), max_length=255, blank=True)
    online = models.BooleanField(_("online"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PLANNED)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_by = optional_link(User, _("opened by"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = optional_link(User, _("closed by"))

    class Meta:
        verbose_name = _("sitting")
        verbose_name_plural = _("sittings")
        ordering = ("-starts_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("commission", "number"), name="sitting_number_once"),
            models.CheckConstraint(condition=Q(online=True) | ~Q(place=""), name="sitting_has_a_place"),
            models.CheckConstraint(
                condition=Q(state="planned", opened_at__isnull=True, closed_at__isnull=True)
                | Q(state="open", opened_at__isnull=False, closed_at__isnull=True)
                | Q(state="closed", opened_at__isnull=False, closed_at__isnull=False),
                name="sitting_state_has_moments",
            ),
        )

    def __str__(self) -> str:
        # Without the commission: its name may be that of an appellant's centre, and the review is blind.
        return str(_("sitting № %(number)s") % {"number": self.number})

    @property
    def full(self) -> str:
        """The sitting with its commission, for those who keep several."""
        return f"{self.commission}, {self}"

    @property
    def code(self) -> str:
        """The sitting as the journal names it, whatever the language: `central-3`, `<BIN>-3`."""
        center = self.commission.center
        return f"{center.bin if center is not None else 'central'}-{self.number}"


class AgendaItemQuerySet(models.QuerySet["AgendaItem"]):
    def pending(self) -> AgendaItemQuerySet:
        """On an agenda and not closed; the votes on it may be counted."""
        return self.filter(outcome="")

    def standing(self) -> AgendaItemQuerySet:
        """On an agenda: pending, or sealed in a sitting that is not closed yet."""
        sealed = Q(outcome=AgendaItem.Outcome.RULED, sitting__state=Sitting.State.OPEN)
        return self.filter(Q(outcome="") | sealed)


class AgendaItem(models.Model):
    """One question of an appeal, or one held row 2 of App. 1-2 (`attestation`), on a sitting's agenda.

    `minutes` is written when the votes are counted: who was present and recused, the quorum, the votes. With
    its reason a ruling is sealed (`outcome`); it takes effect when the sitting is closed.
    """

    class Outcome(models.TextChoices):
        RULED = "ruled", _("ruled on")
        NO_RULING = "no_ruling", _("no ruling: goes to the next sitting")
        PASSED = "passed_to_central", _("passed to the central commission")
        WITHDRAWN = "withdrawn", pgettext_lazy("agenda item", "withdrawn or ruled on elsewhere")

    sitting = link(Sitting, _("sitting"), "agenda")
    item = optional_link(AppealItem, _("appeal item"), "agenda_items")
    attestation = optional_link(Attestation, _("held row 2 of"), "agenda_items")
    position = models.PositiveIntegerField(_("position"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True, default="")
    ruling = models.CharField(_("ruling"), max_length=8, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True, default="")
    # Why the ruling differs from an earlier one on the same question; empty where none differs.
    departure = models.TextField(_("why it differs from an earlier ruling"), blank=True, default="")
    minutes = models.JSONField(_("minutes"), default=dict, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = optional_link(User, _("closed by"))

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ("sitting", "position", "pk")
        constraints = (
            models.CheckConstraint(condition=ONE_SUBJECT, name="agenda_item_has_one_subject"),
            models.UniqueConstraint(fields=("sitting", "item"), name="item_once_an_agenda"),
            models.UniqueConstraint(fields=("sitting", "attestation"), name="row_once_an_agenda"),
            models.UniqueConstraint(
                fields=("item",), condition=Q(outcome=""), name="item_on_one_agenda_at_a_time"
            ),
            models.UniqueConstraint(
                fields=("attestation",), condition=Q(outcome=""), name="row_on_one_agenda_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at__isnull=True, ruling="")
                | (
                    Q(outcome="ruled", closed_at__isnull=False, closed_by__isnull=False)
                    & Q(item__isnull=False, ruling__in=["uphold", "reject"])
                    & ~Q(reason="")
                )
                | (
                    Q(outcome="ruled", closed_at__isnull=False, closed_by__isnull=False)
                    & Q(attestation__isnull=False, ruling__in=["ten", "zero"])
                    & ~Q(reason="")
                )
                | Q(
                    outcome__in=["no_ruling", "passed_to_central", "withdrawn"],
                    closed_at__isnull=False,
                    ruling="",
                ),
                name="agenda_item_closed_has_moment",
            ),
        )

    def __str__(self) -> str:
        # The review is blind: the case is not named.
        return str(_("Item %(position)s of the agenda") % {"position": self.position})

    @property
    def case(self) -> Attestation:
        """Whose case it is about."""
        found = self.item.appeal.attestation if self.item is not None else self.attestation
        assert found is not None  # the database refuses an agenda item without a subject
        return found


class Reopening(models.Model):
    """What was counted, and maybe sealed, of an item before the chair had it voted on again."""

    agenda_item = link(AgendaItem, _("agenda item"), "reopenings")
    ruling = models.CharField(_("ruling"), max_length=8)
    reason = models.TextField(_("reason"), blank=True, default="")
    departure = models.TextField(_("why it differs from an earlier ruling"), blank=True, default="")
    minutes = models.JSONField(_("minutes"))
    counted_at = models.DateTimeField(_("counted at"))
    sealed_at = models.DateTimeField(_("sealed at"), null=True, blank=True)
    why = models.TextField(_("why it was reopened"))
    reopened_at = models.DateTimeField(_("reopened at"))
    reopened_by = link(User, _("reopened by"))

    class Meta:
        verbose_name = _("reopened ruling")
        verbose_name_plural = _("reopened rulings")
        ordering = ("agenda_item", "reopened_at", "pk")
        constraints = (models.CheckConstraint(condition=~Q(why=""), name="reopening_says_why"),)

    def __str__(self) -> str:
        return str(self.agenda_item)


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def composition(self) -> AttendanceQuerySet:
        """Who belonged to the commission as the sitting was opened."""
        return self.exclude(seat="").select_related("membership__user__employee")


class Attendance(models.Model):
    """Who belongs to an open sitting, in which seat, fixed at its opening; who is there, as marked since.

    Without a `seat`: was marked present once and did not belong to it at the opening.
    """

    sitting = link(Sitting, _("sitting"), "attendance")
    membership = link(Membership, _("member"), "attendance")
    seat = models.CharField(_("seat"), max_length=12, choices=Membership.Seat.choices, blank=True, default="")
    present = models.BooleanField(_("present"), default=False)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering = ("sitting", "membership")
        constraints = (
            models.UniqueConstraint(fields=("sitting", "membership"), name="attendance_once_a_member"),
        )

    def __str__(self) -> str:
        return f"{self.membership}: {_('present') if self.present else _('absent')}"


class Recusal(models.Model):
    """F-R8: a person who takes no part in one item, by rule or by own statement; never taken back."""

    class Ground(models.TextChoices):
        APPELLANT = "appellant", _("is the appellant")
        COLLEAGUE = "colleague", _("works or worked in the appellant's centre within the period")
        HR_OFFICER = "hr_officer", _("is the HR officer of the appellant's centre")
        STATEMENT = "statement", _("own statement")

    user = link(User, _("account"), "recusals")
    item = optional_link(AppealItem, _("appeal item"), "recusals")
    attestation = optional_link(Attestation, _("held row 2 of"), "recusals")
    automatic = models.BooleanField(_("by rule"))
    ground = models.CharField(_("ground"), max_length=12, choices=Ground.choices)
    reason = models.TextField(_("reason"), blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(condition=ONE_SUBJECT, name="recusal_has_one_subject"),
            models.UniqueConstraint(fields=("user", "item"), name="recused_once_from_an_item"),
            models.UniqueConstraint(fields=("user", "attestation"), name="recused_once_from_a_row"),
            models.CheckConstraint(
                condition=Q(automatic=True, ground__in=["appellant", "colleague", "hr_officer"])
                | (Q(automatic=False, ground="statement") & ~Q(reason="")),
                name="recusal_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_ground_display()}"

    @property
    def words(self) -> str:
        """Whether the person said so, or a rule does."""
        return str(_("recused by rule") if self.automatic else _("recused by own statement"))

    @property
    def why(self) -> str:
        """By which rule, or the person's own words."""
        if self.automatic:
            return self.get_ground_display()
        return _("own statement: %(reason)s") % {"reason": self.reason}


class Vote(models.Model):
    """F-C9: one a member and item, changeable until the votes are counted.

    `receipt` is the hash of item, member, choice and `nonce`, a random value: the journal keeps it as the
    vote is cast, and the choice with the nonce at the count. Votes of before have neither.
    """

    class Choice(models.TextChoices):
        UPHOLD = "uphold", pgettext_lazy("vote", "uphold")
        REJECT = "reject", pgettext_lazy("vote", "reject")
        TEN = "ten", _("10 points")
        ZERO = "zero", _("0 points")
        ABSTAIN = "abstain", pgettext_lazy("vote", "abstain")

    agenda_item = link(AgendaItem, _("agenda item"), "votes")
    membership = link(Membership, _("member"), "votes")
    choice = models.CharField(_("vote"), max_length=8, choices=Choice.choices)
    cast_at = models.DateTimeField(_("cast at"))
    nonce = models.CharField(max_length=32, blank=True, default="", editable=False)
    receipt = models.CharField(_("receipt"), max_length=64, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering = ("agenda_item", "membership")
        constraints = (
            models.UniqueConstraint(fields=("agenda_item", "membership"), name="one_vote_a_member"),
            models.CheckConstraint(
                condition=Q(choice__in=["uphold", "reject", "ten", "zero", "abstain"]),
                name="vote_choice_known",
            ),
        )

    def __str__(self) -> str:
        # The choice is not named: it is hidden until the item is closed.
        return f"{self.agenda_item} – {self.membership}"


class Dissent(models.Model):
    """A member's dissenting opinion on a closed item, kept with the minutes."""

    agenda_item = link(AgendaItem, _("agenda item"), "dissents")
    membership = link(Membership, _("member"), "dissents")
    text = models.TextField(_("text"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("dissent")
        verbose_name_plural = _("dissents")
        ordering = ("agenda_item", "recorded_at")
        constraints = (
            models.UniqueConstraint(fields=("agenda_item", "membership"), name="one_dissent_a_member"),
            models.CheckConstraint(condition=~Q(text=""), name="dissent_has_text"),
        )

    def __str__(self) -> str:
        return f"{self.agenda_item} – {self.membership}"
