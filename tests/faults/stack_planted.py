"""The Celery app with a bug planted: a letter is marked as sent before it is sent (tests of the harness)."""

from typing import Any

import django

from tests.faults.stack_app import app as app

django.setup()

from attestation.models import Notice  # noqa: E402  the models stand only now
from attestation.notices import delivery  # noqa: E402

_compose = delivery.compose


def mark_and_compose(notice: Notice, connection: Any = None) -> Any:
    """As a well-known reminder service does it: whoever dies now has lost the letter."""
    Notice.objects.filter(pk=notice.pk).update(state=Notice.State.SENT, sent_at=notice.created_at)
    return _compose(notice, connection)


delivery.compose = mark_and_compose
