"""The room as a Django app, so that its commands and its start-up checks are found."""

from functools import partial

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the start-up refusals of checks.py, and what the siblings need of each other."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from appeals.services import register_row_ruling
        from config import checks  # noqa: F401  the import registers the checks
        from scoring.services import rule_rating

        # A held row 2 is voted on in a sitting of `appeals` and ruled on in `scoring` (I-04, I-05).
        register_row_ruling(partial(rule_rating, in_sitting=True))
