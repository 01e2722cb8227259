"""The room as a Django app, so that its start-up checks and its words are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the start-up refusals of checks.py."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  the import registers the checks
