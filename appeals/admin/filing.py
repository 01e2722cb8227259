"""¶21: the page on which an appeal is filed, and what it shows while somebody types."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appeals.models import Appeal, AppealItem
from appeals.services.attachments import ACCEPTED, MB, MOST_FILES, Paper, checked, limit_mb
from appeals.services.filing import Disputed, appeal_deadline, is_open_to_appeal, late_sentence
from appeals.services.filing_here import check_here, file_here, require_filer
from appeals.services.hints import warnings_of
from appeals.services.staged_papers import stage, staged
from attestation import clock
from attestation.admin import fields, story
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.deadlines.words import end_shown
from attestation.law.calendar import ALMATY
from attestation.lookup import published_result
from attestation.models import Attestation
from attestation.refusals import Refused, allows

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
            "employee filed it before, on paper or on the Platform: that moment, by Astana time."
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
        # The papers that were checked, each with the word by which the next step finds it.
        self.kept: list[tuple[str, Paper]] = []
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
        grounds = [("", _("– (counts as “other”)")), *AppealItem.Ground.choices]
        for place in range(self.row_count()):
            self.fields[f"question_{place}"] = self.question_field()
            self.fields[f"ground_{place}"] = fields.choice(
                gettext_lazy("Type of ground"), grounds, required=False
            )
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

    def lines(self) -> list[list[Any]]:
        """The rows."""
        names = ("question", "ground", "argument")
        return [[self[f"{name}_{n}"] for name in names] for n in range(self.row_count())]

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
        """Those given before that are still wanted, then the new ones, which are kept for the next step."""
        wanted = self.data.getlist("kept") if hasattr(self.data, "getlist") else []
        try:
            before = staged(self.obj, wanted, user=self.user)
            self.kept = list(zip(wanted, before, strict=True))
            papers = checked(self.cleaned_data["papers"], now=self.now, before=len(before))
        except Refused as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal
        if self.data.get("step") == "save":
            return [*before, *papers]
        words = stage(self.obj, papers, by=By(self.user, self.now))
        self.kept += zip(words, papers, strict=True)
        return [*before, *papers]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        items: list[Disputed] = []
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
                ground = data.get(f"ground_{place}") or AppealItem.Ground.OTHER.value
                items.append(Disputed(int(number), text, ground))
        data["items"] = items
        return data

    def add_error(self, field: str | None, error: Any) -> None:
        """What was typed stays on the form, whatever was wrong; of refused files none is kept."""
        super().add_error(field, error)
        again = _("What you typed is kept. Attach the files again before you send the form.")
        if field == "papers" and again not in self.errors["papers"]:
            super().add_error("papers", ValidationError(again))


def sum_up(case: Attestation, answers: dict[str, Any], by: By) -> dict[str, Any]:
    """¶21: what will be filed, until when it can be, and what should be looked at once more."""
    filing, items = check_here(
        case,
        stated_at=answers["filed_at"],
        items=answers["items"],
        receipt_note=answers["receipt_note"],
        by=by,
    )
    filed_at = answers["filed_at"] or by.at
    numbers = sorted(one.question for one in items)
    sentence = ngettext(
        "%(count)s question: %(questions)s; filed %(filed)s; can be filed until %(until)s.",
        "%(count)s questions: %(questions)s; filed %(filed)s; can be filed until %(until)s.",
        len(numbers),
    ) % {
        "count": len(numbers),
        "questions": ", ".join(map(str, numbers)),
        "filed": f"{filed_at.astimezone(ALMATY):%d.%m.%Y %H:%M:%S}",
        "until": end_shown(filing.deadline.closes_at),
    }
    return {
        "sentence": sentence,
        "late": "" if filing.timely else late_sentence(filed_at, filing.deadline),
        "stated": answers["filed_at"] is not None,
        "items": [(one.question, AppealItem.Ground(one.ground).label, one.argument) for one in items],
        "papers": [paper.name for paper in answers["papers"]],
        "warnings": warnings_of(case, items, [paper.name for paper in answers["papers"]]),
    }


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
            "explanation for each question (¶21). One that came late stays on record as late."
        ),
        icon="gavel",
        form=FilingForm,
        run=file_appeal,
        offered=is_open_to_appeal,
        fits=lambda case, user: allows(require_filer, case, user),
        order=20,
        template="admin/appeals/filing.html",
        summary="admin/appeals/filing_summary.html",
        check=sum_up,
    ),
)
