"""`manage.py verify_journal`: walks the journal's chain of hashes and names the first broken entry (F-T2)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from attestation import journal
from attestation.by import By
from attestation.management.acting import ActingCommand, Report
from attestation.models import JournalEntry


class Command(ActingCommand):
    """F-T2: only reads."""

    help = "Walk the journal's chain of hashes; name the first broken entry."
    as_user = ""
    changes = False

    def act(self, *, by: By, **options: Any) -> Report:
        entries = JournalEntry.objects.count()
        broken = journal.verify()
        if broken is None:
            text = _("The journal is whole: %(entries)s entries.") % {"entries": entries}
            return Report({"entries": entries, "broken": None}, text)
        text = _(
            "The journal is broken at entry %(seq)s: %(why)s. Keep a copy of the database as it is and turn "
            "to the auditor."
        ) % {"seq": broken.seq, "why": broken.why}
        data = {"entries": entries, "broken": {"seq": broken.seq, "why": broken.why}}
        return Report(data, text, refused=True)
