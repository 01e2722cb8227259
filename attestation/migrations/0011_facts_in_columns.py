"""Facts that code asks for stand in columns: what a day off is; which rung a reminder was made for;
which term a grace follows, after which outage a term was opened again, which decision brought a duty.

Filled from what is on record; triggers are made anew with the tables.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Case, Q, Value, When
from django.db.models.fields.json import KeyTextTransform

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


def fill_days(apps, schema_editor):
    """I-09: until now the English name said what a day off is; one by an act has none."""
    days = apps.get_model("attestation", "CalendarDay").objects
    religious = Q(name_en__startswith="Orthodox Christmas") | Q(name_en__startswith="Eid al-Adha")
    moved = Q(name_en="") | Q(name_en__startswith="Day off (") | Q(name_en__contains="(observed")
    # One statement: PostgreSQL alters no table of which a row was changed twice in the transaction.
    days.update(
        nature=Case(
            When(kind="working", then=Value("working")),
            When(religious, then=Value("religious")),
            When(moved, then=Value("moved")),
            default=Value("holiday"),
        ),
        estimated=Case(When(name_en__contains="estimated", then=Value(True)), default=Value(False)),
    )


def fill_rungs(apps, schema_editor):
    """Until now the content of a reminder named its rung; there it stays, as it was sent."""
    notices = apps.get_model("attestation", "Notice").objects
    notices.filter(context__has_key="rung").update(rung=KeyTextTransform("rung", "context"))


def rungs_back(apps, schema_editor):
    """The code before looks for the rung in the content."""
    notices = apps.get_model("attestation", "Notice").objects
    for notice in notices.exclude(rung="").exclude(context__has_key="rung").iterator():
        notices.filter(pk=notice.pk).update(context={**notice.context, "rung": notice.rung})


def fill_terms(apps, schema_editor):
    """Until now the keys said it: grace:7 follows appeal:7, and appeal:7:outage:2 is of outage 2."""
    terms = apps.get_model("attestation", "Deadline").objects
    kinds = ("appeal", "grace", "reattestation")
    rows = list(terms.filter(kind__in=kinds).only("pk", "key", "kind"))
    by_key = {row.key: row.pk for row in rows}
    for row in rows:
        _kind, _sep, of = row.key.partition(":")
        if row.kind == "reattestation":
            row.decision_id = int(of.partition(":")[0])
            continue
        if row.kind == "grace":
            row.follows_id = by_key.get(f"appeal:{of}")
        _before, again, outage = of.rpartition(":outage:")
        if again:
            row.outage_id = int(outage)
    terms.bulk_update(rows, ["decision", "follows", "outage"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0010_past_careers")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            model_name="calendarday",
            name="nature",
            field=models.CharField(
                choices=[
                    ("holiday", "public holiday"),
                    ("religious", "religious day off, never moved"),
                    ("moved", "day off in place of another day"),
                    ("working", "weekend day that works"),
                ],
                default="holiday",
                max_length=10,
                verbose_name="nature of the day",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="calendarday",
            name="estimated",
            field=models.BooleanField(
                default=False, help_text="The date depends on the sighting of the moon.", verbose_name="estimated"
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="rung",
            field=models.CharField(blank=True, default="", max_length=20, verbose_name="moment of the reminder"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="deadline",
            name="follows",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="attestation.deadline",
                verbose_name="follows the term",
            ),
        ),
        migrations.AddField(
            model_name="deadline",
            name="outage",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attestation.outage",
                verbose_name="opened again after the outage",
            ),
        ),
        migrations.AddField(
            model_name="deadline",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attestation.decision",
                verbose_name="decision",
            ),
        ),
        migrations.RunPython(fill_days, migrations.RunPython.noop),
        migrations.RunPython(fill_rungs, rungs_back),
        migrations.RunPython(fill_terms, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="calendarday",
            constraint=models.CheckConstraint(
                condition=Q(kind="working", nature="working")
                | Q(kind="off", nature__in=("holiday", "religious", "moved")),
                name="calendar_day_has_its_nature",
            ),
        ),
        triggers.Guards(install, remove),
    ]
