"""F-C2: which forms were sent and took effect, so that the same one sent again does nothing."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from attestation.models.base import link
from attestation.models.people import User


class SentForm(models.Model):
    """A form that took effect, by the key made with its page, and what its sender was shown.

    `led_to` is empty until the answer is given; where it stays so, nobody knows how far the act came.
    `said`: the messages, each as level, text, and whether the text is HTML. Rows are forgotten after a week.
    """

    # Made anew at each try, so that one's own row is never taken for another's.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = link(User, _("who"))
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=64)
    at = models.DateTimeField(_("moment"), db_index=True)
    led_to = models.TextField(blank=True)
    said = models.JSONField(default=list)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")
        constraints = (models.UniqueConstraint(fields=("user", "path", "key"), name="a_form_acts_once"),)

    def __str__(self) -> str:
        return f"{self.path} {self.at:%H:%M}"
