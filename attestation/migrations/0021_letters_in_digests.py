import django.db.models.deletion
from django.db import migrations, models


def gather_what_waits(apps, schema_editor):
    """What is queued to an account goes with its next digest."""
    notices = apps.get_model("attestation", "Notice").objects
    notices.filter(state="queued", user__isnull=False, deadline__isnull=True).update(in_digest=True)


class Migration(migrations.Migration):
    """Accounts are written to in digests; the bell counts by the latest unread notices."""

    dependencies = [("attestation", "0020_notices_that_failed")]

    operations = [
        migrations.AddField("notice", "in_digest", models.BooleanField(default=False, editable=False)),
        migrations.AddField(
            "notice",
            "digest",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="attestation.notice",
                verbose_name="sent in the digest",
            ),
        ),
        migrations.RemoveIndex("notice", "notice_unread_by_user"),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=models.Q(("read_at__isnull", True), ("user__isnull", False)),
                fields=["user", "id"],
                name="notice_latest_unread_by_user",
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=models.Q(("kind", "digest")), fields=["user"], name="notice_digests_by_user"
            ),
        ),
        migrations.RunPython(gather_what_waits, migrations.RunPython.noop),
    ]
