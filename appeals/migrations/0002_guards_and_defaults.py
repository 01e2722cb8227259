from django.db import migrations

from appeals.seed import seed_defaults
from appeals.triggers import TRIGGERS
from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, TRIGGERS)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, TRIGGERS)


def seed(apps, schema_editor):
    """A database made before has its rules of the commission."""
    if not apps.get_model("appeals", "CommissionRules").objects.exists():
        seed_defaults(apps)


class Migration(migrations.Migration):
    dependencies = [("appeals", "0001_tables"), ("attestation", "0002_guards_and_defaults")]

    operations = [
        triggers.Guards(install, remove),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
