"""What an undone import had put on record is void: employees, categories; the rows it left say why.

SQLite makes the tables anew, and their triggers with them; triggers of the sibling apps that read them are set
aside meanwhile.
"""

from django.db import migrations, models

from attestation import triggers

SIBLINGS = """
    SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'attestation_%'
    AND (sql LIKE '%attestation_employee%' OR sql LIKE '%attestation_categoryterm%')
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


def moment(verbose_name):
    return models.DateTimeField(verbose_name, null=True, blank=True)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0014_staged_rows")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField("employee", "voided_at", models.DateTimeField("void since", null=True, blank=True, editable=False)),
        migrations.AddField("categoryterm", "voided_at", models.DateTimeField("void since", null=True, blank=True, editable=False)),
        migrations.AlterField("employee", "iin", models.CharField("IIN", max_length=12)),
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(
                fields=("iin",), condition=models.Q(voided_at__isnull=True), name="one_employee_an_iin"
            ),
        ),
        migrations.AddField("importjob", "undone_at", moment("undone at")),
        migrations.AddField(
            "importjob", "undone", models.JSONField("undone", null=True, blank=True, editable=False)
        ),
        migrations.AddField("importrow", "left", models.JSONField(null=True, blank=True, editable=False)),
        triggers.Guards(install, remove),
    ]
