from django.db import migrations, models


class Migration(migrations.Migration):
    """An index of each long list in the order in which it is shown, and of the few that are counted."""

    dependencies = [("attestation", "0022_journal_by_moment")]

    operations = [
        migrations.AddIndex(model_name=model, index=models.Index(fields=fields, name=name))
        for model, fields, name in (
            ("attestation", ("-cycle", "case_no"), "case_by_cycle"),
            ("deadline", ("closes_at", "id"), "deadline_by_close"),
            ("notice", ("created_at", "id"), "notice_by_moment"),
            ("proofofservice", ("served_at", "id"), "service_by_moment"),
        )
    ] + [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                fields=("outcome",),
                condition=models.Q(("state", "final"), ("superseded_at__isnull", True)),
                name="decision_in_force_by_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(
                fields=("attestation",),
                condition=models.Q(("superseded_at__isnull", False)),
                name="result_superseded_by_case",
            ),
        ),
    ]
