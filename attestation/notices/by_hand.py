"""F-D20, F-D21: the letters that HR serves by hand."""

from __future__ import annotations

from django.db.models import QuerySet

from attestation.models import Notice
from attestation.notices.contents import outdated


def to_serve(letters: QuerySet[Notice]) -> QuerySet[Notice]:
    """Of the letters those that no employee got and nobody has served yet.

    F-D22: what a result or a decision told that has been superseded or annulled since is nobody's task: the
    letter on what took its place is.
    """
    failed = letters.filter(state=Notice.State.FAILED, employee__isnull=False, services__isnull=True)
    return failed.exclude(outdated())


def is_to_serve(letter: Notice) -> bool:
    """Whether this one is among them."""
    # Most are not; they need no query.
    return letter.state == Notice.State.FAILED and to_serve(Notice.objects.filter(pk=letter.pk)).exists()
