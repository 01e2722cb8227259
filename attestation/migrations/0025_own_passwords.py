from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when an account has its address, and whether its password is to be changed first."""

    dependencies = [("attestation", "0024_view_log")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_changed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="address changed at"
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="must_change_password",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="password to be changed"
            ),
        ),
    ]
