"""Who read what: a log of its own beside the journal, which holds acts alone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation.models.base import link
from attestation.models.people import Employee, User


class ViewEntry(models.Model):
    """One reading: who, when, which record or file, about whom. Never changed or deleted (trigger)."""

    class What(models.TextChoices):
        PAGE = "page", pgettext_lazy("view", "read")
        FILE = "file", pgettext_lazy("view", "downloaded")
        REFUSED = "refused", pgettext_lazy("view", "not shown: outside one's sight")

    at = models.DateTimeField(_("moment"))
    user = link(User, _("who"))
    what = models.CharField(pgettext_lazy("view", "what"), max_length=10, choices=What.choices)
    # `model:key` of the record whose page it was, as the journal names one.
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    file = models.CharField(_("file"), max_length=255, blank=True)
    # An employee of an undone import goes from the record; that their file was read stays.
    employee = models.ForeignKey(
        Employee,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("employee"),
    )

    class Meta:
        verbose_name = pgettext_lazy("log", "view")
        verbose_name_plural = _("log of views")
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("at", "id"), name="view_by_moment"),
            models.Index(fields=("subject",), name="view_by_subject"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(subject="") | ~models.Q(file=""), name="view_names_something"
            ),
        )

    def __str__(self) -> str:
        return f"№ {self.pk}"
