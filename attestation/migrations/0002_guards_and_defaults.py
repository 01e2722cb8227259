from django.db import migrations

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0001_tables")]

    # The defaults are put on record once the tables have all their columns: 0003.
    operations = [
        triggers.Guards(install, remove),
    ]
