"""A question says the type of its ground, a withdrawn one by which paper; rows from before say “other” and
none."""

import django.db.models.deletion
from django.db import migrations, models

from appeals.triggers import TRIGGERS
from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, TRIGGERS)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, TRIGGERS)


GROUNDS = [
    ("no_right_answer", "no answer is right"),
    ("several_right", "more than one answer is right"),
    ("faulty", "the question is faulty"),
    ("technical", "technical fault"),
    ("other", "other"),
]
PAPER, DAY = "withdrawal_paper", "withdrawal_received_on"


class Migration(migrations.Migration):
    dependencies = [("appeals", "0003_composition_and_receipts")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            "appealitem",
            "ground",
            models.CharField(choices=GROUNDS, default="other", max_length=16, verbose_name="type of ground"),
        ),
        migrations.AddField(
            "appealitem",
            PAPER,
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawals",
                to="appeals.attachment",
                verbose_name="paper of the withdrawal",
            ),
        ),
        migrations.AddField(
            "appealitem",
            DAY,
            models.DateField(blank=True, null=True, verbose_name="paper received on"),
        ),
        migrations.AddConstraint(
            "appealitem",
            models.CheckConstraint(
                condition=models.Q((f"{PAPER}__isnull", True), (f"{DAY}__isnull", True))
                | models.Q(
                    (f"{PAPER}__isnull", False), (f"{DAY}__isnull", False), ("withdrawn_at__isnull", False)
                ),
                name="withdrawal_paper_has_day",
            ),
        ),
        migrations.AddConstraint(
            "appealitem",
            models.CheckConstraint(
                condition=models.Q(ground__in=[code for code, _label in GROUNDS]),
                name="appeal_item_ground_known",
            ),
        ),
        triggers.Guards(install, remove),
    ]
