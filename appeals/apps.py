"""The app."""

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    """Appeals."""

    name = "appeals"
    default_auto_field = "django.db.models.BigAutoField"
