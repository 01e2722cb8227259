"""What an officer said of a file: which field a header means, which term a word means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation.by import By
from attestation.intake.child import squeezed
from attestation.intake.columns import FULL_NAME, NOT_NEEDED
from attestation.intake.spec import IntakeResource, resource_of
from attestation.intake.values import Choice, folded
from attestation.models import Center, ImportAnswer, ImportJob
from attestation.refusals import Refused

GIVEN_MAX = 255


@dataclass(frozen=True)
class Answers:
    """`headers`: fields by `answer_key` of the header, or by "=" and a column's letter; NOT_NEEDED for none.

    `values`: terms by field and by the word, folded.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """As an import keeps it in its options."""
        return {
            "headers": dict(self.headers),
            "values": {name: dict(words) for name, words in self.values.items()},
        }

    def __bool__(self) -> bool:
        return bool(self.headers or self.values)


NO_ANSWERS = Answers()


def answers_of(job: ImportJob) -> Answers:
    """What was said of the file."""
    return Answers(**job.options.get("answers", {}))


def said_of(job: ImportJob) -> Answers:
    """What was said of the file and holds for something in it, in the file's own words."""
    headers = answers_of(job).headers
    found = job.columns.get("header", ())
    titles = {title: headers[squeezed(title)] for title in found if squeezed(title) in headers}
    return Answers(titles, job.columns.get("chosen", {}))


def remember(job: ImportJob, by: By) -> dict[str, Any]:
    """Keep what the officer said of an imported file for the next one; what it was, for the journal."""
    said = said_of(job)
    if not said:
        return {}
    if job.actor is not None:
        words = [("", squeezed(title), name) for title, name in said.headers.items()]
        words += [
            (name, folded(word), value) for name, some in said.values.items() for word, value in some.items()
        ]
        for name, given, answer in words:
            known = memory_of(job).filter(field=name, given=given[:GIVEN_MAX])
            if not known.update(answer=answer, answered_at=by.at):
                ImportAnswer.objects.create(
                    officer=job.actor,
                    kind=job.kind,
                    center=_center_of(job),
                    field=name,
                    given=given[:GIVEN_MAX],
                    answer=answer,
                    answered_at=by.at,
                )
    return said.data()


def memory_of(job: ImportJob) -> QuerySet[ImportAnswer]:
    """What the officer of a file said of earlier ones of the kind, for the same centre."""
    return ImportAnswer.objects.filter(officer=job.actor, kind=job.kind, center=_center_of(job))


def _center_of(job: ImportJob) -> Center | None:
    return job.center or (job.actor.center if job.actor else None)


def recall(job: ImportJob) -> None:
    """Answer a file that was just received as its officer answered before."""
    headers: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    resource = resource_of(job.kind)
    for known in memory_of(job):
        if not known.field and known.answer in fields_of(resource):
            headers[known.given] = known.answer
        elif known.answer in choices_of(resource, known.field):
            values.setdefault(known.field, {})[known.given] = known.answer
    if headers or values:
        job.options["answers"] = Answers(headers, values).data()


def forget(job: ImportJob) -> None:
    """Keep nothing any longer of what was said of such files."""
    memory_of(job).delete()


def fields_of(resource: type[IntakeResource]) -> set[str]:
    """What may be said of a header."""
    return {*resource.columns(), NOT_NEEDED, FULL_NAME}


def check_answers(resource: type[IntakeResource], answers: Answers) -> None:
    """Raises Refused where an answer names a field or a term that the kind of file does not have."""
    fields = fields_of(resource)
    for title, name in answers.headers.items():
        if name not in fields:
            raise Refused(
                "unknown_field",
                _(
                    "There is no field “%(field)s” in such a file (given for “%(title)s”). "
                    "One of: %(fields)s."
                ),
                field=name,
                title=title,
                fields=", ".join(resource.columns()),
            )
    for name, words in answers.values.items():
        for word, value in words.items():
            if value not in choices_of(resource, name):
                raise Refused(
                    "unknown_choice",
                    _(
                        "“%(word)s” can't be taken as “%(value)s” in the field “%(field)s”. "
                        "One of: %(known)s."
                    ),
                    word=word,
                    value=value,
                    field=name,
                    known=", ".join(choices_of(resource, name)) or "–",
                )


def choices_of(resource: type[IntakeResource], name: str) -> tuple[str, ...]:
    """The terms that an officer may choose for words in a field; none of a category: a word given to many at
    once would confer it on them (I-42)."""
    column = resource.columns().get(name)
    parser = column.parser if column is not None else None
    if not isinstance(parser, Choice) or not parser.choosable:
        return ()
    return parser.values


def given(maps: Iterable[str] = (), choices: Iterable[str] = ()) -> Answers:
    """Answers as a command is given them: HEADER=FIELD, and FIELD:VALUE=ID. Raises Refused."""
    headers: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    for text in maps:
        title, equals, name = text.rpartition("=")
        if not equals or not title.strip():
            raise Refused("bad_map", _("“%(text)s” is no answer. Write it as HEADER=FIELD."), text=text)
        headers[squeezed(title)] = name.strip()
    for text in choices:
        word, equals, value = text.rpartition("=")
        name, colon, word = word.partition(":")
        if not equals or not colon or not word.strip():
            raise Refused("bad_choice", _("“%(text)s” is no answer. Write it as FIELD:VALUE=ID."), text=text)
        values.setdefault(name.strip(), {})[folded(word)] = value.strip()
    return Answers(headers, values)
