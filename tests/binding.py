"""An act as a person does it: one that binds is looked at first, then just that is done."""

from __future__ import annotations

from typing import Any

from django.test import Client


def done(client: Client, path: str, answers: dict[str, Any] | None = None, **how: Any) -> Any:
    """The answer to the act; where it does not come to it, the page that says why."""
    answers = answers or {}
    page = client.post(path, answers, **how)
    if not page.context or "digest" not in page.context:
        return page
    return client.post(path, {**answers, "step": "save", "shown": page.context["digest"]}, **how)
