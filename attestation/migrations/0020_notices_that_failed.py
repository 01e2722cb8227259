from django.db import migrations, models


class Migration(migrations.Migration):
    """What HR serves by hand is few among all letters: an index of these alone."""

    dependencies = [("attestation", "0019_names_found_by_words")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=("employee",),
                condition=models.Q(("employee__isnull", False), ("state", "failed")),
                name="notice_failed_by_employee",
            ),
        )
    ]
