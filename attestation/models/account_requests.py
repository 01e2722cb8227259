"""What one administrator asks for an account, and what became of it. Ours."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation.models.base import link, optional_link
from attestation.models.people import User

STANDS = timedelta(days=7)


class AccountRequestQuerySet(models.QuerySet["AccountRequest"]):
    def open(self) -> AccountRequestQuerySet:
        """Those that wait for a second administrator, or for their moment."""
        return self.filter(state=AccountRequest.State.OPEN)

    def due(self, now: datetime) -> AccountRequestQuerySet:
        """Those of a lone administrator whose moment has come and that nobody stopped."""
        return self.open().filter(due_at__lte=now)

    def too_old(self, now: datetime) -> AccountRequestQuerySet:
        """Those that nobody settled in a week."""
        return self.open().filter(asked_at__lte=now - STANDS)


class AccountRequest(models.Model):
    """A right or a seat asked for; given once a second administrator confirms it. Never deleted (trigger).

    `kind` is one of `accounts.requests.KINDS`; `payload` is what is wanted and `was` what the account had as
    it was asked, codes and keys. `due_at` stands where nobody was there to confirm it: then it takes effect
    by itself, unless somebody stops it.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "open")
        CONFIRMED = "confirmed", _("confirmed by a second administrator")
        STOPPED = "stopped", _("stopped")
        EXPIRED = "expired", _("expired: not confirmed in time, or the account was changed meanwhile")
        DONE = "done", _("in effect: nobody stopped it")

    kind = models.CharField(_("what is asked"), max_length=20)
    account = link(User, _("account"), "requests_about")
    payload = models.JSONField(_("wanted"))
    was = models.JSONField(_("before"))
    reason = models.TextField(_("reason"))
    asked_by = link(User, _("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("takes effect by itself at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    settled_by = optional_link(User, _("settled by"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_reason = models.TextField(_("reason of the stop"), blank=True)

    objects = AccountRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about an account")
        verbose_name_plural = _("requests about accounts")
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "kind"), condition=Q(state="open"), name="one_open_request_an_account"
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="account_request_settled_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(settled_by__isnull=False),
                name="account_request_confirmed_by",
            ),
            # Four eyes, whoever writes the row.
            models.CheckConstraint(
                condition=~Q(asked_by=models.F("account"))
                & (
                    ~Q(state="confirmed")
                    | (~Q(settled_by=models.F("asked_by")) & ~Q(settled_by=models.F("account")))
                ),
                name="account_request_two_administrators",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="account_request_has_reason"),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"

    def is_over(self, now: datetime) -> bool:
        """Whether nobody settled it in a week."""
        return self.asked_at <= now - STANDS
