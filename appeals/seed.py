"""What a new database starts with: the rules that commissions sit by."""

from __future__ import annotations

from datetime import date

from django.apps.registry import Apps

# With the first rule set (I-21); every value is a setting of ours, so the model's defaults hold.
EFFECTIVE_FROM = date(2025, 9, 29)


def seed_defaults(apps: Apps) -> None:
    """Put the defaults on record where they are missing; runs in a migration and after a test's flush."""
    apps.get_model("appeals", "CommissionRules").objects.get_or_create(effective_from=EFFECTIVE_FROM)
