"""Whether every kind of reminder has all that it needs; asked once, at start-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from attestation.models.rules import default_ladders
from attestation.notices import ladder
from attestation.notices.kinds import REMINDERS, ReminderKind
from attestation.refusals import Refused


def check_reminders(
    kinds: Sequence[ReminderKind] = REMINDERS, ladders: Mapping[str, list[str]] | None = None
) -> None:
    """Check that each kind of reminder has its letter and its default ladder, and each ladder its kind.

    `ladders`: the rungs by kind of deadline, by default those of the rule sets. Raises ImproperlyConfigured.
    """
    found = default_ladders() if ladders is None else ladders
    without_kind = set(found) - {kind.deadline for kind in kinds}
    if without_kind:
        raise ImproperlyConfigured(
            f"Ladders without a kind of reminder: {', '.join(sorted(without_kind))}. Add each to REMINDERS."
        )
    for kind in kinds:
        if not found.get(kind.deadline):
            raise ImproperlyConfigured(
                f"The reminder {kind.notice} has no ladder. Add {kind.deadline} to default_ladders."
            )
        try:
            ladder.check(found[kind.deadline])
            for name in kind.templates:
                get_template(name)
        except Refused as refusal:
            raise ImproperlyConfigured(f"The ladder of {kind.notice}: {refusal}") from refusal
        except TemplateDoesNotExist as error:
            raise ImproperlyConfigured(
                f"The reminder {kind.notice} has no letter. Add templates/{error}."
            ) from error
