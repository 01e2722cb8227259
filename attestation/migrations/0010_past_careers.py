"""I-32: a mark on a case that the revised readings would not carry; triggers are made anew with the table.

`manage.py migrate` looks through the cases on record once this is applied (`cases.past_careers`).
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0009_correction_requests")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AlterModelOptions(
            name="groundmark",
            options={
                "ordering": ("-marked_at", "-pk"),
                "verbose_name": "case to be decided on anew",
                "verbose_name_plural": "cases to be decided on anew",
            },
        ),
        migrations.AlterField(
            model_name="groundmark",
            name="cause",
            field=models.CharField(
                choices=[
                    ("annulled", "its ground was annulled"),
                    ("reopened", "its ground is decided anew"),
                    ("revised", "the revised readings would not carry it"),
                ],
                max_length=10,
                verbose_name="what happened",
            ),
        ),
        migrations.AlterField(
            model_name="groundmark",
            name="earlier",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attestation.attestation",
                verbose_name="earlier case",
            ),
        ),
        migrations.AddConstraint(
            model_name="groundmark",
            constraint=models.UniqueConstraint(
                fields=("attestation",), condition=Q(cause="revised"), name="reviewed_once_a_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="groundmark",
            constraint=models.CheckConstraint(
                condition=Q(cause="revised") | Q(earlier__isnull=False), name="ground_of_an_earlier_case"
            ),
        ),
        triggers.Guards(install, remove),
    ]
