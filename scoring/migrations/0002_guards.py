from django.db import migrations

from attestation import triggers
from scoring.triggers import TRIGGERS


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, TRIGGERS)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, TRIGGERS)


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_tables"), ("attestation", "0002_guards_and_defaults")]

    operations = [triggers.Guards(install, remove)]
