from datetime import timedelta

from django.db import migrations, models

from attestation import clock, triggers
from attestation.law.calendar import local_day
from attestation.law.settings import BEFORE
from attestation.seed import seed_defaults


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


def choose(apps, schema_editor):
    """I-06, I-15: rule sets on record keep how they were read; the new defaults begin tomorrow.

    A new database has the defaults alone. Otherwise the rule set in force is taken over with the new readings
    from the day after, unless one begins on that very day: it waits for an administrator, as all to come do.
    """
    rule_sets = apps.get_model("attestation", "RuleSet").objects
    if not rule_sets.exists():
        seed_defaults(apps)
        return
    rule_sets.update(**BEFORE)
    today = local_day(clock.now())
    tomorrow = today + timedelta(days=1)
    in_force = rule_sets.filter(effective_from__lte=today).order_by("effective_from").last()
    if in_force is None or rule_sets.filter(effective_from=tomorrow).exists():
        return
    in_force.pk = None
    in_force.effective_from = tomorrow
    in_force.title = f"{in_force.title[:180]} (I-06, I-15)"
    in_force.kept_term, in_force.window = "always", "between"
    in_force.save(force_insert=True)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0002_guards_and_defaults")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            model_name="ruleset",
            name="kept_term",
            field=models.CharField(
                choices=[
                    ("always", "a new term"),
                    ("declared", "a new term where it was the one declared"),
                    ("own_end", "runs to its own end"),
                ],
                default="always",
                max_length=10,
                verbose_name="term of a category that is kept (I-15)",
            ),
        ),
        migrations.AddField(
            model_name="ruleset",
            name="window",
            field=models.CharField(
                choices=[
                    ("between", "between the windows of two assessments"),
                    ("twelve_months", "always the last months in full"),
                    ("since_final", "since the previous final decision"),
                ],
                default="between",
                max_length=16,
                verbose_name="window of rows 2 and 3 (I-06)",
            ),
        ),
        migrations.RunPython(choose, migrations.RunPython.noop),
        triggers.Guards(install, remove),
    ]
