from django.db import migrations

from attestation import triggers
from attestation.seed import seed_defaults


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


def seed(apps, schema_editor):
    """A database made before has its rule sets, and the ministry may have moved their first day."""
    if not apps.get_model("attestation", "RuleSet").objects.exists():
        seed_defaults(apps)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0001_tables")]

    operations = [
        migrations.RunPython(install, remove),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
