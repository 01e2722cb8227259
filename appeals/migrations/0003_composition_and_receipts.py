"""The composition of a sitting is fixed at its opening; votes have receipts; a count comes before its seal.

Open sittings get the composition of their opening. Of several chairs of one commission the first appointed
stays the chair, the next one is the deputy, any other a member.
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


def one_chair(apps, schema_editor):
    """Those in office; the releases on record stay as they are."""
    memberships = apps.get_model("appeals", "Membership").objects
    chairs = memberships.filter(seat="chair", released_on__isnull=True)
    for commission in chairs.values_list("commission", flat=True).distinct().order_by():
        others = chairs.filter(commission=commission).order_by("appointed_on", "pk")[1:]
        for place, other in enumerate(others):
            memberships.filter(pk=other.pk).update(seat="member" if place else "deputy")


def fix_compositions(apps, schema_editor):
    """Whoever was marked without having been appointed before the opening does not belong to the sitting."""
    entries = apps.get_model("attestation", "JournalEntry").objects.filter(act="appoint")
    appointed = {entry.data["membership"]: entry.at for entry in entries}
    rows = apps.get_model("appeals", "Attendance").objects
    for row in rows.select_related("membership", "sitting"):
        since = appointed.get(row.membership_id)
        if since is None or row.sitting.opened_at is None or since <= row.sitting.opened_at:
            rows.filter(pk=row.pk).update(seat=row.membership.seat)


SEATS = [("chair", "chair"), ("deputy", "deputy chair"), ("secretary", "secretary"), ("member", "member")]


class Migration(migrations.Migration):
    dependencies = [("appeals", "0002_guards_and_defaults"), ("attestation", "0011_facts_in_columns")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AlterField(
            "membership", "seat", models.CharField(choices=SEATS, max_length=12, verbose_name="seat")
        ),
        migrations.RunPython(one_chair, migrations.RunPython.noop),
        migrations.AddConstraint(
            "membership",
            models.UniqueConstraint(
                condition=models.Q(released_on__isnull=True, seat__in=["chair", "deputy"]),
                fields=("commission", "seat"),
                name="one_chair_and_one_deputy",
            ),
        ),
        migrations.AddField(
            "attendance",
            "seat",
            models.CharField(blank=True, choices=SEATS, default="", max_length=12, verbose_name="seat"),
        ),
        migrations.AddField(
            "agendaitem",
            "counted_at",
            models.DateTimeField(blank=True, null=True, verbose_name="counted at"),
        ),
        migrations.AddField(
            "vote", "nonce", models.CharField(blank=True, default="", editable=False, max_length=32)
        ),
        migrations.AddField(
            "vote",
            "receipt",
            models.CharField(
                blank=True, default="", editable=False, max_length=64, verbose_name="receipt"
            ),
        ),
        migrations.CreateModel(
            "Reopening",
            [
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("ruling", models.CharField(max_length=8, verbose_name="ruling")),
                ("reason", models.TextField(blank=True, default="", verbose_name="reason")),
                ("minutes", models.JSONField(verbose_name="minutes")),
                ("counted_at", models.DateTimeField(verbose_name="counted at")),
                ("sealed_at", models.DateTimeField(blank=True, null=True, verbose_name="sealed at")),
                ("why", models.TextField(verbose_name="why it was reopened")),
                ("reopened_at", models.DateTimeField(verbose_name="reopened at")),
                (
                    "agenda_item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopenings",
                        to="appeals.agendaitem",
                        verbose_name="agenda item",
                    ),
                ),
                (
                    "reopened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reopened by",
                    ),
                ),
            ],
            options={
                "verbose_name": "reopened ruling",
                "verbose_name_plural": "reopened rulings",
                "ordering": ("agenda_item", "reopened_at", "pk"),
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(why=""), name="reopening_says_why")
                ],
            },
        ),
        migrations.RunPython(fix_compositions, migrations.RunPython.noop),
        triggers.Guards(install, remove),
    ]
