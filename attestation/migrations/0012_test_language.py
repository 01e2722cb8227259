"""The language in which a test was taken; SQLite makes the table anew, and its triggers with it.

Triggers of the sibling apps read the table too: SQLite renames none that one of them names, so they are set
aside meanwhile.
"""

from django.db import migrations, models

from attestation import triggers

SIBLINGS = """
    SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'attestation_%'
    AND sql LIKE '%attestation_result%'
"""
aside = []


def remove(apps, schema_editor):
    connection = schema_editor.connection
    triggers.remove(connection)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = cursor.execute(SIBLINGS).fetchall()
            aside[:] = [sql for _name, sql in found]
            for name, _sql in found:
                cursor.execute(f'DROP TRIGGER "{name}"')


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)
    with schema_editor.connection.cursor() as cursor:
        while aside:
            cursor.execute(aside.pop())


class Migration(migrations.Migration):
    dependencies = [("attestation", "0011_facts_in_columns")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            "result",
            "test_language",
            models.CharField(
                blank=True,
                choices=[("kk", "Қазақша"), ("ru", "Русский")],
                default="",
                max_length=2,
                verbose_name="language of the test",
            ),
            preserve_default=False,
        ),
        triggers.Guards(install, remove),
    ]
