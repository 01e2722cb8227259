import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from attestation import triggers

OF_VIEWS = [each for each in triggers.TRIGGERS if each.table == "attestation_viewentry"]


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection, OF_VIEWS)


def install(apps, schema_editor):
    triggers.install(schema_editor.connection, OF_VIEWS)


class Migration(migrations.Migration):
    """The log of views: who read whose record, who took which file."""

    dependencies = [
        ('attestation', '0023_lists_in_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='ViewEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='moment')),
                ('what', models.CharField(choices=[('page', 'read'), ('file', 'downloaded'), ('refused', "not shown: outside one's sight")], max_length=10, verbose_name='what')),
                ('subject', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                ('file', models.CharField(blank=True, max_length=255, verbose_name='file')),
                ('employee', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='attestation.employee', verbose_name='employee')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'view',
                'verbose_name_plural': 'log of views',
                'ordering': ('-at', '-pk'),
                'indexes': [models.Index(fields=['at', 'id'], name='view_by_moment'), models.Index(fields=['subject'], name='view_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('subject', ''), _negated=True), models.Q(('file', ''), _negated=True), _connector='OR'), name='view_names_something')],
            },
        ),
        triggers.Guards(install, remove),
    ]
