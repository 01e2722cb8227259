from django.db import migrations, models


class Migration(migrations.Migration):
    """The journal is asked for by days, and has the most rows of all."""

    dependencies = [("attestation", "0021_letters_in_digests")]

    operations = [
        migrations.AddIndex(
            model_name="journalentry", index=models.Index(fields=("at",), name="journal_by_moment")
        )
    ]
