"""The language in which a test was taken."""

from django.db import migrations, models

from attestation import triggers

AWAY, BACK = triggers.set_aside("attestation_result")


class Migration(migrations.Migration):
    dependencies = [("attestation", "0011_facts_in_columns")]

    operations = [
        AWAY,
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
        BACK,
    ]
