from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_add_report_mails")]

    operations = [
        migrations.AddField(
            "reportmail", "address", models.EmailField(default="", max_length=254), preserve_default=False
        ),
        migrations.AddField(
            "reportmail",
            "next_try_at",
            models.DateTimeField(db_index=True, default=core.clock.now, null=True),
        ),
        migrations.AddField("reportmail", "has_failed", models.BooleanField(default=False)),
        migrations.AddField("reportmail", "created_at", models.DateTimeField(default=core.clock.now, editable=False)),
    ]
