"""¶21: the page on which an appeal is filed, and what it shows while somebody types."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.models import Appeal
from appeals.services.attachments import ACCEPTED, MB, MOST_FILES, Paper, checked, limit_mb
from appeals.services.filing import appeal_deadline, is_open_to_appeal, late_sentence
from appeals.services.filing_here import file_here, require_filer
from attestation import clock
from attestation.admin import fields, story
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.lookup import published_result
from attestation.models import Attestation
from attestation.refusals import Refused

FIRST_ROWS = 3
MOST_ROWS = 100
KEY = re.compile(r"[0-9a-f]{32}\Z")


class FilingForm(ActionForm):
    """¶21: an explanation for each question, papers, and how and when the appeal came."""

    filed_at = fields.moment(
        gettext_lazy("Filed earlier, at"),
        required=False,
        help_text=gettext_lazy(
            "Empty: filed now, and the moment at which the server receives this form decides. Where the "
            "employee filed it before, on paper or on the Platform: that moment, in Almaty time."
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
    papers = fields.uploads(gettext_lazy("Attachments"), accept=ACCEPTED)
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_ROWS, initial=FIRST_ROWS)
    form_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def prepare(self) -> None:
        now = clock.now()
        self.result = published_result(self.obj)
        self.deadline = appeal_deadline(self.obj)
        self.now = now
        self.wrong = sorted(self.result.wrong_questions or ()) if self.result is not None else []
        self.listed = self.result is not None and self.result.wrong_questions is not None
        if not self.is_bound:
            self.initial["form_key"] = secrets.token_hex(16)
        limit = limit_mb(now)
        self.fields["papers"].help_text = _(
            "pdf, jpg, png or docx; at most %(count)s files of %(limit)s MB each."
        ) % {"count": MOST_FILES, "limit": limit}
        too_large = _("“%(name)s” is larger than %(limit)s MB: choose a smaller file.")
        self.fields["papers"].widget.attrs |= {
            "data-max-bytes": limit * MB,
            "data-too-large": too_large % {"name": "{name}", "limit": limit},
        }
        for place in range(self.row_count()):
            self.fields[f"question_{place}"] = self.question_field()
            self.fields[f"argument_{place}"] = fields.long_text(
                gettext_lazy("Argument"), required=False, rows=3, max_length=10_000
            )

    def question_field(self) -> forms.Field:
        """I-13: where the wrong questions are listed, one of them; else any number."""
        if not self.listed:
            return fields.whole(gettext_lazy("Question"), required=False)
        empty = [("", "–")]
        return fields.choice(
            gettext_lazy("Question"),
            empty + [(str(number), str(number)) for number in self.wrong],
            required=False,
            error_messages={
                "invalid_choice": gettext_lazy(
                    "Question %(value)s is not among the wrong ones. Choose one of the list."
                )
            },
        )

    def row_count(self) -> int:
        """How many rows the browser sent; a number that is none counts as the first three."""
        text = str(self.data.get("rows", "")) if self.is_bound else ""
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else FIRST_ROWS
        return min(max(count, 1), MOST_ROWS)

    # --- for the template --------------------------------------------------------------------------

    def pairs(self) -> list[tuple[Any, Any]]:
        """The rows."""
        return [(self[f"question_{n}"], self[f"argument_{n}"]) for n in range(self.row_count())]

    def tail(self) -> list[Any]:
        """The fields below the rows."""
        return [self[name] for name in ("papers", "filed_at", "receipt_note", "external_id")]

    def result_shown(self) -> story.ResultLine | None:
        """The result in force."""
        return None if self.result is None else story.result_line(self.result)

    def deadline_shown(self) -> story.DeadlineLine | None:
        """The deadline with the days counted, as it stands in the ledger."""
        return None if self.deadline is None else story.deadline_line(self.deadline)

    def is_over(self) -> bool:
        """Whether what is filed now comes too late."""
        return self.deadline is not None and self.deadline.is_over(self.now)

    def time_left(self) -> str:
        """How long the appeal term still runs, in days, hours and minutes."""
        if self.deadline is None or self.is_over():
            return ""
        return timeuntil(self.deadline.closes_at, self.now)

    def not_here(self) -> str:
        """Why this account does not file here, if so."""
        try:
            require_filer(self.obj, self.user)
        except Refused as refusal:
            return refusal.message
        return ""

    # --- what was sent -----------------------------------------------------------------------------

    def clean_form_key(self) -> str:
        key = self.cleaned_data["form_key"]
        return key if KEY.match(key) else ""

    def clean_papers(self) -> list[Paper]:
        try:
            return checked(self.cleaned_data["papers"], now=self.now)
        except Refused as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        items: list[tuple[int, str]] = []
        for place in range(self.row_count()):
            question, argument = f"question_{place}", f"argument_{place}"
            if question in self.errors or argument in self.errors:
                continue
            number, text = data.get(question), (data.get(argument) or "").strip()
            if number in (None, "") and not text:
                continue
            if number in (None, ""):
                self.add_error(question, ValidationError(_("Which question? Give its number.")))
            elif not text:
                self.add_error(
                    argument,
                    ValidationError(_("Each question needs its argument: a full explanation (¶21).")),
                )
            else:
                items.append((int(number), text))
        data["items"] = items
        return data

    def add_error(self, field: str | None, error: Any) -> None:
        """Whatever was wrong, what was typed stays on the form; files the browser sends once only."""
        super().add_error(field, error)
        again = _("What you typed is kept. Attach the files again before you send the form.")
        if self.files and again not in self.errors.get("papers", []) and "papers" in self.fields:
            super().add_error("papers", ValidationError(again))


def file_appeal(case: Attestation, answers: dict[str, Any], by: By) -> str:
    appeal = file_here(
        case,
        stated_at=answers["filed_at"],
        items=answers["items"],
        receipt_note=answers["receipt_note"],
        external_id=answers["external_id"],
        papers=answers["papers"],
        form_key=answers["form_key"],
        by=by,
    )
    if appeal.state == Appeal.State.LATE:
        deadline = appeal_deadline(case)
        assert deadline is not None  # an appeal is measured by its appeal term
        return str(late_sentence(appeal.filed_at, deadline))
    return _("Appeal %(appeal)s is on record.") % {"appeal": appeal.external_id}


offer(
    Attestation,
    Action(
        slug="file-appeal",
        right="file_appeal",
        title=gettext_lazy("File an appeal"),
        explain=gettext_lazy(
            "An appeal is filed within its term after the result was published, with a full "
            "explanation for each question (¶21). One that came late stays on record as late (I-14)."
        ),
        icon="gavel",
        form=FilingForm,
        run=file_appeal,
        offered=is_open_to_appeal,
        order=20,
        template="admin/appeals/filing.html",
    ),
)
