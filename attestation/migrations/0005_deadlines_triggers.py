from django.db import migrations
from django.db.models import F, Q

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def into_ledger(apps, schema_editor):
    """Terms that stand in the ledger already, and the first look at the reminders of what is open."""
    terms = apps.get_model("attestation", "CategoryTerm").objects.filter(in_ledger=False)
    terms.filter(Q(deadlines__isnull=False) | Q(suspended_at__isnull=False)).update(in_ledger=True)
    deadlines = apps.get_model("attestation", "Deadline").objects
    deadlines.filter(state="open").update(remind_at=F("opened_at"))
    late = deadlines.filter(state="missed", kind="reattestation")
    late.update(remind_at=F("closes_at"))


class Migration(migrations.Migration):
    dependencies = [("attestation", "0004_deadlines_that_survive")]

    operations = [
        migrations.RunPython(into_ledger, migrations.RunPython.noop),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
