"""A test result of an undone import stays on record as void: the trigger that freezes results knows its moment."""

from django.db import migrations, models

from attestation import triggers

OF_RESULTS = [each for each in triggers.TRIGGERS if each.table == "attestation_result"]


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, OF_RESULTS)


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, OF_RESULTS)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0016_imports_by_workers")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            "result",
            "voided_at",
            models.DateTimeField("void since (import undone)", null=True, blank=True, editable=False),
        ),
        triggers.Guards(install, remove),
    ]
