"""The parts of a case's or a decision's page; the other two apps add theirs with `add_panel`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from attestation.labels import Label
from attestation.models import Attestation, User

Content = Callable[[Any, User, datetime], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A titled part of the page; `content(record, user, now)` is None where there is nothing to show."""

    slug: str
    title: Label
    template: str
    content: Content
    order: int
    wide: bool = True


@dataclass(frozen=True)
class Shown:
    """A panel with what it shows."""

    panel: Panel
    content: dict[str, Any]


_PANELS: dict[type[Model], list[Panel]] = {}


def add_panel(panel: Panel, model: type[Model] = Attestation) -> None:
    """Put a part on every page of the model, a case's unless said otherwise."""
    known = _PANELS.setdefault(model, [])
    if panel.slug in {other.slug for other in known}:
        raise ValueError(f"there is a panel {panel.slug} already")
    known.append(panel)
    known.sort(key=lambda other: other.order)


def shown(record: Model, user: User, now: datetime) -> list[Shown]:
    """The parts of the record's page that have something to show, in their order."""
    found = ((panel, panel.content(record, user, now)) for panel in _PANELS.get(type(record), []))
    return [Shown(panel, content) for panel, content in found if content is not None]
