from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("portal", "0005_fill_report_mails")]

    operations = [
        migrations.RemoveField("reportmail", "tried_at"),
    ]
