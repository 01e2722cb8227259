"""What an officer says of a file: which field a column holds, what a word means, which sheet is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import access
from attestation.admin import fields, import_progress
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.import_belongs import BelongsForm
from attestation.by import By
from attestation.intake import report, uploads, vocabulary
from attestation.intake.addresses import column_letter
from attestation.intake.answers import Answers, answers_of, choices_of, forget, memory_of, said_of
from attestation.intake.columns import FULL_NAME, NOT_NEEDED, answer_key
from attestation.intake.headers import NAME_PARTS
from attestation.intake.messages import message_of
from attestation.intake.parsing import layout_of
from attestation.intake.spec import KINDS, IntakeResource, resource_of
from attestation.intake.values import folded
from attestation.models import ImportJob, User
from attestation.refusals import Refused

State = ImportJob.State
AS_MEANT = "as-meant"
IN_ONE_CELL = gettext_lazy("Last name, first name, patronymic in one cell")
HOW = {
    "unsure": ("warning", gettext_lazy("not certain")),
    "doubled": ("warning", gettext_lazy("twice")),
    "guessed": ("info", gettext_lazy("guessed")),
    "taken": ("success", gettext_lazy("known")),
    "ignored": ("", gettext_lazy("not needed")),
}


@dataclass(frozen=True)
class AskedColumn:
    """A column of the file, what stands in it, and the question what it holds."""

    letter: str
    title: str
    samples: list[str]
    how: str
    colour: str
    how_shown: Any
    name: str
    field: forms.BoundField


class ColumnsForm(ActionForm):
    """A choice for each column at once."""

    def prepare(self) -> None:
        job: ImportJob = self.obj
        resource = resource_of(job.kind)
        self.layout = layout_of(job)
        columns = resource.columns()
        offered = [
            (name, f"{column.title()}{' *' if column.required else ''}") for name, column in columns.items()
        ]
        if set(NAME_PARTS) <= columns.keys():
            offered.append((FULL_NAME, str(IN_ONE_CELL)))
        for place in self.places():
            field = fields.choice(f"{column_letter(place + 1)}", [(NOT_NEEDED, _("not needed")), *offered])
            field.required, field.initial = False, self.layout.field_at(place)
            self.fields[f"column_{place}"] = field

    @property
    def refusal(self) -> str:
        """What is not settled yet, in words."""
        return import_progress.refusal_of(self.obj) if self.obj.state == State.ASKED else ""

    def places(self) -> list[int]:
        """The columns that have a header, or anything in them."""
        samples = self.obj.columns.get("samples", [])
        return [place for place, title in enumerate(self.layout.header) if title or any(samples[place:][:1])]

    def asked(self) -> list[AskedColumn]:
        """The columns as the page shows them."""
        samples = self.obj.columns.get("samples", [])
        found = []
        for place in self.places():
            how, name = self._how(place), f"column_{place}"
            letter, title = column_letter(place + 1), self.layout.header[place]
            some = samples[place] if place < len(samples) else []
            found.append(AskedColumn(letter, title, some, how, *HOW[how], name, self[name]))
        return found

    def _how(self, place: int) -> str:
        for how in ("unsure", "doubled", "guessed"):
            if place in getattr(self.layout, how):
                return how
        return "taken" if self.layout.field_at(place) else "ignored"

    def answers(self) -> Answers:
        """What was said beyond what is known by itself, and what was said before."""
        known = answers_of(self.obj)
        titles = [answer_key(title) for title in self.layout.header]
        said = {}
        for place in self.places():
            chosen, title = self.cleaned_data[f"column_{place}"], titles[place]
            key = title if title and titles.count(title) == 1 else f"={column_letter(place + 1)}"
            settled = self._how(place) not in ("unsure", "doubled") and key not in known.headers
            if not settled or chosen != self.layout.field_at(place):
                said[key] = chosen
        return Answers({**known.headers, **said}, known.values)

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), "answers": self.answers()}


@dataclass(frozen=True)
class Word:
    """A word that stands where a term must, in how many rows, and the question what it means."""

    text: str
    field_name: str
    rows: int
    cells: str
    name: str
    suggested: str


class WordsForm(ActionForm):
    """A choice for each word that is not known, and for those that were chosen before."""

    def prepare(self) -> None:
        self.words = words_of(self.obj)
        for word in self.words:
            words_for = vocabulary.OF_FIELD[word.field_name]
            offered = [(value, vocabulary.label(words_for, value)) for value in words_for]
            field = fields.choice(f"“{word.text}”", [("", _("choose")), *offered])
            field.required, field.initial = False, word.suggested
            self.fields[word.name] = field

    def asked(self) -> list[tuple[Word, forms.BoundField]]:
        """The words as the page shows them."""
        return [(word, self[word.name]) for word in self.words]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        known = answers_of(self.obj)
        values = {name: dict(words) for name, words in known.values.items()}
        for word in self.words:
            some = values.setdefault(word.field_name, {})
            some.pop(folded(word.text), None)
            if cleaned.get(word.name):
                some[folded(word.text)] = cleaned[word.name]
        return {**cleaned, "answers": Answers(known.headers, values)}


def words_of(job: ImportJob) -> list[Word]:
    """The words of the file that are no terms, with the rows that have them, then those that were chosen."""
    resource = resource_of(job.kind)
    found: list[Word] = []
    for (name, text), cause in report.unknown_words(job).items():
        if choices_of(resource, name):
            cells = report.cells_shown({"rows": cause.rows, "cells": cause.cells})
            found.append(Word(text, name, cause.rows, cells, f"word_{len(found)}", cause.suggestion))
    for name, words in job.columns.get("chosen", {}).items():
        found += [
            Word(text, name, 0, "", f"word_{len(found) + place}", value)
            for place, (text, value) in enumerate(words.items())
        ]
    return found


class MeantForm(BelongsForm):
    """What a file that is of another kind belongs to."""

    def resource(self) -> type[IntakeResource]:
        return resource_of((self.obj.refusal or {}).get("kind", self.obj.kind))

    def prepare(self) -> None:
        super().prepare()
        self.title = self.resource().kind.title

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), "belongs": self.belongs()}


class SheetForm(ActionForm):
    """Which of the other sheets is meant."""

    sheet = fields.choice(gettext_lazy("Sheet"), [])

    def prepare(self) -> None:
        self.choose_from("sheet", [(name, name) for name in import_progress.other_sheets(self.obj)])

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), "answers": answers_of(self.obj)}


def read_again(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    return outcome_of(uploads.answer(job, answers["answers"], by=by, sheet=answers.get("sheet", "")))


def outcome_of(done: ImportJob) -> str:
    """What became of a file that was read once more. Raises Refused where it is asked about."""
    if done.state == State.ASKED and done.refusal is not None:
        raise Refused(done.refusal["code"], message_of(done.refusal, {}))
    import_progress.wake_a_worker(done)
    if done.state == State.PREVIEWED:
        return _(
            "The file was read by your answers: new %(new)s, changed %(changed)s, errors %(errors)s."
        ) % {
            "new": done.rows_new,
            "changed": done.rows_changed,
            "errors": done.rows_error,
        }
    return _("“%(file)s” is read by your answers. You may leave this page and come back.") % {
        "file": done.filename[:80]
    }


def read_as_meant(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    done = uploads.import_as_meant(job, by=by, **answers["belongs"])
    import_progress.wake_a_worker(done)
    return _("“%(file)s” is read as “%(kind)s”.") % {
        "file": done.filename[:80],
        "kind": resource_of(done.kind).kind.title,
    }


def may_read_as_meant(job: ImportJob, user: User) -> bool:
    """Whether this person may bring in the kind of file that it is."""
    return access.may(user, KINDS[(job.refusal or {})["kind"]].right)


def forget_answers(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    # Of a file that can't be read again the answers stay.
    with transaction.atomic():
        forget(job)
        done = uploads.answer(job, Answers(), by=by)
    return outcome_of(done)


def answers_shown(job: ImportJob) -> list[dict[str, Any]]:
    """What was said of the file, in words; with the day on which it was said of an earlier one."""
    resource = resource_of(job.kind)
    titles = resource.titles() | {FULL_NAME: str(IN_ONE_CELL)}
    days = {(known.field, known.given): known.answered_at for known in memory_of(job)}
    said = said_of(job)
    lines = [
        {
            "given": title,
            "meant": titles.get(name) or _("not needed"),
            "day": days.get(("", answer_key(title))),
        }
        for title, name in said.headers.items()
    ]
    for name, words in said.values.items():
        words_for = vocabulary.OF_FIELD[name]
        lines += [
            {
                "given": word,
                "meant": vocabulary.label(words_for, value),
                "day": days.get((name, folded(word))),
            }
            for word, value in words.items()
        ]
    return lines


READ = gettext_lazy("Read the file by these answers")
offer(
    ImportJob,
    Action(
        slug="columns",
        right="import_staff",
        title=gettext_lazy("What the columns hold"),
        explain=gettext_lazy("Choose a field for each column, or “not needed”. Nothing is written yet."),
        button=READ,
        icon="view_column",
        form=ColumnsForm,
        template="admin/attestation/importjob/columns.html",
        run=read_again,
        offered=uploads.readable_again,
        order=40,
    ),
    Action(
        slug="words",
        right="import_staff",
        title=gettext_lazy("What the words mean"),
        explain=gettext_lazy("One answer holds for all rows of the file. Nothing is written yet."),
        button=READ,
        icon="translate",
        form=WordsForm,
        template="admin/attestation/importjob/words_act.html",
        run=read_again,
        offered=lambda job: uploads.readable_again(job) and bool(words_of(job)),
        order=41,
    ),
    Action(
        slug="sheet",
        right="import_staff",
        title=gettext_lazy("Read another sheet"),
        icon="tab",
        form=SheetForm,
        run=read_again,
        offered=lambda job: bool(import_progress.other_sheets(job)) and uploads.readable_again(job),
        order=42,
    ),
    Action(
        slug=AS_MEANT,
        right="import_staff",
        title=gettext_lazy("Read the file as what it is"),
        icon="preview",
        form=MeantForm,
        run=read_as_meant,
        offered=uploads.meant_elsewhere,
        fits=may_read_as_meant,
        order=43,
    ),
    Action(
        slug="forget",
        right="import_staff",
        title=gettext_lazy("Forget my earlier answers"),
        explain=gettext_lazy("The file is read again without them, and further files are asked about anew."),
        icon="history_toggle_off",
        run=forget_answers,
        offered=lambda job: uploads.readable_again(job) and bool(said_of(job)),
        order=44,
    ),
)
