"""The room as a Django app, so that its start-up checks and its words are found."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ConfigConfig(AppConfig):
    """Registers the start-up refusals of checks.py."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  the import registers the checks

        connection_created.connect(rows_cost_the_same_anywhere, dispatch_uid="random_page_cost")


def rows_cost_the_same_anywhere(connection: Any, **_signal: object) -> None:
    """PostgreSQL takes a row that an index leads to for four times as dear as the next one, as on a turning
    disk, and reads whole tables for a centre's few rows; ours lie in memory or on a solid-state disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET random_page_cost = 1.1")
