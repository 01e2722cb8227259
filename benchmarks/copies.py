"""Databases of a throw-away server, filled by SQL with copies of rows that the models made."""

from __future__ import annotations

import os
from typing import Any

FIRST_KEY = 1_000_000


def set_up(url: str, folder: str) -> None:
    """Django on that server, with its files in that folder; it sends no letters and is quiet."""
    os.environ |= {
        "DATABASE_URL": url,
        "DATA_DIR": folder,
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
    }
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def create(name: str) -> None:
    """An empty database of that name with our tables, and go over to it."""
    from django.core.management import call_command
    from django.db import connection

    go_to("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    go_to(name)
    call_command("migrate", verbosity=0)


def go_to(name: str) -> None:
    """Speak to another database of the server from now on."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def run(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def clone(row: Any, count: int, first: int = FIRST_KEY, where: str = "TRUE", **expressions: str) -> None:
    """`count` copies of a row, each with its columns as SQL expressions of `n` = 0, 1, 2 …; of these numbers
    those for which `where` holds.
    """
    columns = [field.column for field in row._meta.concrete_fields]
    key = row._meta.pk.column
    given = {key: f"{first} + n", **expressions}
    assert set(given) <= set(columns), set(given) - set(columns)
    table = row._meta.db_table
    wanted = ", ".join(given.get(column, f"p.{column}") for column in columns)
    run(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {wanted}"
        f" FROM {table} p, generate_series(0, {count - 1}) n WHERE p.{key} = {row.pk} AND ({where})"
    )


def go_on_from_the_last(*models: Any) -> None:
    """The next row of each table gets a key after those of the copies."""
    for model in models:
        table, key = model._meta.db_table, model._meta.pk.column
        run(f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), (SELECT max({key}) FROM {table}))")
