from django.db import migrations

from attestation import triggers
from appeals.triggers import FILING


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, FILING)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, FILING)


class Migration(migrations.Migration):
    dependencies = [("appeals", "0002_initial"), ("attestation", "0002_triggers_and_defaults")]

    operations = [migrations.RunPython(install, remove)]
