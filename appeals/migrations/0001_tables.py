import appeals.models.filing
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('appeals', '0001_initial'), ('appeals', '0002_initial'), ('appeals', '0003_triggers'), ('appeals', '0004_sittings'), ('appeals', '0005_sitting_triggers_and_rules'), ('appeals', '0006_filing_page_and_faulty_questions')]

    initial = True

    dependencies = [
        ('attestation', '0001_tables'),
        ('attestation', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('external_id', models.CharField(max_length=120, unique=True, verbose_name='external id')),
                ('filed_at', models.DateTimeField(verbose_name='filed at')),
                ('closes_at', models.DateTimeField(verbose_name='term closes at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('receipt_note', models.CharField(blank=True, max_length=255, verbose_name='how it was received')),
                ('state', models.CharField(choices=[('open', 'under review'), ('late', 'late: not accepted'), ('withdrawn', 'withdrawn'), ('resolved', 'resolved')], max_length=12, verbose_name='state')),
                ('resolved_at', models.DateTimeField(blank=True, null=True, verbose_name='resolved at')),
                ('closing_reason', models.TextField(blank=True, verbose_name='reason of withdrawal')),
                ('form_key', models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                ('attestation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='attestation.attestation', verbose_name='attestation')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ('result', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='attestation.result', verbose_name='test result')),
            ],
            options={
                'verbose_name': 'appeal',
                'verbose_name_plural': 'appeals',
                'ordering': ('filed_at', 'pk'),
                'indexes': [models.Index(fields=['state', 'filed_at'], name='appeals_app_state_fb481b_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('state__in', ['open', 'late'])), models.Q(('resolved_at__isnull', False), ('state__in', ['withdrawn', 'resolved'])), _connector='OR'), name='appeal_closed_has_moment'), models.CheckConstraint(condition=models.Q(models.Q(('filed_at__gte', models.F('closes_at')), ('state', 'late')), models.Q(models.Q(('state', 'late'), _negated=True), ('filed_at__lt', models.F('closes_at'))), _connector='OR'), name='appeal_late_iff_after_its_term'), models.CheckConstraint(condition=models.Q(('filed_at__lte', models.F('recorded_at'))), name='appeal_not_from_future'), models.CheckConstraint(condition=models.Q(('filed_at', models.F('recorded_at')), models.Q(('receipt_note', ''), _negated=True), _connector='OR'), name='appeal_recorded_later_says_how')],
            },
        ),
        migrations.CreateModel(
            name='Commission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('center', models.OneToOneField(blank=True, help_text='Empty: the central commission.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commission', to='attestation.center', verbose_name='centre')),
            ],
            options={
                'verbose_name': 'commission',
                'verbose_name_plural': 'commissions',
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('center__isnull', True)), name='one_central_commission')],
            },
        ),
        migrations.CreateModel(
            name='CommissionRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField(unique=True, verbose_name='in force from')),
                ('quorum', models.CharField(choices=[('more_than_half', 'more than half of the members who are not recused'), ('two_thirds', 'at least two thirds of the members who are not recused')], default='more_than_half', max_length=16, verbose_name='quorum')),
                ('blind_review', models.BooleanField(default=True, verbose_name='blind review: the appellant is named only after the item is closed')),
                ('ruling_days', models.PositiveSmallIntegerField(default=5, verbose_name='working days from the filing of an appeal to its ruling')),
                ('recusal_months', models.PositiveSmallIntegerField(default=12, verbose_name='months after leaving a centre in which a member is recused from its cases')),
                ('attachment_max_mb', models.PositiveSmallIntegerField(default=10, verbose_name='largest attachment, MB')),
            ],
            options={
                'verbose_name': 'rules of the commissions',
                'verbose_name_plural': 'rules of the commissions',
                'ordering': ('-effective_from',),
                'constraints': [models.CheckConstraint(condition=models.Q(('quorum__in', ['more_than_half', 'two_thirds'])), name='commission_quorum_known'), models.CheckConstraint(condition=models.Q(('attachment_max_mb__gte', 1), ('ruling_days__gte', 1)), name='commission_rules_positive')],
            },
        ),
        migrations.CreateModel(
            name='AppealItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.PositiveIntegerField(verbose_name='question')),
                ('argument', models.TextField(verbose_name='argument')),
                ('ruling', models.CharField(blank=True, choices=[('uphold', 'upheld'), ('reject', 'rejected')], default='', max_length=8, verbose_name='ruling')),
                ('reason', models.TextField(blank=True, verbose_name='reason of the ruling')),
                ('ruled_at', models.DateTimeField(blank=True, null=True, verbose_name='ruled at')),
                ('minutes', models.JSONField(blank=True, default=dict, verbose_name='present and votes, as typed in')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                ('withdrawal_reason', models.TextField(blank=True, default='', verbose_name='reason of withdrawal')),
                ('appeal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='appeals.appeal', verbose_name='appeal')),
                ('ruled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ruled by')),
                ('commission', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='appeals.commission', verbose_name='commission')),
            ],
            options={
                'verbose_name': 'appeal item',
                'verbose_name_plural': 'appeal items',
                'ordering': ('appeal', 'question'),
                'constraints': [models.CheckConstraint(condition=models.Q(('argument', ''), _negated=True), name='appeal_item_has_argument'), models.CheckConstraint(condition=models.Q(('question__gte', 1)), name='appeal_item_question_positive'), models.UniqueConstraint(fields=('appeal', 'question'), name='question_once_an_appeal'), models.CheckConstraint(condition=models.Q(models.Q(('ruled_at__isnull', True), ('ruling', '')), models.Q(('ruled_at__isnull', False), ('ruling__in', ['uphold', 'reject']), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='ruling_has_moment_and_reason'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawal_reason', ''), ('withdrawn_at__isnull', True)), models.Q(('ruling', ''), ('withdrawn_at__isnull', False), models.Q(('withdrawal_reason', ''), _negated=True)), _connector='OR'), name='withdrawn_item_has_reason_and_no_ruling')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='file name')),
                ('content_type', models.CharField(max_length=120, verbose_name='type')),
                ('size', models.PositiveBigIntegerField(verbose_name='size, bytes')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('file', models.FileField(max_length=255, upload_to=appeals.models.filing.attachment_path, verbose_name='file')),
                ('uploaded_at', models.DateTimeField(verbose_name='uploaded at')),
                ('appeal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='appeals.appeal', verbose_name='appeal')),
                ('uploaded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'ordering': ('appeal', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$'), ('size__gte', 1), models.Q(('name', ''), _negated=True)), name='attachment_has_name_size_and_hash'), models.UniqueConstraint(fields=('appeal', 'sha256'), name='attachment_once_an_appeal')],
            },
        ),
        migrations.CreateModel(
            name='FaultyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('test_variant', models.CharField(max_length=60, verbose_name='test variant')),
                ('question', models.PositiveIntegerField(verbose_name='question')),
                ('reason', models.TextField(verbose_name='reason of the ruling')),
                ('ruled_at', models.DateTimeField(verbose_name='ruled at')),
                ('changes', models.JSONField(default=list, verbose_name='what it changed, case by case')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('commission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='faulty_questions', to='appeals.commission', verbose_name='commission')),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='faulty_questions', to='attestation.cycle', verbose_name='cycle')),
                ('ruled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ruled by')),
            ],
            options={
                'verbose_name': 'faulty question',
                'verbose_name_plural': 'faulty questions',
                'ordering': ('-ruled_at', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('question__gte', 1), models.Q(('test_variant', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='faulty_question_named_with_reason'), models.UniqueConstraint(fields=('cycle', 'test_variant', 'question', 'digest'), name='faulty_question_once_a_table')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seat', models.CharField(choices=[('chair', 'chair'), ('secretary', 'secretary'), ('member', 'member')], max_length=12, verbose_name='seat')),
                ('appointed_on', models.DateField(verbose_name='appointed on')),
                ('released_on', models.DateField(blank=True, null=True, verbose_name='released on')),
                ('order_no', models.CharField(blank=True, max_length=120, verbose_name='number of the order')),
                ('release_order_no', models.CharField(blank=True, max_length=120, verbose_name='number of the order of release')),
                ('commission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='appeals.commission', verbose_name='commission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'commission member',
                'verbose_name_plural': 'commission members',
                'ordering': ('commission', 'seat', 'user'),
                'constraints': [models.CheckConstraint(condition=models.Q(('released_on__isnull', True), ('released_on__gte', models.F('appointed_on')), _connector='OR'), name='member_released_after_appointed'), models.UniqueConstraint(condition=models.Q(('released_on__isnull', True)), fields=('commission', 'user'), name='one_seat_a_person_in_a_commission')],
            },
        ),
        migrations.CreateModel(
            name='Sitting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('starts_at', models.DateTimeField(verbose_name='begins at')),
                ('place', models.CharField(blank=True, max_length=255, verbose_name='place')),
                ('online', models.BooleanField(default=False, verbose_name='online')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('open', 'open'), ('closed', 'closed')], default='planned', max_length=8, verbose_name='state')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened at')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='closed by')),
                ('commission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sittings', to='appeals.commission', verbose_name='commission')),
                ('opened_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='opened by')),
            ],
            options={
                'verbose_name': 'sitting',
                'verbose_name_plural': 'sittings',
                'ordering': ('-starts_at', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('online', True), models.Q(('place', ''), _negated=True), _connector='OR'), name='sitting_has_a_place'), models.UniqueConstraint(fields=('commission', 'number'), name='sitting_number_once'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('opened_at__isnull', True), ('state', 'planned')), models.Q(('closed_at__isnull', True), ('opened_at__isnull', False), ('state', 'open')), models.Q(('closed_at__isnull', False), ('opened_at__isnull', False), ('state', 'closed')), _connector='OR'), name='sitting_state_has_moments')],
            },
        ),
        migrations.CreateModel(
            name='AgendaItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(verbose_name='position')),
                ('outcome', models.CharField(blank=True, choices=[('ruled', 'ruled on'), ('no_ruling', 'no ruling: goes to the next sitting'), ('passed_to_central', 'passed to the central commission'), ('withdrawn', 'withdrawn or ruled on elsewhere')], default='', max_length=20, verbose_name='outcome')),
                ('ruling', models.CharField(blank=True, default='', max_length=8, verbose_name='ruling')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('minutes', models.JSONField(blank=True, default=dict, verbose_name='minutes')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('attestation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agenda_items', to='attestation.attestation', verbose_name='held row 2 of')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='closed by')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agenda_items', to='appeals.appealitem', verbose_name='appeal item')),
                ('sitting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agenda', to='appeals.sitting', verbose_name='sitting')),
            ],
            options={
                'verbose_name': 'agenda item',
                'verbose_name_plural': 'agenda items',
                'ordering': ('sitting', 'position', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('outcome', ''), ('ruling', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('outcome', 'ruled'), ('item__isnull', False), ('ruling__in', ['uphold', 'reject']), models.Q(('reason', ''), _negated=True)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('outcome', 'ruled'), ('attestation__isnull', False), ('ruling__in', ['ten', 'zero']), models.Q(('reason', ''), _negated=True)), models.Q(('closed_at__isnull', False), ('outcome__in', ['no_ruling', 'passed_to_central', 'withdrawn']), ('ruling', '')), _connector='OR'), name='agenda_item_closed_has_moment'), models.CheckConstraint(condition=models.Q(models.Q(('attestation__isnull', True), ('item__isnull', False)), models.Q(('attestation__isnull', False), ('item__isnull', True)), _connector='OR'), name='agenda_item_has_one_subject'), models.UniqueConstraint(condition=models.Q(('outcome', '')), fields=('item',), name='item_on_one_agenda_at_a_time'), models.UniqueConstraint(fields=('sitting', 'item'), name='item_once_an_agenda'), models.UniqueConstraint(condition=models.Q(('outcome', '')), fields=('attestation',), name='row_on_one_agenda_at_a_time'), models.UniqueConstraint(fields=('sitting', 'attestation'), name='row_once_an_agenda')],
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('present', models.BooleanField(default=False, verbose_name='present')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendance', to='appeals.membership', verbose_name='member')),
                ('sitting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendance', to='appeals.sitting', verbose_name='sitting')),
            ],
            options={
                'verbose_name': 'attendance',
                'verbose_name_plural': 'attendance',
                'ordering': ('sitting', 'membership'),
                'constraints': [models.UniqueConstraint(fields=('sitting', 'membership'), name='attendance_once_a_member')],
            },
        ),
        migrations.CreateModel(
            name='Recusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('automatic', models.BooleanField(verbose_name='by rule')),
                ('ground', models.CharField(choices=[('appellant', 'is the appellant'), ('colleague', "works or worked in the appellant's centre within the period"), ('hr_officer', "is the HR officer of the appellant's centre"), ('statement', 'own statement')], max_length=12, verbose_name='ground')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('attestation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recusals', to='attestation.attestation', verbose_name='held row 2 of')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recusals', to='appeals.appealitem', verbose_name='appeal item')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recusals', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'recusal',
                'verbose_name_plural': 'recusals',
                'ordering': ('at', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('attestation__isnull', True), ('item__isnull', False)), models.Q(('attestation__isnull', False), ('item__isnull', True)), _connector='OR'), name='recusal_has_one_subject'), models.CheckConstraint(condition=models.Q(models.Q(('automatic', True), ('ground__in', ['appellant', 'colleague', 'hr_officer'])), models.Q(('automatic', False), ('ground', 'statement'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='recusal_says_why'), models.UniqueConstraint(fields=('user', 'attestation'), name='recused_once_from_a_row'), models.UniqueConstraint(fields=('user', 'item'), name='recused_once_from_an_item')],
            },
        ),
        migrations.CreateModel(
            name='Dissent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='text')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('agenda_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dissents', to='appeals.agendaitem', verbose_name='agenda item')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dissents', to='appeals.membership', verbose_name='member')),
            ],
            options={
                'verbose_name': 'dissent',
                'verbose_name_plural': 'dissents',
                'ordering': ('agenda_item', 'recorded_at'),
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='dissent_has_text'), models.UniqueConstraint(fields=('agenda_item', 'membership'), name='one_dissent_a_member')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('choice', models.CharField(choices=[('uphold', 'uphold'), ('reject', 'reject'), ('ten', '10 points'), ('zero', '0 points'), ('abstain', 'abstain')], max_length=8, verbose_name='vote')),
                ('cast_at', models.DateTimeField(verbose_name='cast at')),
                ('agenda_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='appeals.agendaitem', verbose_name='agenda item')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='appeals.membership', verbose_name='member')),
            ],
            options={
                'verbose_name': 'vote',
                'verbose_name_plural': 'votes',
                'ordering': ('agenda_item', 'membership'),
                'constraints': [models.UniqueConstraint(fields=('agenda_item', 'membership'), name='one_vote_a_member'), models.CheckConstraint(condition=models.Q(('choice__in', ['uphold', 'reject', 'ten', 'zero', 'abstain'])), name='vote_choice_known')],
            },
        ),
    ]
