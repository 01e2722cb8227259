"""The parts of a case's page. This app has its own; a sibling adds its own with `add_panel`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attestation.labels import Label
from attestation.models import Attestation, User

Content = Callable[[Attestation, User, datetime], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A titled part of the page; `content(case, user, now)` is None where there is nothing to show."""

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


_PANELS: list[Panel] = []


def add_panel(panel: Panel) -> None:
    """Put a part on every case's page."""
    if panel.slug in {other.slug for other in _PANELS}:
        raise ValueError(f"there is a panel {panel.slug} already")
    _PANELS.append(panel)
    _PANELS.sort(key=lambda other: other.order)


def shown(case: Attestation, user: User, now: datetime) -> list[Shown]:
    """The parts that have something to show, in their order."""
    found = ((panel, panel.content(case, user, now)) for panel in _PANELS)
    return [Shown(panel, content) for panel, content in found if content is not None]
