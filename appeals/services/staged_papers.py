"""F-W13: papers that were checked and wait for the form to be confirmed; a browser sends a file once only.

They lie beside the attachments, each known by a signed word in the form, for its case and account alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from django.core import signing
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from appeals.services.attachments import Paper, kept_too_long, storage
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, User
from attestation.refusals import Refused

# Papers of the day before yesterday are removed as the next ones come. Until then they stay, also once they
# are attachments: a second press of the button finds them again (F-C2).
PLACE = "staged"


def stage(case: Attestation, papers: Sequence[Paper], *, by: By) -> list[str]:
    """Keep the papers until the form is confirmed; returns a word for each. Removes those kept too long."""
    if papers:
        for old in kept_too_long(PLACE, by.at):
            storage().delete(old)
    words = []
    for paper in papers:
        name = f"{PLACE}/{local_day(by.at).isoformat()}/{secrets.token_hex(16)}"
        place = storage().save(name, ContentFile(paper.content))
        words.append(_signer(case, by.user).sign_object([paper.name, paper.content_type, place]))
    return words


def staged(case: Attestation, words: Iterable[str], *, user: User | None) -> list[Paper]:
    """The papers behind the words, for the account that gave them. Raises Refused: gone, or kept too long."""
    papers = []
    for word in words:
        try:
            name, content_type, place = _signer(case, user).unsign_object(word)
            with storage().open(place) as file:
                papers.append(Paper(name, content_type, file.read()))
        except (signing.BadSignature, FileNotFoundError) as error:
            raise Refused(
                "staged_gone",
                _("A file that was given with this form is not kept any more. Attach it again."),
            ) from error
    return papers


def _signer(case: Attestation, user: User | None) -> signing.Signer:
    return signing.Signer(salt=f"staged:{case.pk}:{user.pk if user else 0}")
