"""I-42: the former name of a category and its document; triggers of the altered table are made anew."""

from django.db import migrations, models
from django.db.models import Q

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0007_grounds")]

    operations = [
        triggers.Guards(remove, install),
        migrations.AddField(
            model_name="categoryterm",
            name="former_name",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="former name"),
        ),
        migrations.AddField(
            model_name="categoryterm",
            name="document",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="document"),
        ),
        migrations.AddConstraint(
            model_name="categoryterm",
            constraint=models.CheckConstraint(
                condition=Q(former_name="", document="") | (~Q(former_name="") & ~Q(document="")),
                name="term_former_has_document",
            ),
        ),
        triggers.Guards(install, remove),
    ]
