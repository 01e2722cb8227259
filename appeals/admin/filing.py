"""Appeals recorded on the case's page, and shown there (¶21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals import services
from appeals.models import Appeal
from attestation import clock
from attestation.admin import fields
from attestation.admin.acts import Act, ActForm, offer
from attestation.law.calendar import ALMATY
from attestation.models import Attestation
from attestation.services import published_result

FIRST_ROWS = 3
MOST_ROWS = 100


class FilingForm(ActForm):
    """¶21: when it was filed, how it came, and an explanation for each question."""

    filed_at = fields.moment(
        gettext_lazy("Filed at"),
        help_text=gettext_lazy(
            "When the employee filed it, in Almaty time; this decides whether it is in time."
        ),
    )
    receipt_note = fields.text(
        gettext_lazy("How it was received"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "Needed where it was filed before it is recorded: by letter, in person, number."
        ),
    )
    external_id = fields.text(
        gettext_lazy("External id"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The number on the Platform, if it has one."),
    )
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_ROWS, initial=FIRST_ROWS)

    def prepare(self) -> None:
        if not self.is_bound:
            self.initial["filed_at"] = clock.now().astimezone(ALMATY)
        for place in range(self.row_count()):
            self.fields[f"question_{place}"] = fields.whole(gettext_lazy("Question"), required=False)
            self.fields[f"argument_{place}"] = fields.long_text(
                gettext_lazy("Argument"), required=False, rows=3, max_length=10_000
            )

    def row_count(self) -> int:
        """How many rows the browser sent; a number that is none counts as the first three."""
        text = str(self.data.get("rows", "")) if self.is_bound else ""
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else FIRST_ROWS
        return min(max(count, 1), MOST_ROWS)

    def pairs(self) -> list[tuple[Any, Any]]:
        """The rows for the template."""
        return [(self[f"question_{n}"], self[f"argument_{n}"]) for n in range(self.row_count())]

    def head(self) -> list[Any]:
        """The fields above the rows."""
        return [self[name] for name in ("filed_at", "receipt_note", "external_id")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        items: list[tuple[int, str]] = []
        for place in range(self.row_count()):
            question, argument = data.get(f"question_{place}"), data.get(f"argument_{place}", "")
            if question is None and not argument:
                continue
            if question is None and f"question_{place}" not in self.errors:
                self.add_error(f"question_{place}", ValidationError(_("Which question? Give its number.")))
            elif question is not None:
                items.append((question, argument or ""))
        data["items"] = items
        return data


def file_appeal(case: Attestation, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    appeal = services.file_appeal(
        case,
        filed_at=answers["filed_at"],
        items=answers["items"],
        receipt_note=answers["receipt_note"],
        external_id=answers["external_id"],
        actor=actor,
        now=now,
    )
    if appeal.state == Appeal.State.LATE:
        term = services.appeal_term(case)
        assert term is not None  # an appeal is measured by a term
        return str(services.late_sentence(appeal.filed_at, term))
    return _("Appeal %(appeal)s is on record.") % {"appeal": appeal.external_id}


offer(
    Attestation,
    Act(
        slug="file-appeal",
        right="file_appeal",
        title=gettext_lazy("Record an appeal"),
        explain=gettext_lazy(
            "An appeal is filed within two working days after the result was published, with a full "
            "explanation for each question (¶21). One that came late stays on record as late (I-14)."
        ),
        icon="gavel",
        form=FilingForm,
        run=file_appeal,
        offered=lambda case: published_result(case) is not None,
        order=20,
        template="admin/appeals/filing.html",
    ),
)
