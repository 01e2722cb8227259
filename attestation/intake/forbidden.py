"""F-I5: columns that no file brings, for only the acts of the attestation set what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from attestation.intake import headers
from attestation.intake.addresses import column_letter
from attestation.intake.messages import in_languages
from attestation.intake.reading import Cell
from attestation.intake.values import folded, shown
from attestation.labels import OUTCOMES
from attestation.models import Status
from attestation.refusals import Refused

SHOWN = 80
# People of a staff have a status too: at work, on leave. Such a column is ignored unless its values are ours.
STATUS = frozenset({"status", "мәртебе", "мәртебесі", "статус"})
# F-I5: what only the chain of acts sets. A file that brings such a column was made for something else.
FORBIDDEN = frozenset(
    {
        *("decision", "шешім", "решение"),
        *("outcome", "нәтиже", "исход"),
        *STATUS,
        *("role", "рөл", "рөлі", "роль"),
        *("points", "ұпай", "ұпайлар", "балл", "баллы", "баллов"),
        *("consequences", "салдары", "последствия"),
        *("password", "құпиясөз", "пароль"),
        *("is_superuser", "is_staff", "is_active", "user_permissions", "permissions", "groups"),
    }
)


def quoted(titles: Mapping[int, str]) -> str:
    """Columns by letter and header, for a sentence."""
    return ", ".join(
        f"{column_letter(place + 1)} {gettext('“%(text)s”') % {'text': title[:SHOWN]}}"
        for place, title in titles.items()
    )


class Quoted:
    """The same, in the language active when it is read."""

    def __init__(self, titles: Mapping[int, str]) -> None:
        self.titles = titles

    def __str__(self) -> str:
        return quoted(self.titles)


def refuse_forbidden(titles: Mapping[int, str], values_of: Callable[[int], Iterable[Cell]]) -> None:
    """Raises Refused where such columns are among these, and names all of them at once."""
    forbidden = {
        place: title
        for place, title in titles.items()
        for word in [word for some in headers.spellings(title) for word in some if word in FORBIDDEN][:1]
        if word not in STATUS or _has_ours(values_of(place))
    }
    if forbidden:
        raise Refused(
            "column_forbidden",
            _(
                "These columns may not be imported: %(columns)s. What they hold is set by the acts of the "
                "attestation alone. Delete them and upload the file again."
            ),
            columns=Quoted(forbidden),
        )


def _has_ours(values: Iterable[Cell]) -> bool:
    """Whether a status of an attestation, or a decision, stands among the values."""
    ours = {word for status in Status for word in _words(status.value, status.label)}
    ours |= {word for outcome, label in OUTCOMES.items() for word in _words(outcome.value, label)}
    return any(folded(shown(value)) in ours for value in values)


def _words(identifier: str, label: object) -> set[str]:
    return {folded(identifier), *map(folded, in_languages(lambda: str(label)).values())}
