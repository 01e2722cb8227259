"""`manage.py confirm_ready`: lets go everything that waits as "ready: confirm" (F-D8, F-D2)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from attestation.by import By
from attestation.cases.confirmations import Confirmed, confirm_ready, name_of
from attestation.management.acting import ActingCommand, Report


class Command(ActingCommand):
    """Each effect in a transaction of its own; the journal names who let it go."""

    help = 'Let go what waits as "ready: confirm": close the terms, make the decisions final.'

    def act(self, *, by: By, **options: Any) -> Report:
        answer = confirm_ready(None, by=by)
        data = {
            "confirmed": answer.done,
            "closed": answer.closed,
            "finalised": answer.finalised,
            "refused": [{"case": name_of(effect), "message": text} for effect, text in answer.refused],
        }
        return Report(data, _text(answer), refused=bool(answer.refused))


def _text(answer: Confirmed) -> str:
    lines = [
        _("Terms closed: %(closed)s. Decisions made final: %(finalised)s.")
        % {"closed": answer.closed, "finalised": answer.finalised}
    ]
    if not answer.done and not answer.refused:
        lines = [_("Nothing waits to be confirmed.")]
    return "\n".join([*lines, *(text for _effect, text in answer.refused)])
