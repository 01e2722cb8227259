import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('scoring', '0001_initial'), ('scoring', '0002_triggers')]

    initial = True

    dependencies = [
        ('attestation', '0001_tables'),
        ('attestation', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rated_on', models.DateField(verbose_name='rated on')),
                ('score', models.DecimalField(decimal_places=4, max_digits=7, verbose_name='score')),
                ('external_id', models.CharField(max_length=120, unique=True, verbose_name='external id')),
                ('employee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='attestation.employee', verbose_name='employee')),
            ],
            options={
                'verbose_name': 'rating',
                'verbose_name_plural': 'ratings',
                'ordering': ('-rated_on', 'pk'),
                'indexes': [models.Index(fields=['employee', 'rated_on'], name='scoring_rat_employe_8e87b3_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='rating_from_1_to_5')],
            },
        ),
        migrations.CreateModel(
            name='RatingRuling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.PositiveSmallIntegerField(choices=[(10, '10'), (0, '0')], verbose_name='points')),
                ('reason', models.TextField(verbose_name='reason')),
                ('ruled_at', models.DateTimeField(verbose_name='ruled at')),
                ('attestation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rating_rulings', to='attestation.attestation', verbose_name='attestation')),
                ('ruled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ruled by')),
            ],
            options={
                'verbose_name': 'ruling on the rating',
                'verbose_name_plural': 'rulings on the rating',
                'ordering': ('-ruled_at',),
                'constraints': [models.UniqueConstraint(fields=('attestation',), name='one_rating_ruling_a_case'), models.CheckConstraint(condition=models.Q(('points__in', [0, 10])), name='rating_ruling_0_or_10'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='rating_ruling_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='ReadThrough',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ratings', 'ratings'), ('violations', 'violations')], max_length=12, verbose_name='what was read')),
                ('through', models.DateField(verbose_name='through')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='read_through', to='attestation.center', verbose_name='centre')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'day through which data were read',
                'verbose_name_plural': 'days through which data were read',
                'ordering': ('-recorded_at', 'pk'),
                'indexes': [models.Index(fields=['center', 'kind', 'through'], name='scoring_rea_center__b60602_idx')],
            },
        ),
        migrations.CreateModel(
            name='Violation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_on', models.DateField(verbose_name='recorded on')),
                ('description', models.TextField(verbose_name='description')),
                ('external_id', models.CharField(max_length=120, unique=True, verbose_name='external id')),
                ('employee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='violations', to='attestation.employee', verbose_name='employee')),
            ],
            options={
                'verbose_name': 'violation',
                'verbose_name_plural': 'violations',
                'ordering': ('-recorded_on', 'pk'),
                'indexes': [models.Index(fields=['employee', 'recorded_on'], name='scoring_vio_employe_55bd23_idx')],
            },
        ),
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window_from', models.DateField(verbose_name='window from')),
                ('window_to', models.DateField(verbose_name='window through')),
                ('rating_sum', models.DecimalField(decimal_places=4, max_digits=16, null=True, verbose_name='sum of ratings')),
                ('rating_count', models.PositiveIntegerField(default=0, verbose_name='number of ratings')),
                ('violations', models.PositiveIntegerField(null=True, verbose_name='violations')),
                ('ratings_read', models.BooleanField(verbose_name='ratings read through the window')),
                ('points_test', models.CharField(max_length=40, verbose_name='points for the test')),
                ('points_rating', models.PositiveSmallIntegerField(null=True, verbose_name='points for the rating')),
                ('points_violations', models.PositiveSmallIntegerField(null=True, verbose_name='points for violations')),
                ('points_total', models.CharField(blank=True, max_length=40, verbose_name='total')),
                ('held', models.JSONField(default=list, verbose_name='held because')),
                ('inputs', models.JSONField(verbose_name='inputs')),
                ('due_on', models.DateField(null=True, verbose_name='due')),
                ('formed_at', models.DateTimeField(verbose_name='formed at')),
                ('superseded_at', models.DateTimeField(blank=True, null=True, verbose_name='superseded at')),
                ('attestation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='attestation.attestation', verbose_name='attestation')),
                ('result', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='attestation.result', verbose_name='test result')),
                ('ruling', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.ratingruling', verbose_name='ruling on the rating')),
            ],
            options={
                'verbose_name': 'assessment of professional activity',
                'verbose_name_plural': 'assessments of professional activity',
                'ordering': ('attestation', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('points_rating__isnull', True), ('points_rating__in', [0, 10]), _connector='OR'), name='assessment_row_2_0_or_10'), models.CheckConstraint(condition=models.Q(('points_violations__isnull', True), ('points_violations__in', [0, 10]), _connector='OR'), name='assessment_row_3_0_or_10'), models.UniqueConstraint(condition=models.Q(('superseded_at__isnull', True)), fields=('attestation',), name='one_current_assessment')],
            },
        ),
    ]
