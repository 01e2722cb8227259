"""Who acts, and when: one value, passed down from whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from attestation.models import User


@dataclass(frozen=True, slots=True)
class By:
    """An act's author and moment; without a user it is the system's. `at` is aware."""

    user: User | None
    at: datetime
