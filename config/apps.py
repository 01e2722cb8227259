"""The room as a Django app, so that its commands and its start-up checks are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the start-up refusals of checks.py."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import checks  # noqa: F401  the import registers the checks
