"""Staged rows keep what their kind needs: cells of errors, the version seen, the record written."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE


def optional_json(verbose_name, **options):
    return models.JSONField(verbose_name, null=True, blank=True, **options)


def previews_are_void(apps, schema_editor):
    """What was previewed and not confirmed is staged in another way now: the file is uploaded again."""
    apps.get_model("attestation", "ImportJob").objects.filter(state="previewed").update(state="cancelled")


class Migration(migrations.Migration):
    dependencies = [("attestation", "0013_notes_as_codes")]

    operations = [
        migrations.RenameField("importrow", "values", "cells"),
        migrations.AlterField("importrow", "cells", optional_json("cells")),
        migrations.AlterField("importrow", "errors", optional_json("errors")),
        migrations.AlterField("importrow", "notes", optional_json("notes")),
        migrations.RunPython(previews_are_void, migrations.RunPython.noop),
        migrations.AddField(
            "importrow", "seen", models.PositiveIntegerField(null=True, editable=False)
        ),
        migrations.AddField(
            "importrow", "derived", models.JSONField(null=True, blank=True, editable=False)
        ),
        migrations.AddField(
            "importrow", "record", models.PositiveBigIntegerField(null=True, editable=False)
        ),
        migrations.AlterField(
            "importrow",
            "job",
            models.ForeignKey(
                on_delete=CASCADE, related_name="rows", db_index=False, to="attestation.importjob"
            ),
        ),
        migrations.AlterField(
            "importjob",
            "state",
            models.CharField(
                "state",
                max_length=12,
                choices=[
                    ("reading", "being read"),
                    ("previewed", "previewed"),
                    ("confirmed", "imported"),
                    ("refused", "refused"),
                    ("cancelled", "cancelled"),
                    ("undone", "undone"),
                ],
                default="previewed",
            ),
        ),
    ]
