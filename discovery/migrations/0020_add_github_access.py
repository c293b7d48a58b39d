import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.clock
import core.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_add_practice_export"),
        ("discovery", "0019_add_repository_sent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GitHubAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=core.models.base.make_public_id, editable=False, max_length=22, unique=True
                    ),
                ),
                ("base_url", models.CharField(default="https://api.github.com", max_length=200)),
                ("owner", models.CharField(blank=True, max_length=100)),
                ("app_id", models.CharField(blank=True, max_length=64)),
                ("installation_id", models.CharField(blank=True, max_length=20)),
                ("secret_encrypted", models.TextField(editable=False)),
                ("added_at", models.DateTimeField(default=core.clock.now, editable=False)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="github_access",
                        to="core.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
