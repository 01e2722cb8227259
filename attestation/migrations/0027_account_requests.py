
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from attestation import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('attestation', '0026_logins'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20, verbose_name='what is asked')),
                ('payload', models.JSONField(verbose_name='wanted')),
                ('was', models.JSONField(verbose_name='before')),
                ('reason', models.TextField(verbose_name='reason')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='takes effect by itself at')),
                ('state', models.CharField(choices=[('open', 'open'), ('confirmed', 'confirmed by a second administrator'), ('stopped', 'stopped'), ('expired', 'expired: not confirmed in time, or the account was changed meanwhile'), ('done', 'in effect: nobody stopped it')], default='open', max_length=10, verbose_name='state')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled at')),
                ('settled_reason', models.TextField(blank=True, verbose_name='reason of the stop')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests_about', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
            ],
            options={
                'verbose_name': 'request about an account',
                'verbose_name_plural': 'requests about accounts',
                'ordering': ('-asked_at', '-pk'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('account', 'kind'), name='one_open_request_an_account'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='account_request_settled_at'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), ('settled_by__isnull', False), _connector='OR'), name='account_request_confirmed_by'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by', models.F('account')), _negated=True), models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(models.Q(('settled_by', models.F('asked_by')), _negated=True), models.Q(('settled_by', models.F('account')), _negated=True)), _connector='OR')), name='account_request_two_administrators'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='account_request_has_reason')],
            },
        ),
        triggers.Guards(install, migrations.RunPython.noop),
    ]
