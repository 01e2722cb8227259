"""What is counted of tries to log in; no name and no password is kept."""

from __future__ import annotations

from django.db import models


class LoginTries(models.Model):
    """The tries of the last hour by one account, known device or address, under a keyed hash of its name.

    `times`: seconds since 1970. `unrecorded`: tries since the journal's last line about them (`recorded_at`).
    """

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    unrecorded = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
