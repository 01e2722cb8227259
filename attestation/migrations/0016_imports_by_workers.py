"""Large files are read and imported by workers: what waits, its bytes, and why one was refused."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE


def one_to_one(related_name, to):
    return models.OneToOneField(
        on_delete=CASCADE, primary_key=True, related_name=related_name, serialize=False, to=to
    )


class Migration(migrations.Migration):
    dependencies = [("attestation", "0015_undone_imports")]

    operations = [
        migrations.AddField(
            "importjob", "refusal", models.JSONField(null=True, blank=True, editable=False)
        ),
        migrations.AlterField(
            "importjob",
            "state",
            models.CharField(
                "state",
                max_length=12,
                choices=[
                    ("waiting", "waiting to be read"),
                    ("reading", "being read"),
                    ("previewed", "previewed"),
                    ("confirming", "being imported"),
                    ("confirmed", "imported"),
                    ("refused", "refused"),
                    ("cancelled", "cancelled"),
                    ("undone", "undone"),
                ],
                default="previewed",
            ),
        ),
        migrations.CreateModel(
            name="ImportWork",
            fields=[
                ("job", one_to_one("work", "attestation.importjob")),
                ("holder", models.CharField(max_length=32, blank=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("began_at", models.DateTimeField(null=True)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("skip_errors", models.BooleanField(default=False)),
            ],
            options={"verbose_name": "import under way", "verbose_name_plural": "imports under way"},
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("work", one_to_one("file", "attestation.importwork")),
                ("data", models.BinaryField()),
            ],
            options={"verbose_name": "file to be read", "verbose_name_plural": "files to be read"},
        ),
    ]
