"""The parts of a case's or a decision's page. Each app makes its own; `office.case.panels` lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from attestation.labels import Label
from attestation.models import User

Content = Callable[[Any, User, datetime], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A titled part of the page; `content(record, user, now)` is None where there is nothing to show."""

    slug: str
    title: Label
    template: str
    content: Content


@dataclass(frozen=True)
class Shown:
    """A panel with what it shows."""

    panel: Panel
    content: dict[str, Any]


_PANELS: dict[type[Model], tuple[Panel, ...]] = {}


def set_panels(model: type[Model], panels: Sequence[Panel]) -> None:
    """Say which parts the model's pages have, in their order. Raises ValueError where two have one slug."""
    slugs = [panel.slug for panel in panels]
    if len(set(slugs)) < len(slugs):
        raise ValueError(f"two panels of {model.__name__} have one slug: {', '.join(slugs)}")
    _PANELS[model] = tuple(panels)


def shown(record: Model, user: User, now: datetime) -> list[Shown]:
    """The parts of the record's page that have something to show, in their order."""
    found = ((panel, panel.content(record, user, now)) for panel in _PANELS[type(record)])
    return [Shown(panel, content) for panel, content in found if content is not None]
