import django.db.models.deletion
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0012_add_schedules"),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchedFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("critical", "Critical"),
                            ("high", "High"),
                            ("medium", "Medium"),
                            ("low", "Low"),
                            ("info", "Info"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="discovery.finding"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="discovery.schedule"
                    ),
                ),
                (
                    "seen_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="discovery.run"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="WatchMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_index=True, default=core.clock.now, null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("has_failed", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=core.clock.now, editable=False)),
                ("subject", models.CharField(max_length=300)),
                ("body", models.TextField()),
                (
                    "scheduled",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="discovery.scheduledrun"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="watchedfinding",
            constraint=models.UniqueConstraint(fields=("schedule", "finding"), name="watched_finding_once"),
        ),
        migrations.AddConstraint(
            model_name="watchmail",
            constraint=models.UniqueConstraint(fields=("scheduled", "address"), name="one_watch_mail_a_person"),
        ),
    ]
