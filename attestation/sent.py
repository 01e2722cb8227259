"""F-C2: a form with a key acts once. The key is put down in the transaction of the act, with its first entry
in the journal: whoever sends the same form meanwhile waits for that row, and is then turned away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from attestation.by import By
from attestation.models import SentForm

KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 5_000


class SentAlready(Exception):
    """The form took effect before; of this time nothing is written."""


@dataclass
class Sending:
    """The form that is being answered."""

    user_id: int
    path: str
    key: str
    row_id: UUID | None = None
    committed: bool = False

    def first(self) -> SentForm | None:
        """What is known of the form, whoever's request put it down."""
        return SentForm.objects.filter(user_id=self.user_id, path=self.path, key=self.key).first()

    def own(self) -> SentForm | None:
        """The row, where this request put it down and that was not taken back."""
        return SentForm.objects.filter(pk=self.row_id).first() if self.row_id else None

    def commit(self) -> None:
        """The row stands, whatever the rest of the request does."""
        self.committed = True


_sending: ContextVar[Sending | None] = ContextVar("sending", default=None)


@contextmanager
def sending(form: Sending) -> Iterator[None]:
    """What its sender does until the end is done by this form."""
    token = _sending.set(form)
    try:
        yield
    finally:
        _sending.reset(token)


def put_down(by: By) -> None:
    """The form takes effect, if one is being answered and it is its sender who acts. Raises SentAlready."""
    form = _sending.get()
    if form is None or form.committed or by.user is None or by.user.pk != form.user_id or form.own():
        return
    row = SentForm(user_id=form.user_id, path=form.path, key=form.key, at=by.at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise SentAlready from error
    form.row_id = row.pk
    transaction.on_commit(form.commit)


def forget_sent_forms(now: datetime) -> int:
    """Keys older than a week go, so many at once. Returns their number."""
    old = SentForm.objects.filter(at__lt=now - KEPT_FOR).order_by("at")
    return SentForm.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    ).delete()[0]
