from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists that are shown by moment: an index has their rows in that order."""

    dependencies = [("attestation", "0022_journal_by_moment")]

    operations = [
        migrations.AddIndex(model_name=model, index=models.Index(fields=fields, name=name))
        for model, fields, name in (
            ("deadline", ("closes_at", "id"), "deadline_by_close"),
            ("notice", ("created_at", "id"), "notice_by_moment"),
            ("proofofservice", ("served_at", "id"), "service_by_moment"),
        )
    ]
