from django.db import migrations, models


class Migration(migrations.Migration):
    """The journal is asked for by days, and has the most rows of all."""

    dependencies = [("attestation", "0020_notices_that_failed")]

    operations = [
        migrations.AddIndex(
            model_name="journalentry", index=models.Index(fields=("at",), name="journal_by_moment")
        )
    ]
