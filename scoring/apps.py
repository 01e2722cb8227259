"""The app."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Scoring."""

    name = "scoring"
    default_auto_field = "django.db.models.BigAutoField"
