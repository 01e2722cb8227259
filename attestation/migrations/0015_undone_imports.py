"""What an undone import had put on record is void: employees, categories; the rows it left say why."""

from django.db import migrations, models

from attestation import triggers

AWAY, BACK = triggers.set_aside("attestation_employee", "attestation_categoryterm")


def moment(verbose_name, **options):
    return models.DateTimeField(verbose_name, null=True, blank=True, **options)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0014_staged_rows")]

    operations = [
        AWAY,
        migrations.AddField("employee", "voided_at", moment("void since", editable=False)),
        migrations.AddField("categoryterm", "voided_at", moment("void since", editable=False)),
        migrations.AlterField("employee", "iin", models.CharField("IIN", max_length=12)),
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(
                fields=("iin",), condition=models.Q(voided_at__isnull=True), name="one_employee_an_iin"
            ),
        ),
        migrations.AddField("importjob", "undone_at", moment("undone at")),
        migrations.AddField(
            "importjob", "undone", models.JSONField("undone", null=True, blank=True, editable=False)
        ),
        migrations.AddField("importrow", "left", models.JSONField(null=True, blank=True, editable=False)),
        BACK,
    ]
