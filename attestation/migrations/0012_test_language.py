"""The language in which a test was taken; SQLite makes the table anew, and its triggers with it."""

from django.db import migrations, models

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0011_facts_in_columns")]

    operations = [
        migrations.RunPython(remove, install),
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
        migrations.RunPython(install, remove),
    ]
