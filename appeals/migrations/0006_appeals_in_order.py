from django.db import migrations, models


class Migration(migrations.Migration):
    """The list of appeals is shown by moment: an index has them in that order."""

    dependencies = [("appeals", "0005_departure")]

    operations = [
        migrations.AddIndex(
            model_name="appeal", index=models.Index(fields=("filed_at", "id"), name="appeal_by_moment")
        )
    ]
