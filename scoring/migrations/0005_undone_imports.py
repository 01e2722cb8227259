"""Records and days of an undone import: void on record, so that the same file read again is new.

SQLite makes the tables of ratings and violations anew; no trigger stands on them or reads them.
"""

import django.db.models.deletion
from django.db import migrations, models

from attestation import triggers
from scoring.triggers import TRIGGERS


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, TRIGGERS)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, TRIGGERS)


def void_since():
    return models.DateTimeField("void since", null=True, blank=True, editable=False)


def one_an_external_id(model):
    return [
        migrations.AddField(model, "undone_at", void_since()),
        migrations.AlterField(model, "external_id", models.CharField("external id", max_length=120)),
        migrations.AddConstraint(
            model,
            models.UniqueConstraint(
                fields=("external_id",),
                condition=models.Q(undone_at__isnull=True),
                name=f"one_{model}_an_external_id",
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("attestation", "0015_undone_imports"), ("scoring", "0004_held_row")]

    operations = [
        triggers.Guards(remove, install),
        *one_an_external_id("rating"),
        *one_an_external_id("violation"),
        migrations.AddField("readthrough", "voided_at", void_since()),
        migrations.AddField(
            "readthrough",
            "job",
            models.ForeignKey(
                "attestation.importjob",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="+",
                verbose_name="import",
            ),
        ),
        triggers.Guards(install, remove),
    ]
