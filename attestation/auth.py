"""Who may log in: an active account with a role; demo accounts only in the demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class OfficeBackend(ModelBackend):
    """Passwords as Django keeps them. The demo passwords are public, so outside DEMO they open nothing."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at login and, through `get_user`, at every request: a right taken away ends the session."""
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return bool(super().user_can_authenticate(user))
