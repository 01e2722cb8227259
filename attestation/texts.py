"""Texts that a person gives with an act: reasons and explanations, in normal form and never empty."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from attestation.names import TextError, normalise
from attestation.refusals import Refused

TEXT_MAX = 10_000


def required_text(text: str, missing: str | Promise, *, limit: int = TEXT_MAX) -> str:
    """The text in normal form (F-R10). Raises Refused: `missing` where it is blank, else what is wrong."""
    try:
        written = normalise(text, lines=True)
    except TextError as error:
        raise Refused(
            "bad_text",
            _("Character %(position)s of the text is %(character)s, which can't be stored. Type it anew."),
            position=error.params["position"],
            character=error.params["character"],
        ) from error
    if not written:
        raise Refused("text_missing", missing)
    if len(written) > limit:
        raise Refused(
            "text_too_long",
            _("The text has %(length)s characters; at most %(limit)s are kept. Shorten it."),
            length=len(written),
            limit=limit,
        )
    return written
