"""The bytes of a file stay while it can be read once more; what its officer said of it is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attestation", "0017_void_results")]

    operations = [
        # An import and its work have one key, so the bytes stay where they are.
        migrations.RenameField("importfile", "work", "job"),
        migrations.AlterField(
            "importfile",
            "job",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="file",
                serialize=False,
                to="attestation.importjob",
            ),
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
                    ("asked", "waits for your answers"),
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
            name="ImportAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(max_length=20)),
                ("field", models.CharField(max_length=40, blank=True)),
                ("given", models.CharField(max_length=255)),
                ("answer", models.CharField(max_length=40, blank=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "center",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, to="attestation.center"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_answers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "answer about a file",
                "verbose_name_plural": "answers about files",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("officer", "kind", "center", "field", "given"), name="import_answer_of_center"
                    ),
                    models.UniqueConstraint(
                        fields=("officer", "kind", "field", "given"),
                        condition=models.Q(center=None),
                        name="import_answer_without_center",
                    ),
                ],
            },
        ),
    ]
