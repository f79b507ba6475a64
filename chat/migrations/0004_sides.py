from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0003_processor_time'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='message', name='one_streaming_reply'),
        migrations.AddField(
            model_name='message',
            name='side',
            field=models.PositiveSmallIntegerField(choices=[(0, 'by itself'), (1, 'Answer A'), (2, 'Answer B'), (3, 'in place of both')], default=0, verbose_name='side'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'streaming'), models.Q(('side', 2), _negated=True)), fields=('conversation',), name='one_streaming_reply'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'streaming'), models.Q(('side', 1), _negated=True)), fields=('conversation',), name='one_streaming_reply_beside'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('side__gt', 0)), fields=('parent', 'side'), name='one_per_side'),
        ),
    ]
