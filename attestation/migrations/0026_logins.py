from django.db import migrations, models


class Migration(migrations.Migration):
    """Tries to log in, counted; the number that ends every session and forgets every device of an account."""

    dependencies = [("attestation", "0025_own_passwords")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name="LoginTries",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("times", models.JSONField(default=list)),
                ("unrecorded", models.PositiveIntegerField(default=0)),
                ("recorded_at", models.DateTimeField(null=True)),
                ("locked_at", models.DateTimeField(null=True)),
                ("touched_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
