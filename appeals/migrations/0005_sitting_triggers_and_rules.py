from django.db import migrations

from appeals.seed import seed_defaults
from appeals.triggers import FILING, SITTINGS
from attestation import triggers


def install(apps, schema_editor):
    """Those of 0003 too: SQLite drops a table's triggers when it rebuilds the table."""
    triggers.install(schema_editor.connection, [*FILING, *SITTINGS])


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, SITTINGS)


def seed(apps, schema_editor):
    seed_defaults(apps)


def close_items_of_withdrawn_appeals(apps, schema_editor):
    """An appeal withdrawn before items could be: each of its questions is withdrawn with it."""
    items = apps.get_model("appeals", "AppealItem").objects
    for appeal in apps.get_model("appeals", "Appeal").objects.filter(state="withdrawn"):
        items.filter(appeal=appeal, ruling="").update(
            withdrawn_at=appeal.resolved_at, withdrawal_reason=appeal.closing_reason or "–"
        )


class Migration(migrations.Migration):
    dependencies = [("appeals", "0004_sittings")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(close_items_of_withdrawn_appeals, migrations.RunPython.noop),
        migrations.RunPython(install, remove),
    ]
