from django.db import migrations, models


class Migration(migrations.Migration):
    """Who of the client agreed, beside who recorded it."""

    dependencies = [("discovery", "0003_summary_lease")]

    operations = [
        migrations.AddField("awsaccount", "consent_given_by", models.CharField(blank=True, max_length=200)),
    ]
