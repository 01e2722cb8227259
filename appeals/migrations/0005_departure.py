"""Why a ruling differs from an earlier one on the same question, and the matters put before the chair.

SQLite makes the tables anew, and their triggers with them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from appeals.triggers import TRIGGERS
from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, TRIGGERS)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, TRIGGERS)


def departure():
    return models.TextField(blank=True, default="", verbose_name="why it differs from an earlier ruling")


def link(to, name, related="differing_rulings", **options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related, to=to, verbose_name=name, **options
    )


OUTCOMES = [
    ("faulty", "the question was ruled faulty for everyone"),
    ("left", "the rulings stay as they are"),
]
WAITS = models.Q(settled_at__isnull=True)
SETTLED = models.Q(
    settled_at__isnull=False, settled_by__isnull=False, outcome__in=["faulty", "left"]
) & ~models.Q(reason="")


class Migration(migrations.Migration):
    dependencies = [("appeals", "0004_grounds_and_withdrawals"), ("attestation", "0012_test_language")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField("agendaitem", "departure", departure()),
        migrations.AddField("reopening", "departure", departure()),
        migrations.CreateModel(
            "DifferingRuling",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("test_variant", models.CharField(max_length=60, verbose_name="test variant")),
                ("question", models.PositiveIntegerField(verbose_name="question")),
                ("noticed_at", models.DateTimeField(verbose_name="noticed at")),
                (
                    "outcome",
                    models.CharField(
                        blank=True, choices=OUTCOMES, default="", max_length=8, verbose_name="outcome"
                    ),
                ),
                ("reason", models.TextField(blank=True, default="", verbose_name="reason")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                ("item", link("appeals.appealitem", "appeal item")),
                ("cycle", link("attestation.cycle", "cycle")),
                (
                    "settled_by",
                    link(settings.AUTH_USER_MODEL, "settled by", related="+", blank=True, null=True),
                ),
            ],
            options={
                "verbose_name": "question ruled on differently",
                "verbose_name_plural": "questions ruled on differently",
                "ordering": ("-noticed_at", "-pk"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=WAITS,
                        fields=("cycle", "test_variant", "question"),
                        name="one_differing_ruling_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            settled_at__isnull=True, settled_by__isnull=True, outcome="", reason=""
                        )
                        | SETTLED,
                        name="differing_ruling_settled_says_how",
                    ),
                ],
            },
        ),
        triggers.Guards(install, remove),
    ]
