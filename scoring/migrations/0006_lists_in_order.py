from django.db import migrations, models


class Migration(migrations.Migration):
    """Ratings and violations are listed by day: an index has them in that order."""

    dependencies = [("scoring", "0005_undone_imports")]

    operations = [
        migrations.AddIndex(model_name=model, index=models.Index(fields=fields, name=name))
        for model, fields, name in (
            ("rating", ("-rated_on", "id"), "rating_by_day"),
            ("violation", ("-recorded_on", "id"), "violation_by_day"),
        )
    ]
