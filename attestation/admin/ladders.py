"""The form of a rule set: its readings, and a line of reminders for each kind of deadline."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from attestation.admin import fields, rung_words
from attestation.admin.base import RecordForm
from attestation.models import Deadline, RuleSet
from attestation.models.rules import SETTING_FIELDS
from attestation.notices import ladder
from attestation.refusals import Refused

PREFIX = "ladder_"
LINES = tuple(PREFIX + kind for kind in ladder.KINDS)
EXPLAIN = _(
    "Each line: the moments of its reminders, separated by commas. At the opening: when the term is put on "
    "record. Days before: at 09:00 so many days before the last day. Hours before: so many hours before the "
    "end. Morning of the last day: at 09:00. Empty: no reminders. The order knows no reminders: they are "
    "ours, decide nothing and may change at any time."
)


# In the reader's language, at each reading.
capitalised = lazy(capfirst, str)


def line(kind: Deadline.Kind) -> forms.CharField:
    """The rungs of one kind of deadline."""
    return fields.long_text(capitalised(kind.label), required=False, max_length=400, rows=2)


class RuleSetForm(RecordForm):
    """The readings as the model has them; the ladders in words."""

    class Meta:
        model = RuleSet
        fields = ("title", "effective_from", *SETTING_FIELDS, "escalation_address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in ladder.KINDS:
            self.initial[PREFIX + kind] = rung_words.line_of(ladder.rungs_of(self.instance.ladders, kind))

    def clean(self) -> dict[str, Any]:
        """Each line by itself; one that the page did not send stays as it was."""
        answers = super().clean() or self.cleaned_data
        ladders = {kind: ladder.rungs_of(self.instance.ladders, kind) for kind in ladder.KINDS}
        for kind in ladder.KINDS:
            name = PREFIX + kind
            if name in answers and self.add_prefix(name) in self.data:
                try:
                    ladders[kind] = rung_words.parse(answers[name])
                except Refused as refusal:
                    self.add_error(name, refusal.message)
        self.instance.ladders = {str(kind): rungs for kind, rungs in ladders.items()}
        return answers


# A line for each kind of reminder, as if it were written in the class: the admin asks the declared ones.
RuleSetForm.declared_fields |= {PREFIX + kind: line(kind) for kind in ladder.KINDS}
RuleSetForm.base_fields |= RuleSetForm.declared_fields
